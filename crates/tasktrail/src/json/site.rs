//! What is encoded once for each call site.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tasktrail_record::{Failure, Schema, Severity, encode};
use tracing_core::field::{Field, Value};
use tracing_core::{Event, Level, Metadata};
use tracing_log::NormalizeEvent;

use super::key::{Key, key};
use super::names::Names;
use super::redaction::{RedactedField, RedactedTexts};

/// What all lines of one call site share.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) schema: Schema,
    /// What the program says of it; `None` if there is no such place in the program.
    pub(super) metadata: Option<&'static Metadata<'static>>,
    pub(super) severity: Severity,
    /// What [`Schema::site`] gave.
    pub(super) encoded: Vec<u8>,
    /// The same at the level ERROR, for the end of an action that failed; `None` for events.
    failed: Option<Vec<u8>>,
    /// The same at the level WARN, for the end of an action that was cancelled.
    cancelled: Option<Vec<u8>>,
    /// The name of the span or event, escaped.
    pub(super) name: Box<[u8]>,
    /// The program gave the event its name.
    pub(super) named: bool,
    /// The target, escaped.
    pub(super) target: Box<[u8]>,
    pub(super) source: Source,
    /// Its events are records of the `log` crate, each from a place of its own.
    pub(super) is_log: bool,
    /// The fields, in the order of the call site.
    fields: Box<[SiteField]>,
    sources: Box<[Sources]>,
}

/// Where the sources of an error show that is a field's value; few fields ever have one.
#[derive(Debug)]
struct Sources {
    name: Option<Box<str>>,
    key: OnceLock<Key>,
    redacted: Option<RedactedTexts>,
}

#[derive(Debug)]
pub(super) enum SiteField {
    /// The text of an event.
    Message,
    /// A field whose value stands as it is.
    Named(Key),
    LeftOut,
    /// A field whose value the schema gives a form of its own.
    Formed(Key),
    /// A field whose value is redacted, or looked at.
    Redacted(Box<RedactedField>),
}

/// Where in the program a call site is.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) file: Option<Box<str>>,
    pub(super) line: Option<u32>,
    pub(super) module: Option<Box<str>>,
    pub(super) target: Box<str>,
}

impl Source {
    fn of(metadata: &Metadata<'_>) -> Self {
        Self {
            file: metadata.file().map(Into::into),
            line: metadata.line(),
            module: metadata.module_path().map(Into::into),
            target: metadata.target().into(),
        }
    }
}

impl Site {
    fn new(schema: Schema, names: &Names, metadata: &'static Metadata<'static>) -> Self {
        let is_log = metadata.is_event() && is_log(metadata);
        // A raw identifier is a name that Rust could not write otherwise.
        let given = |field: Field| field.name().strip_prefix("r#").unwrap_or(field.name());
        let sources = metadata.fields().iter().map(|field| {
            let name = given(field);
            Sources {
                name: names
                    .sources(name, metadata.is_span())
                    .map(String::into_boxed_str),
                key: OnceLock::new(),
                redacted: names.redaction.sources(name),
            }
        });
        let fields = metadata.fields().iter().map(|field| {
            let name = given(field);
            let key = match name {
                "message" if metadata.is_event() => None,
                // The line's own keys tell them.
                "log.target" | "log.module_path" | "log.file" | "log.line" if is_log => {
                    return SiteField::LeftOut;
                }
                name => {
                    let shown = match metadata.is_span() {
                        true => names.span_field(name),
                        false => names.field(name),
                    };
                    let Some(shown) = shown else {
                        return SiteField::LeftOut;
                    };
                    Some(key(schema, &shown))
                }
            };
            match names.redaction.field(name, key) {
                Ok(field) => SiteField::Redacted(Box::new(field)),
                Err(None) => SiteField::Message,
                Err(Some(key)) if schema.keeps_values() => SiteField::Named(key),
                Err(Some(key)) => SiteField::Formed(key),
            }
        });
        let severity = severity(*metadata.level());
        Self {
            schema,
            metadata: Some(metadata),
            severity,
            encoded: encoded(schema, metadata, severity),
            failed: metadata
                .is_span()
                .then(|| encoded(schema, metadata, Severity::Error)),
            cancelled: metadata
                .is_span()
                .then(|| encoded(schema, metadata, Severity::Warn)),
            name: escaped(metadata.name()),
            named: metadata.is_event() && !is_called_by_its_place(metadata),
            target: escaped(metadata.target()),
            source: Source::of(metadata),
            is_log,
            fields: fields.collect(),
            sources: sources.collect(),
        }
    }

    /// Gives the site of what the layer says itself.
    pub(super) fn own(schema: Schema) -> Self {
        let (severity, logger) = (Severity::Warn, "tasktrail");
        let encoded = schema.site(&tasktrail_record::Site {
            severity,
            logger,
            file: None,
            line: None,
            module: None,
        });
        let source = Source {
            target: logger.into(),
            ..Source::default()
        };
        Self::without_fields(schema, severity, encoded, source)
    }

    /// Gives the site of one record of the `log` crate, whose fields are those of the bridge's.
    pub(super) fn of_record(schema: Schema, record: &Metadata<'_>) -> Self {
        let severity = severity(*record.level());
        let encoded = encoded(schema, record, severity);
        Self::without_fields(schema, severity, encoded, Source::of(record))
    }

    fn without_fields(
        schema: Schema,
        severity: Severity,
        encoded: Vec<u8>,
        source: Source,
    ) -> Self {
        Self {
            schema,
            metadata: None,
            severity,
            encoded,
            failed: None,
            cancelled: None,
            name: Box::default(),
            named: false,
            target: escaped(&source.target),
            source,
            is_log: false,
            fields: Box::default(),
            sources: Box::default(),
        }
    }

    /// Gives what stands for the call site in the end of an action that failed.
    pub(super) fn failed(&self, failure: &Failure) -> &[u8] {
        let site = match failure.is_cancelled() {
            true => &self.cancelled,
            false => &self.failed,
        };
        site.as_ref().unwrap_or(&self.encoded)
    }

    pub(super) fn field(&self, index: usize) -> Option<&SiteField> {
        self.fields.get(index)
    }

    /// Tells whether a field is the text of an event.
    pub(super) fn is_message(&self, index: usize) -> bool {
        match self.field(index) {
            Some(SiteField::Message) => true,
            Some(SiteField::Redacted(field)) => field.key.is_none(),
            _ => false,
        }
    }

    /// Gives the key of the sources of an error that is a field's value; `None` if they are left
    /// out.
    pub(super) fn sources(&self, index: usize) -> Option<&Key> {
        let sources = self.sources.get(index)?;
        let name = sources.name.as_deref()?;
        Some(sources.key.get_or_init(|| key(self.schema, name)))
    }

    /// Gives what is said about the sources of an error that is a field's value; `None` if they are
    /// shown as they are.
    pub(super) fn redacted_sources(&self, index: usize) -> Option<&RedactedTexts> {
        self.sources.get(index)?.redacted.as_ref()
    }
}

fn encoded(schema: Schema, metadata: &Metadata<'_>, severity: Severity) -> Vec<u8> {
    schema.site(&tasktrail_record::Site {
        severity,
        logger: metadata.target(),
        file: metadata.file(),
        line: metadata.line(),
        module: metadata.module_path(),
    })
}

/// Tells whether a call site is one of the five by which `tracing-log` hands on records of `log`.
fn is_log(metadata: &'static Metadata<'static>) -> bool {
    let nothing: [(&Field, Option<&dyn Value>); 0] = [];
    Event::new(metadata, &metadata.fields().value_set(&nothing)).is_log()
}

/// Tells whether nobody gave the event a name: the macros call it by its place in the source then.
fn is_called_by_its_place(metadata: &Metadata<'_>) -> bool {
    let place = metadata.name().strip_prefix("event ");
    let place = place.and_then(|place| place.rsplit_once(':'));
    place.is_some_and(|(file, line)| {
        Some(file) == metadata.file() && line.parse().ok() == metadata.line()
    })
}

fn escaped(text: &str) -> Box<[u8]> {
    let mut out = Vec::new();
    encode::escaped(text, &mut out);
    out.into()
}

fn severity(level: Level) -> Severity {
    match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    }
}

/// The call sites that one layer has met.
#[derive(Debug)]
pub(super) struct Sites {
    layer: u32,
    schema: Schema,
    known: RwLock<HashMap<usize, Arc<Site>>>,
}

/// A thread remembers so many call sites, and then begins anew.
const MET_AT_MOST: usize = 16_384;

thread_local! {
    /// The call sites that this thread has met, by layer and address: no lock for the second time.
    static MET: RefCell<Met> = RefCell::default();
}

type Met = HashMap<(u32, usize), Arc<Site>, BuildHasherDefault<Mix>>;

impl Sites {
    pub(super) fn new(layer: u32, schema: Schema) -> Self {
        Self {
            layer,
            schema,
            known: RwLock::default(),
        }
    }

    /// Gives what is known of a call site. `Metadata` of `tracing` lives for ever, so that its
    /// address is its name.
    pub(super) fn get(&self, metadata: &'static Metadata<'static>, names: &Names) -> Arc<Site> {
        let address = std::ptr::from_ref(metadata).addr();
        let here = (self.layer, address);
        let met = MET.try_with(|met| met.try_borrow().ok()?.get(&here).cloned());
        if let Ok(Some(site)) = met {
            return site;
        }
        let site = self.find(address, metadata, names);
        let _ = MET.try_with(|met| {
            if let Ok(mut met) = met.try_borrow_mut() {
                // Those of layers that are gone are in there, too.
                if met.len() >= MET_AT_MOST {
                    met.clear();
                }
                met.insert(here, Arc::clone(&site));
            }
        });
        site
    }

    #[cold]
    fn find(
        &self,
        address: usize,
        metadata: &'static Metadata<'static>,
        names: &Names,
    ) -> Arc<Site> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = known.get(&address) {
            return Arc::clone(site);
        }
        drop(known);
        let site = Arc::new(Site::new(self.schema, names, metadata));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(address).or_insert(site))
    }
}

/// Mixes two small numbers and an address, which need no defence against chosen keys.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(26) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}
