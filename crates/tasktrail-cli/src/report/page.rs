//! Puts the page together.

use jiff::Timestamp;
use tasktrail_record::TaskId;

use super::data::Data;
use super::json::push_text;
use crate::input::Input;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Holds what the template has places for.
#[derive(Debug)]
pub(super) struct Page<'a> {
    data: &'a Data,
    /// The names of the logs.
    names: String,
    made: String,
    /// Only elements that name it may run or style: what is in a log can't know it.
    nonce: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(inputs: &[Input], data: &'a Data) -> Self {
        const NAMED: usize = 5;
        let mut names: Vec<String> = inputs.iter().take(NAMED).map(ToString::to_string).collect();
        if let more @ 1.. = inputs.len().saturating_sub(NAMED) {
            names.push(format!("{more} more"));
        }
        Self {
            data,
            names: names.join(", "),
            made: Timestamp::now()
                .strftime("%Y-%m-%d %H:%M:%S UTC")
                .to_string(),
            nonce: TaskId::random().to_string(),
        }
    }

    pub(super) fn text(&self) -> String {
        let known = TEMPLATE.len() + STYLE.len() + SCRIPT.len() + self.data.summaries.len();
        let mut text = String::with_capacity(known + self.data.trees.len() + 1024);
        for (place, part) in TEMPLATE.split("{{").enumerate() {
            // What is put in is not looked through again.
            match part.split_once("}}") {
                Some((name, rest)) if place > 0 => {
                    self.push(name, &mut text);
                    text.push_str(rest);
                }
                _ => text.push_str(part),
            }
        }
        text
    }

    fn push(&self, name: &str, out: &mut String) {
        match name {
            "title" => push_escaped(&format!("{} · tasktrail", self.names), out),
            "nonce" => out.push_str(&self.nonce),
            "style" => out.push_str(STYLE),
            "script" => out.push_str(SCRIPT),
            "about" => {
                out.push_str("{\"names\":");
                push_text(&self.names, out);
                out.push_str(",\"made\":");
                push_text(&self.made, out);
                out.push('}');
            }
            "summaries" => out.push_str(&self.data.summaries),
            "trees" => out.push_str(&self.data.trees),
            _ => {}
        }
    }
}

/// Adds a text that stands between tags.
fn push_escaped(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}
