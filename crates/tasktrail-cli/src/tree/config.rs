//! What a file of `eliot-tree` says about how trees look.

mod overrides;

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use clap::ValueEnum;
use tasktrail_record::json::Value;

use super::look::{Background, When};
use overrides::Overrides;

/// The settings that such a file may hold, with their names there.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are what is true or false in the file"
)]
pub(super) struct Config {
    pub(super) ignored_fields: Vec<String>,
    pub(super) human_readable: bool,
    pub(super) utc_timestamps: bool,
    pub(super) color: When,
    pub(super) ascii: bool,
    pub(super) colorize_tree: bool,
    pub(super) theme_name: Background,
    /// `None` is the default of the layout.
    pub(super) field_limit: Option<usize>,
    pub(super) theme_overrides: Overrides,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ignored_fields: Vec::new(),
            human_readable: true,
            utc_timestamps: true,
            color: When::Auto,
            ascii: false,
            colorize_tree: true,
            theme_name: Background::Auto,
            field_limit: None,
            theme_overrides: Overrides::default(),
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it can't be read, is no JSON object, or sets something to what it can't be or that there
    /// isn't.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let told = |what: &str| format!("{}: {what}", path.display());
        let text = fs::read_to_string(path).map_err(|error: io::Error| told(&error.to_string()))?;
        let value = Value::parse(&text).map_err(|error| told(&error.to_string()))?;
        let Value::Object(entries) = value else {
            return Err(told("expected a JSON object"));
        };
        let mut config = Self::default();
        for (key, value) in &entries {
            config
                .set(key, value)
                .ok_or_else(|| told(&format!("expected {}", expected(key))))?;
        }
        Ok(config)
    }

    fn set(&mut self, key: &str, value: &Value) -> Option<()> {
        let truth = |place: &mut bool| match value {
            Value::Bool(value) => {
                *place = *value;
                Some(())
            }
            _ => None,
        };
        match key {
            "ignored_fields" => {
                let Value::Array(keys) = value else {
                    return None;
                };
                let keys = keys.iter().map(|key| key.as_str().map(ToOwned::to_owned));
                self.ignored_fields = keys.collect::<Option<_>>()?;
            }
            "human_readable" => truth(&mut self.human_readable)?,
            "utc_timestamps" => truth(&mut self.utc_timestamps)?,
            "ascii" => truth(&mut self.ascii)?,
            "colorize_tree" => truth(&mut self.colorize_tree)?,
            "color" => self.color = choice(value)?,
            "theme_name" => self.theme_name = choice(value)?,
            "field_limit" => self.field_limit = Some(usize::try_from(value.as_u64()?).ok()?),
            "theme_overrides" => self.theme_overrides = Overrides::read(value)?,
            // What --show-current-config prints besides.
            "print_current_config" => {}
            _ => return None,
        }
        Some(())
    }

    /// Writes the settings as `eliot-tree` does.
    pub(super) fn to_json(&self, is_current: bool) -> String {
        let fields = match self.ignored_fields.as_slice() {
            [] => "[]".to_owned(),
            fields => {
                let fields = fields.iter().map(|field| format!("    {}", quoted(field)));
                format!("[\n{}\n  ]", fields.collect::<Vec<_>>().join(",\n"))
            }
        };
        let entries = [
            ("ignored_fields", fields),
            ("human_readable", self.human_readable.to_string()),
            ("utc_timestamps", self.utc_timestamps.to_string()),
            ("color", name(self.color)),
            ("ascii", self.ascii.to_string()),
            ("colorize_tree", self.colorize_tree.to_string()),
            ("theme_name", name(self.theme_name)),
            ("field_limit", self.field_limit.unwrap_or(100).to_string()),
            ("print_current_config", is_current.to_string()),
        ];
        let overrides = self.theme_overrides.value.as_ref();
        let overrides = overrides.map(|value| ("theme_overrides", indented(value, 2)));
        let entries = entries.into_iter().chain(overrides);
        let entries = entries.map(|(key, value)| format!("  \"{key}\": {value}"));
        format!("{{\n{}\n}}", entries.collect::<Vec<_>>().join(",\n"))
    }
}

fn expected(key: &str) -> String {
    match key {
        "ignored_fields" => "ignored_fields to be a list of texts".to_owned(),
        "human_readable" | "utc_timestamps" | "ascii" | "colorize_tree" => {
            format!("{key} to be true or false")
        }
        "color" => format!("color to be {}", names::<When>()),
        "theme_name" => format!("theme_name to be {}", names::<Background>()),
        "field_limit" => "field_limit to be a number, 0 or greater".to_owned(),
        "theme_overrides" => overrides::EXPECTED.to_owned(),
        other => format!("no setting {other:?}"),
    }
}

fn choice<T: ValueEnum>(value: &Value) -> Option<T> {
    T::from_str(value.as_str()?, false).ok()
}

fn names<T: ValueEnum>() -> String {
    let names = T::value_variants().iter().cloned().map(name);
    names.collect::<Vec<_>>().join(", ")
}

fn name<T: ValueEnum>(value: T) -> String {
    let value = value.to_possible_value();
    quoted(value.as_ref().map_or("", |value| value.get_name()))
}

/// Writes a value as Python's `json.dumps` does with an indent of 2; its first line stands behind
/// `columns` spaces.
fn indented(value: &Value, columns: usize) -> String {
    let (open, close, items) = match value {
        Value::Null => return "null".to_owned(),
        Value::Bool(value) => return value.to_string(),
        Value::Number(number) => return number.to_string(),
        Value::String(text) => return quoted(text),
        Value::Array(items) => {
            let items = items.iter().map(|item| indented(item, columns + 2));
            ('[', ']', items.collect::<Vec<_>>())
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = indented(value, columns + 2);
                format!("{}: {value}", quoted(key))
            });
            ('{', '}', entries.collect())
        }
    };
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let (inner, outer) = (" ".repeat(columns + 2), " ".repeat(columns));
    let items = items.join(&format!(",\n{inner}"));
    format!("{open}\n{inner}{items}\n{outer}{close}")
}

/// Writes a text as Python's `json.dumps` does, in ASCII.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='\u{7f}' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
