//! Why something failed, in the forms in which schemas have it.

use super::loss::Loss;
use super::python;
use super::said::Said;
use crate::Failure;
use crate::json::Value;
use crate::record::find;

/// What stands before the backtrace in a stack trace of ours.
const STACK: &str = "Stack backtrace:\n";

impl Said {
    /// Makes of each form of a failure that of Eliot.
    pub(super) fn read_failure(&mut self, losses: &mut Vec<Loss>) {
        self.lines(losses);
        let backtrace = find(&self.failure, "exception_backtrace");
        if self.trace.is_none() && backtrace.is_some_and(is_traceback) {
            self.trace = backtrace.cloned();
            self.failure.retain(|(key, _)| key != "exception_backtrace");
        }
        let Some(Value::String(trace)) = &self.trace else {
            return;
        };
        let Some(head) = failure_of(&self.failure).map(|failure| trace_of(&failure)) else {
            return;
        };
        let backtrace = match trace.strip_prefix(head.as_str()) {
            Some("") => None,
            Some(rest) if rest.starts_with(STACK) => rest.get(STACK.len()..),
            _ => return,
        };
        if let Some(backtrace) = backtrace {
            let backtrace = Value::String(backtrace.to_owned());
            self.failure
                .push(("exception_backtrace".to_owned(), backtrace));
        }
        self.trace = None;
    }

    /// Reads the lines that Python prints for an exception.
    fn lines(&mut self, losses: &mut Vec<Loss>) {
        let Some(Value::Array(lines)) = find(&self.failure, "exception") else {
            return;
        };
        let lines = lines.iter().map(|line| line.as_str());
        let Some(lines) = lines.collect::<Option<Vec<&str>>>() else {
            return;
        };
        let reason = find(&self.failure, "reason").cloned();
        let told = reason.as_ref().and_then(Value::as_str);
        let [before @ .., last] = lines.as_slice() else {
            return;
        };
        let by_reason = told.and_then(|told| last.strip_suffix(&format!(": {told}\n")));
        let (exception, said) = match (before, by_reason, python::exception(last)) {
            ([], Some(exception), _) => (exception, None),
            ([], _, Some((exception, said))) if reason.is_none() => (exception, Some(said)),
            ([head, ..], _, Some((exception, said))) if python::is_traceback(head) => {
                (exception, reason.is_none().then_some(said))
            }
            _ => return,
        };
        let text = lines.concat();
        let is_usual = python::parts(&text) == lines;
        let exception = Value::String(exception.to_owned());
        let said = said.map(|said| Value::String(said.to_owned()));
        if !before.is_empty() || python::exception(&text).is_some_and(|(_, said)| said.is_empty()) {
            self.trace = Some(Value::String(text));
        }
        if !is_usual {
            losses.push(Loss::Value);
        }
        self.failure.retain(|(key, _)| key != "exception");
        self.failure
            .extend(said.map(|said| ("reason".to_owned(), said)));
        self.failure.push(("exception".to_owned(), exception));
    }
}

/// Gives why something failed, if that is a type and a text.
pub(super) fn failure_of(entries: &[(String, Value)]) -> Option<Failure> {
    let text = |key| {
        find(entries, key)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let sources = match find(entries, "exception_sources") {
        Some(Value::Array(sources)) => {
            let sources = sources
                .iter()
                .map(|source| source.as_str().map(str::to_owned));
            sources.collect::<Option<Vec<_>>>().unwrap_or_default()
        }
        _ => Vec::new(),
    };
    Some(Failure {
        exception: text("exception")?,
        reason: text("reason")?,
        sources,
        location: text("exception_location").unwrap_or_default(),
        backtrace: text("exception_backtrace").unwrap_or_default(),
    })
}

/// Gives all that is known of a failure as a stack trace.
pub(super) fn trace_of(failure: &Failure) -> String {
    let mut json = Vec::new();
    failure.write_trace(&mut json);
    let text = String::from_utf8_lossy(&json);
    match Value::parse(&text) {
        Ok(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Gives what Python prints of a failure, and takes the trace if that is the same.
pub(super) fn lines_of(failure: &Failure, said: &mut Said) -> Vec<String> {
    let trace = said.trace.as_ref().and_then(Value::as_str);
    let parts = trace.map(python::parts).filter(|parts| {
        let last = parts.last().and_then(|last| python::exception(last));
        last == Some((&failure.exception, &failure.reason))
    });
    if let Some(parts) = parts {
        said.trace = None;
        return parts;
    }
    vec![format!("{}: {}\n", failure.exception, failure.reason)]
}

/// Tells whether a value is what Python prints of an exception.
pub(super) fn is_traceback(value: &Value) -> bool {
    value.as_str().is_some_and(python::is_traceback)
}
