//! What stands in the place of OpenTelemetry where the feature is off: nothing.

use std::sync::Arc;

use tasktrail_record::TaskId;
use tracing::Span;
use tracing_core::field::ValueSet;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Metadata, Subscriber};
use tracing_subscriber::layer::Context;

use super::{Carried, RemoteSpan, TaskLayer};

/// No span is traced.
#[derive(Debug)]
pub(crate) enum Traced {}

impl Traced {
    pub(super) fn task(&self) -> Option<TaskId> {
        match *self {}
    }

    pub(super) fn carried_by_root(&self, _: Option<Arc<Carried>>) -> Option<Arc<Carried>> {
        match *self {}
    }

    pub(super) fn carried(self, _: &str, _: &str, _: Option<Arc<Carried>>) -> Arc<Carried> {
        match self {}
    }
}

#[derive(Debug)]
pub(super) struct KeptTraced;

impl KeptTraced {
    pub(super) fn new(_: Option<Traced>) -> Self {
        Self
    }

    pub(super) fn take(&self) -> Option<Traced> {
        None
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tracer;

impl Tracer {
    pub(crate) fn take_misplaced(&self) -> bool {
        false
    }
}

#[derive(Debug)]
pub(super) struct Parent;

impl Parent {
    pub(super) fn none() -> Self {
        Self
    }

    pub(super) fn current() -> Self {
        Self
    }

    pub(super) fn remote(_: RemoteSpan<'_>) -> Self {
        Self
    }

    pub(super) fn attach(&self) -> Self {
        Self
    }

    pub(super) fn open_root(
        &self,
        metadata: &'static Metadata<'static>,
        values: &ValueSet<'_>,
    ) -> Span {
        Span::new_root(metadata, values)
    }
}

impl<S: Subscriber> TaskLayer<S> {
    pub(super) fn traced(&self, _: &Attributes<'_>, _: &Id, _: &Context<'_, S>) -> Option<Traced> {
        None
    }

    pub(super) fn note_untraced(&self, _: &Id) {}
}
