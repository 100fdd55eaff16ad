//! What a server layer was told.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::trust::Trust;
use crate::{Headers, Incoming};

type Route = dyn for<'request> Fn(&'request Parts) -> Option<&'request str> + Send + Sync;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) headers: Headers,
    pub(super) trust: Trust,
    pub(super) route: Option<Arc<Route>>,
    pub(super) answer_with: Option<HeaderName>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            headers: Headers::default(),
            trust: Trust::default(),
            route: None,
            answer_with: Some(HeaderName::from_static("x-task-id")),
        }
    }
}

impl Settings {
    /// Gives what a request said of its task, as far as it is trusted.
    pub(super) fn incoming(&self, request: &Parts) -> Incoming {
        if self.trust.believes(request) {
            self.headers.extract(&request.headers)
        } else {
            self.headers.refuse(&request.headers)
        }
    }

    /// Gives the route of a request, if the program knows it; one whose code panics is not known.
    pub(super) fn route<'r>(&self, request: &'r Parts) -> Option<&'r str> {
        let route = self.route.as_ref()?;
        catch_unwind(AssertUnwindSafe(|| route(request))).ok()?
    }

    /// Names the current task in the headers of an answer.
    pub(super) fn name_task(&self, headers: &mut HeaderMap) {
        if let Some(name) = &self.answer_with
            && !headers.contains_key(name)
            && let Some(task) = tasktrail::current()
            && let Ok(value) = HeaderValue::from_str(task.id().encode(&mut [0; 36]))
        {
            headers.insert(name.clone(), value);
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("headers", &self.headers)
            .field("trust", &self.trust)
            .field("answer_with", &self.answer_with)
            .finish_non_exhaustive()
    }
}
