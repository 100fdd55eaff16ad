//! All that is in a tree.

use tasktrail_record::{Action, EndStatus, Node, Record, Tree};

use crate::text;

/// Gives the nodes of a tree, each after the action that it is in.
pub(crate) fn nodes(tree: &Tree) -> impl Iterator<Item = Node<'_>> {
    from(tree.root())
}

/// Gives a node, and all that is in it.
fn from(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut left = vec![node];
    std::iter::from_fn(move || {
        let node = left.pop()?;
        if let Node::Action(action) = node {
            left.extend(action.children().map(|(_, child)| child));
        }
        Some(node)
    })
}

/// Says what of an action was not found, if it is known that anything wasn't.
pub(crate) fn missing(action: &Action<'_>) -> Option<String> {
    let start = action.start().is_none().then(|| "the start".to_owned());
    let end = action.end().is_none().then(|| "the end".to_owned());
    let between = match action.missing() {
        0 => None,
        missing => Some(messages(missing)),
    };
    let missing: Vec<_> = [start, end, between].into_iter().flatten().collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// Writes how many messages or actions there are, one or more.
pub(crate) fn messages(number: u64) -> String {
    match number {
        1 => "1 message or action".to_owned(),
        // A number of messages that fits into no memory.
        more => {
            let more = text::count(usize::try_from(more).unwrap_or(usize::MAX));
            format!("{more} messages or actions")
        }
    }
}

/// Tells whether an action failed.
pub(crate) fn has_failed(action: &Action<'_>) -> bool {
    action.status() == Some(EndStatus::Failed)
}

/// Gives how long a task took: its outermost action, or without its end or its start as long as
/// from its earliest to its latest message. `None` if that can't be known.
pub(crate) fn seconds(tree: &Tree) -> Option<f64> {
    if let Node::Action(root) = tree.root()
        && let Some(seconds) = root.seconds()
    {
        return Some(seconds);
    }
    let (first, last) = span(tree.root())?;
    (first < last).then_some(last - first)
}

/// Gives the earliest and the latest moment of a node and of all that is in it.
pub(crate) fn span(node: Node<'_>) -> Option<(f64, f64)> {
    let moments = from(node).flat_map(records).filter_map(Record::seconds);
    moments.fold(None, |span, moment| {
        let (first, last) = span.unwrap_or((moment, moment));
        Some((first.min(moment), last.max(moment)))
    })
}

/// Gives the moment at which a task began: that of its first message, or without it the earliest
/// there is, of whatever clock.
pub(crate) fn beginning(tree: &Tree) -> Option<f64> {
    let first = records(tree.root()).next().and_then(Record::seconds);
    let moments = || nodes(tree).flat_map(records).filter_map(Record::seconds);
    first.or_else(|| moments().reduce(f64::min))
}

/// Gives the messages of a node itself, not of what is in it.
fn records(node: Node<'_>) -> impl Iterator<Item = &Record> {
    let (first, second) = match node {
        Node::Message(record) => (Some(record), None),
        Node::Action(action) => (action.start(), action.end()),
    };
    first.into_iter().chain(second)
}
