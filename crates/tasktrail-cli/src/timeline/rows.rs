//! What is drawn of a task, line by line: which actions, how deep, and when.

use tasktrail_record::{Action, EndStatus, Kind, Node, Record, Tree};

use crate::nodes::span;
use crate::place::Place;
use crate::tree::trail::siblings::{Item, More, items, slowest};

pub(crate) const UNNAMED: &str = "<unnamed>";

/// One action or message, or several that are only counted.
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
    /// Those that are only counted.
    pub(super) more: Option<More<'t>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Action(Option<EndStatus>),
    Message,
    MoreActions,
    MoreMessages,
}

/// Gives the rows of a task in the order of its tree, each after the action that it is in. Of siblings
/// of one name about so many are rows of their own, and the others are counted.
pub(super) fn rows(tree: &Tree, siblings: usize) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let root = Item::Node {
        node: tree.root(),
        is_slowest: true,
    };
    let mut left = vec![(None, root)];
    while let Some((parent, item)) = left.pop() {
        let around = parent.and_then(|parent: usize| rows.get(parent));
        let (row, node) = match item {
            Item::Node { node, .. } => (Row::new(parent, around, &node), Some(node)),
            Item::More(more) => (Row::of_more(parent, around, more), None),
        };
        rows.push(row);
        if let Some(Node::Action(action)) = node {
            let place = rows.len() - 1;
            let children: Vec<_> = action.children().map(|(_, child)| child).collect();
            let slowest = slowest(&children);
            let items = items(children, siblings, slowest).into_iter().rev();
            left.extend(items.map(|item| (Some(place), item)));
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
            more: None,
        }
    }

    pub(super) fn is_of_messages(&self) -> bool {
        matches!(self.what, What::Message | What::MoreMessages)
    }

    /// From the first moment of any of them to the last.
    fn of_more(parent: Option<usize>, around: Option<&Row<'_>>, more: More<'t>) -> Self {
        let spans = more.nodes.iter().filter_map(|node| span(*node));
        let known = spans.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
        let known = known.filter(|(first, last)| first.is_finite() && last.is_finite());
        let around_start = around.and_then(|around| around.start);
        let is_early = |node: &Node<'_>| {
            let start = match node {
                Node::Action(action) => action.start(),
                Node::Message(record) => Some(*record),
            };
            let start = start.and_then(Record::seconds);
            start
                .zip(around_start)
                .is_some_and(|(own, around)| own < around)
        };
        Self {
            depth: around.map_or(0, |around| around.depth + 1),
            name: more.name.unwrap_or(UNNAMED),
            what: match more.is_action {
                true => What::MoreActions,
                false => What::MoreMessages,
            },
            place: Place::default(),
            whole_place: Place::default(),
            start: known.map(|(first, _)| first),
            end: known.map(|(_, last)| last),
            known,
            is_early: more.nodes.iter().any(is_early),
            parent,
            more: Some(more),
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
