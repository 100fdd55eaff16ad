//! Puts the page together.

use std::io::{self, Write};

use jiff::Timestamp;
use tasktrail_record::TaskId;

use super::data::Data;
use super::json::push_text;
use crate::input::Input;

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");

/// The parts of the one script, in the order in which they build upon each other.
const SCRIPTS: [&str; 7] = [
    include_str!("page/text.js"),
    include_str!("page/rows.js"),
    include_str!("page/tasks.js"),
    include_str!("page/tree.js"),
    include_str!("page/zoom.js"),
    include_str!("page/details.js"),
    include_str!("page/main.js"),
];

/// Holds what the template has places for.
#[derive(Debug)]
pub(super) struct Page<'a> {
    data: &'a Data,
    /// The names of the logs.
    names: String,
    /// In seconds since 1970-01-01T00:00:00Z.
    made: i64,
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
            made: Timestamp::now().as_second(),
            nonce: TaskId::random().to_string(),
        }
    }

    /// Writes it, and gives its size in bytes. The data are not copied once more for that.
    ///
    /// # Errors
    ///
    /// Those of the destination.
    pub(super) fn write(&self, destination: &mut dyn Write) -> io::Result<usize> {
        let mut bytes = 0;
        let mut put = |text: &str| {
            bytes += text.len();
            destination.write_all(text.as_bytes())
        };
        for (place, part) in TEMPLATE.split("{{").enumerate() {
            // What is put in is not looked through again.
            match part.split_once("}}") {
                Some((name, rest)) if place > 0 => {
                    self.put(name, &mut put)?;
                    put(rest)?;
                }
                _ => put(part)?,
            }
        }
        Ok(bytes)
    }

    fn put(&self, name: &str, put: &mut impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        match name {
            "title" => put(&escaped(&format!("{} · tasktrail", self.names))),
            "nonce" => put(&self.nonce),
            "style" => put(STYLE),
            "script" => {
                put("\"use strict\";\n(() => {\n")?;
                SCRIPTS.into_iter().try_for_each(&mut *put)?;
                put("})();\n")
            }
            "about" => put(&self.about()),
            "summaries" => put(&self.data.summaries),
            "trees" => put(&self.data.trees),
            _ => Ok(()),
        }
    }

    fn about(&self) -> String {
        let mut about = "{\"names\":".to_owned();
        push_text(&self.names, &mut about);
        about + &format!(",\"made\":{}}}", self.made)
    }
}

/// Gives a text as it stands between tags.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Gives the colours of the first rule that begins so.
    fn colours(rule: &str) -> HashMap<&'static str, [f64; 3]> {
        let (_, rest) = STYLE.split_once(rule).unwrap();
        let (rule, _) = rest.split_once('}').unwrap();
        let pairs = rule.split(';').filter_map(|pair| pair.split_once(": #"));
        pairs
            .map(|(name, digits)| {
                let part = |place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
                let parts = [0, 2, 4].map(|place| f64::from(part(place)) / 255.0);
                (name.trim().trim_start_matches("--"), parts)
            })
            .collect()
    }

    /// Gives the contrast of two colours as WCAG 2.2 defines it.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let luminance = |colour: [f64; 3]| {
            let [red, green, blue] = colour.map(|part| match part <= 0.04045 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn texts_and_bars_stand_out_as_wcag_asks_for() {
        for theme in [":root {", ":root[data-theme=\"dark\"] {"] {
            let colours = colours(theme);
            let texts = ["text", "soft", "accent", "failed", "open", "good"];
            let things = ["bar", "failed-bar", "open-bar"];
            for ground in ["page", "panel", "raised", "chosen", "hit", "failed-back"] {
                for text in texts {
                    let found = contrast(colours[text], colours[ground]);
                    assert!(found >= 4.5, "{theme} {text} on {ground}: {found:.2}");
                }
                for thing in things {
                    let found = contrast(colours[thing], colours[ground]);
                    assert!(found >= 3.0, "{theme} {thing} on {ground}: {found:.2}");
                }
            }
            for ground in ["page", "panel", "raised"] {
                let found = contrast(colours["edge"], colours[ground]);
                assert!(found >= 3.0, "{theme} edge on {ground}: {found:.2}");
            }
        }
    }
}
