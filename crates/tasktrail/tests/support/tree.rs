//! Messages as trees: what is drawn, and what makes a task complete.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::strict;

/// One line as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) fields: Map<String, Value>,
}

impl Message {
    pub(crate) fn read(line: &str) -> Self {
        let fields = strict::object(line);
        Self { fields }
    }

    /// Gives a field, `null` if there is none.
    pub(crate) fn get(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or(&Value::Null)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(crate) fn task(&self) -> &str {
        self.get("task_uuid").as_str().expect("a task_uuid")
    }

    pub(crate) fn level(&self) -> Vec<u64> {
        let numbers = self.get("task_level").as_array().expect("a task_level");
        numbers.iter().map(|n| n.as_u64().unwrap()).collect()
    }

    /// Gives the place as text, `/2/1`.
    pub(crate) fn place(&self) -> String {
        let numbers = self.level().into_iter();
        numbers.map(|number| format!("/{number}")).collect()
    }

    /// Gives what the message is called: its action's name, or its text.
    pub(crate) fn name(&self) -> &str {
        let names = ["action_type", "message_type", "message"];
        let name = names.iter().find_map(|name| self.get(name).as_str());
        name.unwrap_or("<unnamed>")
    }

    pub(crate) fn status(&self) -> Option<&str> {
        self.get("action_status").as_str()
    }

    fn is_end(&self) -> bool {
        matches!(self.status(), Some("succeeded" | "failed"))
    }
}

/// Draws the tasks in the order of their first messages, each sorted by level.
pub(crate) fn drawing(messages: &[Message]) -> String {
    let mut text = String::new();
    for task in tasks(messages) {
        if !text.is_empty() {
            text.push('\n');
        }
        for message in task {
            let level = message.level();
            // A start and an end stand where their action does; so does a task of one message.
            let own = message.status().is_some() || level == [1];
            let indent = level.len() - usize::from(own);
            write!(text, "{:1$}", "", 2 * indent).unwrap();
            write!(text, "{} {}", message.name(), message.place()).unwrap();
            if let Some(status) = message.status() {
                write!(text, " {status}").unwrap();
            }
            text.push('\n');
        }
    }
    text
}

/// Gives the messages of each task, the tasks by their first message, sorted by level.
fn tasks(messages: &[Message]) -> Vec<Vec<&Message>> {
    let mut tasks: Vec<Vec<&Message>> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        let at = *known.entry(message.task()).or_insert_with(|| {
            tasks.push(Vec::new());
            tasks.len() - 1
        });
        tasks[at].push(message);
    }
    for task in &mut tasks {
        task.sort_by_key(|message| message.level());
    }
    tasks
}

/// Asserts that no message of any task is missing or there twice, from the task's first on.
pub(crate) fn assert_complete(messages: &[Message]) {
    assert_continued(messages, &[]);
}

/// Asserts the same where some tasks started elsewhere, and went on here at these levels.
pub(crate) fn assert_continued(messages: &[Message], from: &[&[u64]]) {
    for task in tasks(messages) {
        if let Err(error) = complete(&task, from) {
            let task: Vec<_> = task.into_iter().cloned().collect();
            panic!("{error} in\n{}", drawing(&task));
        }
    }
}

/// Says what is wrong with a task, whose messages are sorted.
fn complete(task: &[&Message], from: &[&[u64]]) -> Result<(), String> {
    if let [only] = task
        && only.level() == [1]
        && only.status().is_none()
    {
        return Ok(());
    }
    let mut actions: BTreeMap<Vec<u64>, Vec<u64>> = BTreeMap::new();
    for message in task {
        let mut level = message.level();
        let number = level.pop().ok_or("a message without a number")?;
        actions.entry(level).or_default().push(number);
        match (message.status(), number) {
            (Some("started"), 1) => {}
            (Some("started"), _) => return Err(format!("{} is a start", message.place())),
            (_, 1) => return Err(format!("{} is no start", message.place())),
            _ => {}
        }
    }
    // Each action takes one number of the action around it.
    let places: Vec<_> = actions.keys().cloned().collect();
    for mut place in places {
        if from.contains(&place.as_slice()) {
            continue;
        }
        if let Some(number) = place.pop() {
            let around = actions.get_mut(&place);
            around
                .ok_or(format!("nothing is known of the action at {place:?}"))?
                .push(number);
        }
    }
    for (place, numbers) in &mut actions {
        numbers.sort_unstable();
        let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
        if *numbers != expected {
            return Err(format!("the numbers of {place:?} are {numbers:?}"));
        }
        let own_end = task.iter().find(|message| {
            message.is_end() && message.level().split_last().map(|(_, of)| of) == Some(&place[..])
        });
        let end = own_end.and_then(|message| message.level().pop());
        if end != numbers.last().copied() {
            return Err(format!("{place:?} ends at {end:?} of {numbers:?}"));
        }
    }
    Ok(())
}
