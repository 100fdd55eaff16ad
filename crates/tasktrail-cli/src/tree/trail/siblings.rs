//! Which of many siblings are drawn.

use std::collections::HashMap;

use tasktrail_record::{Action, Kind, Node, Record};

use super::said::{Severity, severity};
use crate::nodes::has_failed;

/// What is drawn of the children of an action.
#[derive(Debug)]
pub(crate) enum Item<'t> {
    Node { node: Node<'t>, is_slowest: bool },
    More(More<'t>),
}

/// Siblings that are only counted, between two of their name that are drawn.
#[derive(Debug)]
pub(crate) struct More<'t> {
    pub(crate) name: Option<&'t str>,
    pub(crate) is_action: bool,
    /// Themselves, in their order.
    pub(crate) nodes: Vec<Node<'t>>,
    /// The actions that failed, or the messages that tell of an error.
    pub(super) failed: usize,
    pub(super) unfinished: usize,
    /// How long they took, in ascending order.
    pub(super) seconds: Vec<f64>,
}

/// Gives the name of a node.
pub(super) fn name<'t>(node: &Node<'t>) -> Option<&'t str> {
    match node {
        Node::Action(action) => action.name(),
        Node::Message(record) => match record.kind() {
            Kind::Message { message_type } => message_type.as_deref(),
            Kind::Start { action_type } | Kind::End { action_type, .. } => Some(action_type),
        },
    }
}

/// Tells whether an action failed, or a message tells of an error.
fn is_failure(node: &Node<'_>) -> bool {
    match node {
        Node::Action(action) => has_failed(action),
        Node::Message(record) => tells_of_error(record),
    }
}

/// Tells whether a message has the level of an error, or says which one there was.
pub(super) fn tells_of_error(record: &Record) -> bool {
    matches!(severity(record), Severity::Bad) || record.field("exception").is_some()
}

/// Gives the place of the child action that took longest, the first of several.
pub(crate) fn slowest(children: &[Node<'_>]) -> Option<usize> {
    let mut slowest = None;
    for (place, child) in children.iter().enumerate() {
        let Node::Action(action) = child else {
            continue;
        };
        let Some(seconds) = action.seconds().filter(|seconds| seconds.is_finite()) else {
            continue;
        };
        if slowest.is_none_or(|(longest, _)| seconds > longest) {
            slowest = Some((seconds, place));
        }
    }
    slowest.map(|(_, place)| place)
}

/// Keeps `limit` of the siblings of one name: the first and the last ones. Besides these, as many
/// again are kept of those that failed, and the one at `slowest`.
pub(crate) fn items<'t>(
    children: Vec<Node<'t>>,
    limit: usize,
    slowest: Option<usize>,
) -> Vec<Item<'t>> {
    let is_kept = kept(&children, limit, slowest);
    // Where the siblings of a name that are only counted stand, since one of it was drawn.
    let mut counted: HashMap<_, usize> = HashMap::new();
    let mut items = Vec::new();
    for (place, (node, is_kept)) in children.into_iter().zip(is_kept).enumerate() {
        let group = group(&node);
        if is_kept {
            let is_slowest = slowest == Some(place);
            counted.remove(&group);
            items.push(Item::Node { node, is_slowest });
            continue;
        }
        let place = *counted.entry(group).or_insert_with(|| {
            items.push(Item::More(More::of(group)));
            items.len() - 1
        });
        if let Some(Item::More(more)) = items.get_mut(place) {
            more.count(&node);
        }
    }
    for item in &mut items {
        if let Item::More(more) = item {
            more.seconds.sort_unstable_by(f64::total_cmp);
        }
    }
    items
}

type Group<'t> = (bool, Option<&'t str>);

fn group<'t>(node: &Node<'t>) -> Group<'t> {
    (matches!(node, Node::Action(_)), name(node))
}

fn kept(children: &[Node<'_>], limit: usize, slowest: Option<usize>) -> Vec<bool> {
    let mut is_kept = vec![true; children.len()];
    if children.len() <= limit {
        return is_kept;
    }
    let mut places: HashMap<Group<'_>, Vec<usize>> = HashMap::new();
    for (place, child) in children.iter().enumerate() {
        places.entry(group(child)).or_default().push(place);
    }
    let mut keep = |place: usize, keep| {
        if let Some(kept) = is_kept.get_mut(place) {
            *kept = keep;
        }
    };
    let failed = |place: usize| children.get(place).is_some_and(is_failure);
    for places in places.into_values() {
        let last = limit / 2;
        let between = limit - last..places.len().saturating_sub(last);
        let between = places.get(between).unwrap_or_default();
        let mut failures = 0;
        // A line for one that is counted takes as much space as the one.
        let mut run = Vec::new();
        for place in between.iter().copied() {
            let is_drawn = failures < limit && failed(place);
            failures += usize::from(is_drawn);
            if !is_drawn && slowest != Some(place) {
                run.push(place);
                keep(place, false);
                continue;
            }
            if let [alone] = run.as_slice() {
                keep(*alone, true);
            }
            run.clear();
        }
        if let [alone] = run.as_slice() {
            keep(*alone, true);
        }
    }
    is_kept
}

impl<'t> More<'t> {
    fn of((is_action, name): Group<'t>) -> Self {
        Self {
            name,
            is_action,
            nodes: Vec::new(),
            failed: 0,
            unfinished: 0,
            seconds: Vec::new(),
        }
    }

    fn count(&mut self, node: &Node<'t>) {
        self.nodes.push(*node);
        self.failed += usize::from(is_failure(node));
        if let Node::Action(action) = node {
            self.unfinished += usize::from(is_unfinished(action));
            self.seconds.extend(action.seconds());
        }
    }
}

fn is_unfinished(action: &Action<'_>) -> bool {
    action.end().is_none()
}
