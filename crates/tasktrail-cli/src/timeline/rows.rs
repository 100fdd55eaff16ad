//! What is drawn of a task, line by line: which actions, how deep, and when.

use tasktrail_record::{Action, EndStatus, Kind, Node, Record, Tree};

use crate::place::Place;

pub(crate) const UNNAMED: &str = "<unnamed>";

/// One action or message.
#[derive(Debug)]
pub(super) struct Row<'t> {
    pub(super) depth: usize,
    pub(super) name: &'t str,
    pub(super) what: What,
    /// Where it was written, as far as that is not the place of the action around it.
    pub(super) place: Place,
    /// In seconds, by whatever clock.
    pub(super) start: Option<f64>,
    pub(super) end: Option<f64>,
    /// The earliest and the latest moment that is known of it and of what is in it.
    pub(super) known: Option<(f64, f64)>,
    /// Whether it begins before the action around it.
    pub(super) is_early: bool,
    parent: Option<usize>,
    whole_place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Action(Option<EndStatus>),
    Message,
}

/// Gives the rows of a task in the order of its tree, each after the action that it is in.
pub(super) fn rows(tree: &Tree) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut left = vec![(None, tree.root())];
    while let Some((parent, node)) = left.pop() {
        let around = parent.and_then(|parent: usize| rows.get(parent));
        let row = Row::new(parent, around, &node);
        rows.push(row);
        if let Node::Action(action) = node {
            let place = rows.len() - 1;
            let children: Vec<_> = action.children().collect();
            let children = children.into_iter().rev();
            left.extend(children.map(|(_, child)| (Some(place), child)));
        }
    }
    widen(&mut rows);
    rows
}

/// Gives each action what is known of the moments in it.
fn widen(rows: &mut [Row<'_>]) {
    for place in (0..rows.len()).rev() {
        let inner = rows
            .get(place)
            .and_then(|row| Some((row.parent?, row.known?)));
        let Some((parent, (first, last))) = inner else {
            continue;
        };
        if let Some(parent) = rows.get_mut(parent) {
            parent.known = Some(match parent.known {
                Some(known) => (known.0.min(first), known.1.max(last)),
                None => (first, last),
            });
        }
    }
}

impl<'t> Row<'t> {
    fn new(parent: Option<usize>, around: Option<&Row<'_>>, node: &Node<'t>) -> Self {
        let (start, end, what) = match node {
            Node::Action(action) => (action.start(), action.end(), What::Action(action.status())),
            Node::Message(record) => (Some(*record), Some(*record), What::Message),
        };
        let seconds = |record: Option<&Record>| {
            let seconds = record.and_then(Record::seconds);
            seconds.filter(|seconds| seconds.is_finite())
        };
        let told = start.or(end).map(Place::of).unwrap_or_default();
        let (start, end) = (seconds(start), seconds(end));
        let known = match (start, end) {
            (Some(start), Some(end)) => Some((start.min(end), start.max(end))),
            (start, end) => start.or(end).map(|moment| (moment, moment)),
        };
        let around_start = around.and_then(|around| around.start);
        let nowhere = Place::default();
        let around_place = around.map_or(&nowhere, |around| &around.whole_place);
        Self {
            depth: around.map_or(0, |around| around.depth + 1),
            name: name_of(node).unwrap_or(UNNAMED),
            what,
            place: told.beyond(around_place),
            whole_place: told.within(around_place),
            start,
            end,
            known,
            is_early: start
                .zip(around_start)
                .is_some_and(|(own, around)| own < around),
            parent,
        }
    }
}

/// Gives the name of a node.
pub(crate) fn name_of<'t>(node: &Node<'t>) -> Option<&'t str> {
    match node {
        Node::Action(action) => Action::name(action),
        Node::Message(record) => match record.kind() {
            Kind::Message { message_type } => message_type.as_deref(),
            Kind::Start { action_type } | Kind::End { action_type, .. } => Some(action_type),
        },
    }
}
