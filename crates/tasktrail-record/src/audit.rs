//! Proves that tasks are complete, or names what they lack.

mod bytes;
mod finding;
mod finished;
mod open_task;
mod seen;
mod task;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;

pub use finding::{Finding, FindingKind};
pub use open_task::OpenTask;
pub use seen::Seen;

use crate::{TaskLevel, TaskName};
use finished::{Finished, Late};
use task::{Put, Task};

/// Finds out of which tasks all messages are there, and what the others lack.
///
/// Messages may come in any order and from any number of logs: the numbers of a task alone tell
/// what belongs to it, and the report is the same in any order. A task is complete, and forgotten,
/// as soon as all of it was seen and nothing contradicts it, but for what it takes to know its
/// messages again; [`memory`](Self::memory) bounds that. Whatever else comes for it opens it again,
/// until the end. Memory grows with the messages of tasks that are not complete:
/// [`open_bytes`](Self::open_bytes) tells it, and [`take_open`](Self::take_open) gives some of them
/// away, to be [put back](Self::put_back) later.
///
/// Lines are compared by hashes of 64 bits, and so are the positions of complete tasks. These are
/// no secret: by accident no two are ever the same, but who writes a log can make two different
/// lines count as [doubled](FindingKind::Doubled).
///
/// ```
/// use tasktrail_record::{Audit, Glance, Seen};
///
/// let mut audit = Audit::new();
/// for line in [
///     r#"{"task_uuid":"t","task_level":[1],"action_type":"sell","action_status":"started"}"#,
///     r#"{"task_uuid":"t","task_level":[3],"message_type":"paid"}"#,
///     r#"{"task_uuid":"t","task_level":[3],"message_type":"paid"}"#,
///     r#"{"task_uuid":"t","task_level":[6],"action_type":"sell","action_status":"succeeded"}"#,
/// ] {
///     let glance = Glance::parse(line.as_bytes())?;
///     if let Some(seen) = Seen::new(&glance, line.as_bytes()) {
///         audit.add(seen);
///     }
/// }
///
/// let report = audit.finish();
/// let findings: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
/// assert_eq!(findings, ["missing t@/2", "doubled t@/3", "missing t@/4..5"]);
/// assert_eq!((report.tasks(), report.complete_tasks()), (1, 0));
/// # Ok::<(), tasktrail_record::ParseRecordError>(())
/// ```
#[derive(Debug)]
pub struct Audit {
    open: HashMap<TaskName<'static>, Task>,
    /// How much memory the open tasks take.
    open_bytes: usize,
    finished: Finished,
    /// Makes of a task's name what is kept of it when it is finished.
    names: RandomState,
    /// Memory of tasks that are finished, to be used again.
    spare: Vec<Task>,
    findings: Vec<Finding>,
    records: u64,
    tasks: u64,
    complete: u64,
}

/// How many tasks' memory is kept for the next ones.
const SPARE_TASKS: usize = 64;

/// The memory of a task that took more is given back.
const SPARE_BYTES: usize = 16 * 1024;

/// What a task takes in the table, which has a byte of its own for each place and may be less than
/// half full.
const PLACE: usize = 2 * (size_of::<(TaskName<'static>, Task)>() + 1);

impl Default for Audit {
    fn default() -> Self {
        Self::new()
    }
}

impl Audit {
    /// Starts without any task.
    pub fn new() -> Self {
        Self {
            open: HashMap::new(),
            open_bytes: 0,
            finished: Finished::new(256 * 1024 * 1024),
            names: RandomState::new(),
            spare: Vec::new(),
            findings: Vec::new(),
            records: 0,
            tasks: 0,
            complete: 0,
        }
    }

    /// Sets how much memory is spent on knowing again what belongs to tasks that are complete, in
    /// bytes; 256 MiB by default.
    ///
    /// A message takes 16 bytes of one half, a task about 40 of the other. When the first half is
    /// full, the messages of the tasks that were complete first are forgotten: what comes late for
    /// such a task is told as [doubled](FindingKind::Doubled), without comparing it, or as
    /// [after its end](FindingKind::AfterEnd), and the task stays complete. When the second
    /// is full, tasks are forgotten altogether, and [`Report::forgotten_tasks`] counts them: what
    /// comes late is taken for the beginning of a task of that name.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.finished = Finished::new(bytes);
        self
    }

    /// Takes one message.
    pub fn add(&mut self, seen: Seen) {
        self.records += 1;
        let name = self.names.hash_one(&seen.task);
        let mut open = match self.open.entry(seen.task) {
            Entry::Occupied(open) => open,
            Entry::Vacant(place) => {
                let late = self.finished.find(name, &seen.level, seen.content);
                let task = match late {
                    None => {
                        self.tasks += 1;
                        self.spare.pop().unwrap_or_default()
                    }
                    Some(Late::Opened(task)) => {
                        self.complete -= 1;
                        task
                    }
                    Some(Late::Doubled) => {
                        let task = place.into_key();
                        let finding = Finding::new(FindingKind::Doubled, task, seen.level);
                        return self.findings.push(finding);
                    }
                    Some(Late::AfterEnd) => {
                        let task = place.into_key();
                        let finding = Finding::new(FindingKind::AfterEnd, task, seen.level);
                        return self.findings.push(finding);
                    }
                };
                self.open_bytes += bytes_of(place.key(), &task);
                place.insert_entry(task)
            }
        };
        let task = open.get_mut();
        let before = task.bytes();
        let put = task.put(&seen.level, seen.kind, seen.content);
        self.open_bytes = self.open_bytes - before + task.bytes();
        match put {
            Put::New => {}
            Put::Last => {
                let mut wrong = Vec::new();
                open.get().findings(open.key(), &mut wrong);
                // What is wrong may become worse, so all of it is to be told in the end.
                if wrong.is_empty() {
                    let (task, actions) = open.remove_entry();
                    self.complete(name, &task, actions);
                }
            }
            Put::Again => {
                let finding = Finding::new(FindingKind::Doubled, open.key().clone(), seen.level);
                self.findings.push(finding);
            }
        }
    }

    fn complete(&mut self, name: u64, task: &TaskName<'static>, mut actions: Task) {
        self.complete += 1;
        self.open_bytes -= bytes_of(task, &actions);
        self.finished.add(name, &actions);
        if self.spare.len() < SPARE_TASKS && actions.bytes() <= SPARE_BYTES {
            actions.clear();
            self.spare.push(actions);
        }
    }

    /// Tells how much memory the tasks take that are not complete, in bytes; about, for it is not
    /// known what an allocator takes.
    pub fn open_bytes(&self) -> usize {
        self.open_bytes
    }

    /// Counts the tasks that are not complete.
    pub fn open_tasks(&self) -> usize {
        self.open.len()
    }

    /// Gives all tasks that are not complete, and how much memory each takes, in bytes.
    pub fn open(&self) -> impl Iterator<Item = (&TaskName<'static>, usize)> {
        let open = self.open.iter();
        open.map(|(name, actions)| (name, bytes_of(name, actions)))
    }

    /// Gives those tasks away that are not complete and are chosen; who stops the iterator before
    /// its end leaves the others here.
    ///
    /// What was found about their messages so far stays, and so do they in [`Report::tasks`]. No
    /// message of theirs may be [added](Self::add) until they are [put back](Self::put_back): it
    /// would begin a task of that name.
    ///
    /// ```
    /// use tasktrail_record::{Audit, Glance, Seen};
    ///
    /// let mut audit = Audit::new();
    /// for line in [
    ///     &br#"{"task_uuid":"t","task_level":[1],"action_type":"a","action_status":"started"}"#[..],
    ///     br#"{"task_uuid":"u","task_level":[1],"action_type":"a","action_status":"started"}"#,
    /// ] {
    ///     audit.add(Seen::new(&Glance::parse(line)?, line).expect("the line has a place"));
    /// }
    /// let both = audit.open_bytes();
    ///
    /// let away: Vec<_> = audit.take_open(|name| name.to_string() == "t").collect();
    /// assert_eq!((away.len(), audit.open_tasks()), (1, 1));
    /// assert_eq!(audit.open_bytes(), both / 2);
    ///
    /// away.into_iter().for_each(|task| audit.put_back(task));
    /// assert_eq!(audit.finish().findings().len(), 2);
    /// # Ok::<(), tasktrail_record::ParseRecordError>(())
    /// ```
    pub fn take_open(
        &mut self,
        mut is_chosen: impl FnMut(&TaskName<'static>) -> bool,
    ) -> impl Iterator<Item = OpenTask> {
        let open_bytes = &mut self.open_bytes;
        let chosen = self.open.extract_if(move |name, _| is_chosen(name));
        chosen.map(move |(name, actions)| {
            *open_bytes -= bytes_of(&name, &actions);
            OpenTask { name, actions }
        })
    }

    /// Takes a task back that [`take_open`](Self::take_open) of this audit has given, as if it had
    /// never been away; it takes the place of an open task of that name.
    pub fn put_back(&mut self, task: OpenTask) {
        let OpenTask { name, actions } = task;
        self.open_bytes += bytes_of(&name, &actions);
        if let Some((name, before)) = self.open.remove_entry(&name) {
            self.open_bytes -= bytes_of(&name, &before);
        }
        self.open.insert(name, actions);
    }

    /// Gives what was found so far, in no order; the report has the rest.
    ///
    /// ```
    /// use tasktrail_record::{Audit, Glance, Seen};
    ///
    /// let line = br#"{"task_uuid":"t","task_level":[1],"message_type":"paid"}"#;
    /// let seen = Seen::new(&Glance::parse(line)?, line).expect("the line has a place");
    /// let mut audit = Audit::new();
    /// audit.add(seen.clone());
    /// audit.add(seen);
    ///
    /// assert_eq!(audit.take_findings().len(), 1);
    /// assert_eq!(audit.finish().findings(), []);
    /// # Ok::<(), tasktrail_record::ParseRecordError>(())
    /// ```
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Says what was found, of the tasks that are not complete too.
    pub fn finish(mut self) -> Report {
        for (task, actions) in &self.open {
            actions.findings(task, &mut self.findings);
        }
        let forgotten = self.finished.forgotten_tasks();
        let mut report = Report {
            findings: self.findings,
            records: self.records,
            tasks: self.tasks,
            complete: self.complete,
            forgotten,
        };
        report.sort();
        report
    }
}

/// Tells how much memory a task takes.
fn bytes_of(name: &TaskName<'_>, task: &Task) -> usize {
    let name = match name {
        TaskName::Id(_) => 0,
        TaskName::Text(text) => text.len(),
    };
    PLACE + name + task.bytes()
}

/// What was found about the tasks of logs.
///
/// ```
/// let report = tasktrail_record::Audit::new().finish();
/// assert!(report.findings().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Report {
    findings: Vec<Finding>,
    records: u64,
    tasks: u64,
    complete: u64,
    forgotten: u64,
}

impl Report {
    /// Gives all findings, sorted by task and level.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Counts the messages.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Counts the tasks.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// Counts the tasks of which all messages were seen, and of which nothing was found but that
    /// some are doubled.
    pub fn complete_tasks(&self) -> u64 {
        self.complete
    }

    /// Counts the tasks that were forgotten to keep to [`Audit::memory`].
    pub fn forgotten_tasks(&self) -> u64 {
        self.forgotten
    }

    /// Takes in what another audit has found about other tasks.
    ///
    /// The messages of one task must all have gone to one audit: [`Seen::share`] tells to which.
    pub fn join(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.records += other.records;
        self.tasks += other.tasks;
        self.complete += other.complete;
        self.forgotten += other.forgotten;
        self.sort();
    }

    fn sort(&mut self) {
        self.findings.sort();
    }
}

/// Mixes a number into a hash, so that each bit counts.
fn mix(hash: u64, number: u64) -> u64 {
    let product = u128::from(hash ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_mul(0xd6e8_feb8_6659_fd93_2545_f491_4f6c_dd1d);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Gives 64 bits that stand for a level within its task.
fn hash_of(level: &TaskLevel) -> u64 {
    level
        .numbers()
        .iter()
        .fold(ROOT_HASH, |hash, number| mix(hash, *number))
}

/// Stands for the root of each task.
const ROOT_HASH: u64 = 0x2545_f491_4f6c_dd1d;
