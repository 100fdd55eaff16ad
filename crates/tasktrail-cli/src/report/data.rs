//! What the page knows of the tasks: for its list a few words of each, and each tree.

use std::fmt::Write;

use tasktrail_record::json::Value;
use tasktrail_record::{Action, EndStatus, Inherited, Node, Record, Tree};

use super::json::{push_number, push_text, shown};
use super::origin::Origin;
use crate::nodes::{beginning, has_failed, missing, seconds};
use crate::place::Place;
use crate::timeline::{UNNAMED, name_of};
use crate::tree::trail::said::{Severity, severity};

/// Holds the tasks of a page as JSON.
#[derive(Debug, Default)]
pub(super) struct Data {
    /// What the list shows: an object for each task, with commas between.
    pub(super) summaries: String,
    /// A line for each task, with an array of what is in it.
    pub(super) trees: String,
    tasks: usize,
}

impl Data {
    pub(super) fn tasks(&self) -> usize {
        self.tasks
    }

    /// Adds a task.
    pub(super) fn add(&mut self, tree: &Tree) {
        let mut writer = Nodes {
            out: &mut self.trees,
            counts: Counts::default(),
            inherited: Inherited::default(),
        };
        writer.tree(tree);
        let counts = writer.counts;
        if self.tasks > 0 {
            self.summaries.push_str(",\n");
        }
        self.tasks += 1;
        let mut object = Object::begin(&mut self.summaries);
        object.text("id", tree.task());
        object.text("name", name_of(&tree.root()).unwrap_or(UNNAMED));
        object.number("start", beginning(tree));
        object.number("seconds", seconds(tree));
        object.count("actions", counts.actions);
        object.count("messages", counts.messages);
        object.count("failed", counts.failed);
        if !tree.is_complete() {
            object.count("incomplete", 1);
        }
        object.end();
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    actions: usize,
    messages: usize,
    failed: usize,
}

struct Nodes<'o, 't> {
    out: &'o mut String,
    counts: Counts,
    inherited: Inherited<'t>,
}

/// What is still to be written, the next one last.
enum Left<'t> {
    Node {
        node: Node<'t>,
        number: u64,
        depth: usize,
        around: Place,
    },
    /// All of an action was written; what to go back to.
    Close(usize),
}

impl<'t> Nodes<'_, 't> {
    /// Writes the nodes in the order of the tree. A task may be deeper than a stack.
    fn tree(&mut self, tree: &'t Tree) {
        self.out.push('[');
        let mut left = vec![Left::Node {
            node: tree.root(),
            number: 0,
            depth: 0,
            around: Place::default(),
        }];
        let mut gap = "";
        while let Some(next) = left.pop() {
            let (node, number, depth, around) = match next {
                Left::Close(inherited) => {
                    self.inherited.close(inherited);
                    continue;
                }
                Left::Node {
                    node,
                    number,
                    depth,
                    around,
                } => (node, number, depth, around),
            };
            self.out.push_str(gap);
            gap = ",";
            let place = self.node(&node, number, depth, &around);
            if let Node::Action(action) = node {
                left.push(Left::Close(self.inherited.open(action.start())));
                let children: Vec<_> = action.children().collect();
                let children = children.into_iter().rev();
                left.extend(children.map(|(number, node)| Left::Node {
                    node,
                    number,
                    depth: depth + 1,
                    around: place.clone(),
                }));
            }
        }
        self.out.push_str("]\n");
    }

    /// Writes one node, and gives where it was written.
    fn node(&mut self, node: &Node<'t>, number: u64, depth: usize, around: &Place) -> Place {
        let (first, end) = match node {
            Node::Action(action) => (action.start(), action.end()),
            Node::Message(record) => (Some(*record), None),
        };
        let told = first.or(end).map(Place::of).unwrap_or_default();
        let changed = told.beyond(around).to_string();
        let place = told.within(around);
        let mut object = Object::begin(self.out);
        object.count("depth", depth);
        object.text("number", &number.to_string());
        object.text("name", name_of(node).unwrap_or(UNNAMED));
        object.number("start", first.and_then(Record::seconds));
        if !changed.is_empty() {
            object.text("place", &place.to_string());
            object.text("changed", &changed);
        }
        match node {
            Node::Action(action) => {
                self.counts.actions += 1;
                self.counts.failed += usize::from(has_failed(action));
                object.text(
                    "status",
                    match action.status() {
                        Some(EndStatus::Succeeded) => "succeeded",
                        Some(EndStatus::Failed) => "failed",
                        None => "unfinished",
                    },
                );
                object.number("end", end.and_then(Record::seconds));
                object.missing(action);
            }
            Node::Message(record) => {
                self.counts.messages += 1;
                match severity(record) {
                    Severity::Bad => object.text("severity", "bad"),
                    Severity::Doubtful => object.text("severity", "doubtful"),
                    Severity::Other => {}
                }
            }
        }
        let inherited = &self.inherited;
        let known = first.map_or(&[][..], Record::fields);
        if let Some(record) = first {
            object.fields("fields", record, |key, value| {
                inherited.repeats(record, key, value)
            });
        }
        if let Some(record) = end {
            object.fields("ending", record, |key, value| {
                inherited.repeats(record, key, value)
                    || known
                        .iter()
                        .any(|(name, told)| name == key && told == value)
            });
        }
        object.cause(end.or(first));
        object.origin(first.or(end));
        object.end();
        place
    }
}

/// What says why something failed, which the page shows in a place of its own.
const CAUSES: [&str; 5] = [
    "exception",
    "reason",
    "exception_location",
    "exception_sources",
    "exception_backtrace",
];

/// What the name of a node tells already.
const TOLD: [&str; 3] = ["action_type", "action_status", "message_type"];

/// An object that is being written.
struct Object<'o> {
    out: &'o mut String,
    gap: &'static str,
}

impl<'o> Object<'o> {
    fn begin(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, gap: "" }
    }

    fn key(&mut self, key: &str) {
        let _ = write!(self.out, "{}\"{key}\":", self.gap);
        self.gap = ",";
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        push_text(text, self.out);
    }

    fn count(&mut self, key: &str, count: usize) {
        self.key(key);
        let _ = write!(self.out, "{count}");
    }

    fn number(&mut self, key: &str, number: Option<f64>) {
        if let Some(number) = number.filter(|number| number.is_finite()) {
            self.key(key);
            push_number(number, self.out);
        }
    }

    /// Writes pairs of a key and a text, and a 1 behind what is no text but JSON.
    fn fields(&mut self, key: &str, record: &Record, is_told: impl Fn(&str, &Value) -> bool) {
        let has_cause = record.field("exception").is_some();
        let is_shown = |key: &str, value: &Value| {
            let is_cause = has_cause && CAUSES.contains(&key);
            let is_said = TOLD.contains(&key) || Origin::has_field(record, key);
            !is_cause && !is_said && !is_told(key, value)
        };
        let fields = record.fields().iter();
        let mut fields = fields
            .filter(|(key, value)| is_shown(key, value))
            .peekable();
        if fields.peek().is_none() {
            return;
        }
        self.key(key);
        let mut gap = "[[";
        for (key, value) in fields {
            self.out.push_str(gap);
            gap = "],[";
            push_text(key, self.out);
            self.out.push(',');
            match value {
                Value::String(text) => push_text(text, self.out),
                value => {
                    push_text(&shown(value), self.out);
                    self.out.push_str(",1");
                }
            }
        }
        self.out.push_str("]]");
    }

    /// Writes why it failed, if the line says so.
    fn cause(&mut self, record: Option<&Record>) {
        let Some(record) = record.filter(|record| record.field("exception").is_some()) else {
            return;
        };
        self.key("cause");
        let mut cause = Object::begin(self.out);
        for key in CAUSES {
            match record.field(key) {
                Some(Value::String(text)) => cause.text(key, text),
                Some(Value::Array(items)) => {
                    cause.key(key);
                    let mut gap = "[";
                    for item in items {
                        cause.out.push_str(gap);
                        gap = ",";
                        let text = item.as_str().map_or_else(|| shown(item), str::to_owned);
                        push_text(&text, cause.out);
                    }
                    cause
                        .out
                        .push_str(if items.is_empty() { "[]" } else { "]" });
                }
                Some(value) => cause.text(key, &shown(value)),
                None => {}
            }
        }
        cause.end();
    }

    /// Writes what the line says of the call that wrote it.
    fn origin(&mut self, record: Option<&Record>) {
        let origin = record.map(Origin::of).unwrap_or_default();
        if origin == Origin::default() {
            return;
        }
        self.key("said");
        let mut said = Object::begin(self.out);
        for (key, told) in [
            ("level", origin.level),
            ("logger", origin.logger),
            ("source", origin.source),
            ("function", origin.function),
        ] {
            if let Some(told) = told {
                said.text(key, &told);
            }
        }
        said.end();
    }

    fn missing(&mut self, action: &Action<'_>) {
        if let Some(missing) = missing(action) {
            self.text("missing", &missing);
        }
    }

    fn end(self) {
        self.out.push('}');
    }
}
