//! The ids that a task carries, as the lines of each layer show them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tasktrail_record::Schema;

use super::members::Members;
use super::renderer::Renderer;
use crate::task::Carried;

/// The fields of every line together with what a task carries: for each layer, by its number,
/// encoded when the layer sees the first span that carries it.
#[derive(Debug, Default)]
pub(crate) struct EncodedIds(Mutex<ByLayer>);

type ByLayer = SmallVec<[(u32, Arc<Members>); 1]>;

impl EncodedIds {
    pub(super) fn get(&self, layer: u32, encode: impl FnOnce() -> Members) -> Arc<Members> {
        // Encoding may run a predicate of the user's, and happens without the lock.
        if let Some(known) = self.known(layer) {
            return known;
        }
        let encoded = Arc::new(encode());
        self.lock().push((layer, Arc::clone(&encoded)));
        encoded
    }

    fn known(&self, layer: u32) -> Option<Arc<Members>> {
        let known = self.lock();
        let (_, encoded) = known.iter().find(|(of, _)| *of == layer)?;
        Some(Arc::clone(encoded))
    }

    fn lock(&self) -> MutexGuard<'_, ByLayer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copy is changed before it is carried: nothing is encoded yet.
impl Clone for EncodedIds {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Renderer {
    /// Gives what stands on every line of a task that carries ids, as the layer of this number shows
    /// it.
    pub(super) fn constants_with(&self, carried: &Carried, layer: u32) -> Arc<Members> {
        carried.encoded().get(layer, || {
            let mut constants = self.constants.clone();
            for (name, value) in carried.shown() {
                self.set_constant(name, &value.into(), &mut constants);
            }
            if let (Some(name), Some(span_id)) = (self.span_id_name(carried), carried.span_text()) {
                self.set_constant(name, &span_id.into(), &mut constants);
            }
            constants
        })
    }

    /// Gives the name under which a line shows the id that a span has in a trace; `None` if the
    /// schema has a key for it, and for text.
    ///
    /// A schema's own name is for a span of the trace that the line names as such.
    fn span_id_name(&self, carried: &Carried) -> Option<&'static str> {
        let is_in_named_trace = carried.span_id().is_some();
        match self.schema {
            _ if self.text.is_some() => None,
            Schema::OpenTelemetry | Schema::GoogleCloud if is_in_named_trace => None,
            Schema::Ecs if is_in_named_trace => Some("span.id"),
            _ => Some("span_id"),
        }
    }
}
