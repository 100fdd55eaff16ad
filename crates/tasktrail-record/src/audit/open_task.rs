//! A task on its way out of an audit, and back.

use super::bytes::{Bytes, ToBytes};
use super::task::Task;
use crate::{Finding, TaskName};

/// Holds all that an audit knows of one task that is not complete.
///
/// [`Audit::take_open`](crate::Audit::take_open) gives it, so that it can be kept elsewhere, and
/// [`Audit::put_back`](crate::Audit::put_back) takes it back as if it had never been away.
///
/// ```
/// use tasktrail_record::{Audit, Glance, OpenTask, Seen};
///
/// let line = br#"{"task_uuid":"t","task_level":[2],"message_type":"paid"}"#;
/// let glance = Glance::parse(line)?;
/// let mut audit = Audit::new();
/// audit.add(Seen::new(&glance, line).expect("the line has a place"));
///
/// let task = audit.take_open(|_| true).next().expect("the task is open");
/// let mut bytes = Vec::new();
/// task.write(&mut bytes);
///
/// let task = OpenTask::read(&bytes).expect("it was written a moment ago");
/// assert_eq!(task.name().to_string(), "t");
/// let mut findings: Vec<_> = task.findings().iter().map(ToString::to_string).collect();
/// findings.sort();
/// assert_eq!(findings, ["missing t@/1", "open t@/"]);
/// # Ok::<(), tasktrail_record::ParseRecordError>(())
/// ```
#[derive(Debug)]
pub struct OpenTask {
    pub(super) name: TaskName<'static>,
    pub(super) actions: Task,
}

impl OpenTask {
    /// Gives the name of the task.
    pub fn name(&self) -> &TaskName<'static> {
        &self.name
    }

    /// Says what is wrong with the task if nothing more comes, in no order.
    ///
    /// That a message was doubled, the audit has told already.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.actions.findings(&self.name, &mut findings);
        findings
    }

    /// Appends the task as bytes, about 20 for each message.
    ///
    /// The form is that of this version alone: it is for temporary files.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_task(&self.name);
        self.actions.write(out);
    }

    /// Takes what [`write`](Self::write) has written; `None` if the bytes are something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let name = bytes.task()?;
        let actions = Task::read(&mut bytes)?;
        bytes.all(Self { name, actions })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Audit;
    use super::super::tests::{add, lines, told};
    use super::*;

    /// Takes the task through bytes, as if from one file to the next.
    fn read_again(task: &OpenTask) -> OpenTask {
        let mut bytes = Vec::new();
        task.write(&mut bytes);
        let read = OpenTask::read(&bytes).unwrap();
        assert_eq!(read.name, task.name);
        read
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn tasks_that_were_away_are_as_if_they_had_always_been_there(
            lines in lines(),
            away in proptest::collection::vec(0..8_u8, 80),
        ) {
            let (mut stayed, mut audit) = (Audit::new(), Audit::new());
            let mut found = Vec::new();
            for ((task, line), away) in lines.iter().zip(away) {
                add(&mut stayed, &task.to_string(), line);
                add(&mut audit, &task.to_string(), line);
                // Each of the lowest bits is a task.
                let chosen = |name: &TaskName<'_>| {
                    name.to_string().parse::<u8>().is_ok_and(|task| away >> task & 1 == 1)
                };
                let before = audit.open_tasks();
                let tasks: Vec<OpenTask> = audit.take_open(chosen).collect();
                prop_assert_eq!(audit.open_tasks() + tasks.len(), before);
                tasks.iter().for_each(|task| audit.put_back(read_again(task)));
                found.extend(audit.take_findings());
            }
            for task in audit.take_open(|_| true) {
                found.extend(read_again(&task).findings());
            }

            let (findings, numbers) = told(&audit.finish());
            prop_assert!(findings.is_empty());
            found.sort();
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            prop_assert_eq!((found, numbers), told(&stayed.finish()));
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
            if let Some(task) = OpenTask::read(&[&[1, 1, b't'], &bytes[..]].concat()) {
                task.findings();
            }
        }
    }

    #[test]
    fn a_task_that_was_torn_is_none() {
        let mut audit = Audit::new();
        for line in ["/1 >", "/2/1 >", "/2/2", "/2", "/3 <", "/300"] {
            add(&mut audit, "t", line);
        }
        let task = audit.take_open(|_| true).next().unwrap();
        let mut bytes = Vec::new();
        task.write(&mut bytes);

        assert!(OpenTask::read(&bytes).is_some());
        for length in 0..bytes.len() {
            assert!(OpenTask::read(&bytes[..length]).is_none(), "{length}");
        }
        bytes.push(0);
        assert!(OpenTask::read(&bytes).is_none());
    }

    #[test]
    fn the_memory_of_open_tasks_is_told_and_goes_with_them() {
        let mut audit = Audit::new();
        for task in 0..1000 {
            add(&mut audit, &task.to_string(), "/1 >");
        }
        let full = audit.open_bytes();
        // One list of actions and one of slots for each, with room for four.
        assert!((400_000..2_000_000).contains(&full), "{full}");
        let of_tasks: usize = audit.open().map(|(_, bytes)| bytes).sum();
        assert_eq!(of_tasks, full);

        for task in 0..500 {
            add(&mut audit, &task.to_string(), "/2 <");
        }
        let half = audit.open_bytes();
        assert!(
            (full * 2 / 5..full * 3 / 5).contains(&half),
            "{half} {full}"
        );
        for number in 2..1000 {
            add(&mut audit, "700", &format!("/{number}"));
        }
        assert!(audit.open_bytes() > half + 1000 * 32);

        assert_eq!(audit.take_open(|_| true).count(), 500);
        assert_eq!(audit.open_bytes(), 0);
    }
}
