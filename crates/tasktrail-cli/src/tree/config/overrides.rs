//! The colours that a file of `eliot-tree` sets for parts of a tree.

use tasktrail_record::json::Value;
use tasktrail_record::{Drawing, Part};

/// What is written around each part that was named.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::tree) struct Overrides {
    parts: Vec<(Part, [String; 2])>,
    /// As the file has it.
    pub(super) value: Option<Value>,
}

pub(super) const EXPECTED: &str = "theme_overrides to give parts of a tree, such as \"root\", a list of a colour, \
     a colour behind it, and a list of such as \"bold\"; a colour is null, a name, \
     or a number from 0 to 255";

impl Overrides {
    /// Reads `{"root": ["red", null, ["bold"]]}`; `None` if that is something else.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let Value::Object(entries) = value else {
            return None;
        };
        let mut parts = Vec::new();
        for (name, colors) in entries {
            let Value::Array(colors) = colors else {
                return None;
            };
            let around = around(colors)?;
            // A traceback is never drawn here.
            if name != "error" {
                parts.push((part(name)?, around));
            }
        }
        Some(Self {
            parts,
            value: Some(value.clone()),
        })
    }

    pub(in crate::tree) fn apply(&self, drawing: Drawing) -> Drawing {
        let parts = self.parts.iter();
        parts.fold(drawing, |drawing, (part, [before, after])| {
            drawing.part(*part, before, after)
        })
    }
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "root" => Part::Task,
        "parent" => Part::Name,
        "task_level" => Part::Level,
        "status_success" => Part::Succeeded,
        "status_failure" => Part::Failed,
        "timestamp" => Part::Time,
        "prop_key" => Part::Key,
        "prop_value" => Part::Value,
        "duration" => Part::Duration,
        "tree_failed" => Part::FailedLines,
        "tree_color0" => Part::FirstLines,
        "tree_color1" => Part::SecondLines,
        "tree_color2" => Part::ThirdLines,
        _ => return None,
    })
}

/// Gives what stands before a text and after it: as eliot-tree has it, the colours before, and all
/// else after.
fn around(colors: &[Value]) -> Option<[String; 2]> {
    let (text, behind, attributes) = match colors {
        [text] => (text, &Value::Null, &Value::Null),
        [text, behind] => (text, behind, &Value::Null),
        [text, behind, attributes] => (text, behind, attributes),
        _ => return None,
    };
    let before = color(38, text)? + &color(48, behind)?;
    let attributes = match attributes {
        Value::Null => &[][..],
        Value::Array(attributes) => attributes,
        _ => return None,
    };
    let attributes: Option<String> = attributes.iter().map(attribute).collect();
    Some([before, attributes? + "\x1b[0m"])
}

fn color(kind: u8, color: &Value) -> Option<String> {
    if *color == Value::Null {
        return Some(String::new());
    }
    let name = word(color)?;
    let number = match name.parse::<u8>() {
        Ok(number) if number.to_string() == name => usize::from(number),
        _ if name.starts_with('#') => (0..256).find(|number| hexadecimal(*number) == name)?,
        _ => NAMES.split(' ').position(|known| known == name)?,
    };
    Some(format!("\x1b[{kind};5;{number}m"))
}

fn attribute(attribute: &Value) -> Option<String> {
    let word = word(attribute)?;
    let known = ATTRIBUTES.iter().find(|(number, names)| {
        number.to_string() == word || names.split(' ').any(|name| name == word)
    });
    known.map(|(number, _)| format!("\x1b[{number}m"))
}

/// Gives a text, or the text of a number, without its case.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

const ATTRIBUTES: [(u8, &str); 16] = [
    (0, "reset"),
    (1, "bold"),
    (2, "dim"),
    (3, "italic"),
    (4, "underlined underline"),
    (5, "blink"),
    (7, "reverse"),
    (8, "hidden"),
    (9, "strikeout"),
    (21, "res_bold"),
    (22, "res_dim"),
    (24, "res_underlined res_underline"),
    (25, "res_blink"),
    (27, "res_reverse"),
    (28, "res_hidden"),
    (59, "res_underline_color"),
];

/// Gives the colour of a number as `#rrggbb`: 16 of their own, a cube of six steps for each of
/// red, green and blue, and a ramp of greys.
fn hexadecimal(number: usize) -> String {
    const FIRST: [&str; 17] = [
        "#000000", "#800000", "#008000", "#808000", "#000080", "#800080", "#008080", "#c0c0c0",
        "#808080", "#ff0000", "#00ff00", "#ffff00", "#0000ff", "#ff00ff", "#00ffff", "#ffffff",
        // The cube's black, by the name under which eliot-tree finds it.
        "#000033",
    ];
    let step = |step: usize| if step == 0 { 0 } else { 55 + 40 * step };
    if let Some(first) = FIRST.get(number) {
        return (*first).to_owned();
    }
    let [red, green, blue] = match number {
        232.. => [8 + 10 * (number - 232); 3],
        _ => {
            let place = number - 16;
            [place / 36, place / 6 % 6, place % 6].map(step)
        }
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The names of the colours from 0 to 255, those of the Python package `colored`.
#[rustfmt::skip]
const NAMES: &str = "\
    black red green yellow blue magenta cyan light_gray dark_gray light_red light_green \
    light_yellow light_blue light_magenta light_cyan white grey_0 navy_blue dark_blue blue_3a \
    blue_3b blue_1 dark_green deep_sky_blue_4a deep_sky_blue_4b deep_sky_blue_4c dodger_blue_3 \
    dodger_blue_2 green_4 spring_green_4 turquoise_4 deep_sky_blue_3a deep_sky_blue_3b \
    dodger_blue_1 green_3a spring_green_3a dark_cyan light_sea_green deep_sky_blue_2 \
    deep_sky_blue_1 green_3b spring_green_3b spring_green_2a cyan_3 dark_turquoise turquoise_2 \
    green_1 spring_green_2b spring_green_1 medium_spring_green cyan_2 cyan_1 dark_red_1 \
    deep_pink_4a purple_4a purple_4b purple_3 blue_violet orange_4a grey_37 medium_purple_4 \
    slate_blue_3a slate_blue_3b royal_blue_1 chartreuse_4 dark_sea_green_4a pale_turquoise_4 \
    steel_blue steel_blue_3 cornflower_blue chartreuse_3a dark_sea_green_4b cadet_blue_2 \
    cadet_blue_1 sky_blue_3 steel_blue_1a chartreuse_3b pale_green_3a sea_green_3 aquamarine_3 \
    medium_turquoise steel_blue_1b chartreuse_2a sea_green_2 sea_green_1a sea_green_1b \
    aquamarine_1a dark_slate_gray_2 dark_red_2 deep_pink_4b dark_magenta_1 dark_magenta_2 \
    dark_violet_1a purple_1a orange_4b light_pink_4 plum_4 medium_purple_3a medium_purple_3b \
    slate_blue_1 yellow_4a wheat_4 grey_53 light_slate_grey medium_purple light_slate_blue \
    yellow_4b dark_olive_green_3a dark_green_sea light_sky_blue_3a light_sky_blue_3b sky_blue_2 \
    chartreuse_2b dark_olive_green_3b pale_green_3b dark_sea_green_3a dark_slate_gray_3 sky_blue_1 \
    chartreuse_1 light_green_2 light_green_3 pale_green_1a aquamarine_1b dark_slate_gray_1 red_3a \
    deep_pink_4c medium_violet_red magenta_3a dark_violet_1b purple_1b dark_orange_3a \
    indian_red_1a hot_pink_3a medium_orchid_3 medium_orchid medium_purple_2a dark_goldenrod \
    light_salmon_3a rosy_brown grey_63 medium_purple_2b medium_purple_1 gold_3a dark_khaki \
    navajo_white_3 grey_69 light_steel_blue_3 light_steel_blue yellow_3a dark_olive_green_3 \
    dark_sea_green_3b dark_sea_green_2 light_cyan_3 light_sky_blue_1 green_yellow \
    dark_olive_green_2 pale_green_1b dark_sea_green_5b dark_sea_green_5a pale_turquoise_1 red_3b \
    deep_pink_3a deep_pink_3b magenta_3b magenta_3c magenta_2a dark_orange_3b indian_red_1b \
    hot_pink_3b hot_pink_2 orchid medium_orchid_1a orange_3 light_salmon_3b light_pink_3 pink_3 \
    plum_3 violet gold_3b light_goldenrod_3 tan misty_rose_3 thistle_3 plum_2 yellow_3b khaki_3 \
    light_goldenrod_2a light_yellow_3 grey_84 light_steel_blue_1 yellow_2 dark_olive_green_1a \
    dark_olive_green_1b dark_sea_green_1 honeydew_2 light_cyan_1 red_1 deep_pink_2 deep_pink_1a \
    deep_pink_1b magenta_2b magenta_1 orange_red_1 indian_red_1c indian_red_1d hot_pink_1a \
    hot_pink_1b medium_orchid_1b dark_orange salmon_1 light_coral pale_violet_red_1 orchid_2 \
    orchid_1 orange_1 sandy_brown light_salmon_1 light_pink_1 pink_1 plum_1 gold_1 \
    light_goldenrod_2b light_goldenrod_2c navajo_white_1 misty_rose1 thistle_1 yellow_1 \
    light_goldenrod_1 khaki_1 wheat_1 cornsilk_1 grey_100 grey_3 grey_7 grey_11 grey_15 grey_19 \
    grey_23 grey_27 grey_30 grey_35 grey_39 grey_42 grey_46 grey_50 grey_54 grey_58 grey_62 \
    grey_66 grey_70 grey_74 grey_78 grey_82 grey_85 grey_89 grey_93";
