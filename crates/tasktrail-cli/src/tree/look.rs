//! How trees look.

use std::env;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tasktrail_record::{Charset, Color, Drawing, Theme, Times};
use terminal_size::{Width, terminal_size_of};

use super::trail::Trail;

/// What the command line says about it.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of a command line"
)]
pub(super) struct Look {
    /// Draw as eliot-tree does, or a line for each action; trail if the output is a terminal,
    /// else eliot-tree
    #[arg(long, value_enum, value_name = "LAYOUT", help_heading = "Look")]
    layout: Option<Layout>,

    /// In the layout trail, draw all messages and actions, however many of one name there are
    #[arg(long, help_heading = "Look")]
    all: bool,

    /// In the layout trail, draw so many messages or actions of one name before others are only
    /// counted
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 20,
        help_heading = "Look"
    )]
    siblings: usize,

    /// Draw the lines with |, + and -
    #[arg(long, help_heading = "Look")]
    ascii: bool,

    /// Draw in colours; auto: if the output is a terminal and NO_COLOR is not set
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Look"
    )]
    color: When,

    /// Draw the lines of the tree without colours
    #[arg(long, help_heading = "Look")]
    no_color_tree: bool,

    /// Take colours for this background; auto: as COLORFGBG says, or else dark
    #[arg(
        long,
        value_enum,
        value_name = "THEME",
        default_value = "auto",
        help_heading = "Look"
    )]
    theme: Background,

    /// Draw so many characters of each value, of its first line; 0: all of it [default: 100, in
    /// the layout trail 40]
    #[arg(short = 'l', long, value_name = "LENGTH", help_heading = "Look")]
    field_limit: Option<usize>,

    /// Leave out this key of messages, once or more; without it, what their names tell already
    /// is left out: action_type, action_status, message_type
    #[arg(short, long, value_name = "KEY", help_heading = "Look")]
    ignore_task_key: Vec<String>,

    /// Draw times and durations as the numbers that the lines have
    #[arg(long, help_heading = "Look")]
    raw: bool,

    /// Draw times as the clock here shows them
    #[arg(long, help_heading = "Look")]
    local_timezone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Layout {
    /// What eliot-tree draws, byte for byte
    EliotTree,
    /// A line for each action, with a bar for its duration
    Trail,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Background {
    Auto,
    Dark,
    Light,
}

impl Look {
    pub(super) fn layout(&self, is_terminal: bool) -> Layout {
        self.layout.unwrap_or(match is_terminal {
            true => Layout::Trail,
            false => Layout::EliotTree,
        })
    }

    /// Gives the pen of the layout `eliot-tree`.
    pub(super) fn drawing(&self, is_terminal: bool) -> Drawing {
        let drawing = Drawing::new()
            .charset(self.charset())
            .color(match (self.is_colored(is_terminal), self.no_color_tree) {
                (false, _) => Color::Never,
                (true, false) => Color::Always,
                (true, true) => Color::Texts,
            })
            .theme(self.theme())
            .times(self.times())
            .field_limit(self.field_limit.unwrap_or(100));
        match self.ignore_task_key.as_slice() {
            [] => drawing,
            keys => drawing.ignored_keys(keys),
        }
    }

    /// Gives the pen of the layout `trail`.
    pub(super) fn trail(&self, is_terminal: bool) -> Trail {
        Trail {
            charset: self.charset(),
            is_colored: self.is_colored(is_terminal),
            has_colored_lines: !self.no_color_tree,
            times: self.times(),
            field_limit: match self.field_limit {
                None => 40,
                Some(0) => usize::MAX,
                Some(limit) => limit,
            },
            ignored: self.ignore_task_key.iter().cloned().collect(),
            siblings: match self.all {
                true => usize::MAX,
                false => self.siblings,
            },
            width: width(),
        }
    }

    fn charset(&self) -> Charset {
        match self.ascii {
            true => Charset::Ascii,
            false => Charset::Unicode,
        }
    }

    fn is_colored(&self, is_terminal: bool) -> bool {
        let no_color = || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.color {
            When::Auto => is_terminal && !no_color(),
            When::Always => true,
            When::Never => false,
        }
    }

    fn theme(&self) -> Theme {
        match self.theme {
            Background::Dark => Theme::Dark,
            Background::Light => Theme::Light,
            Background::Auto => background().unwrap_or_default(),
        }
    }

    fn times(&self) -> Times {
        match (self.raw, self.local_timezone) {
            (true, _) => Times::Raw,
            (false, true) => Times::Local(local_offset),
            (false, false) => Times::Utc,
        }
    }
}

/// Gives the background that some terminals tell, as the last of the colours in `COLORFGBG`.
fn background() -> Option<Theme> {
    let colors = env::var("COLORFGBG").ok()?;
    let background: i64 = colors.split(';').next_back()?.trim().parse().ok()?;
    Some(match background {
        0..=6 | 8 => Theme::Dark,
        _ => Theme::Light,
    })
}

/// Gives how many seconds the clock here is ahead of UTC.
fn local_offset(seconds: i64) -> i32 {
    let moment = Timestamp::from_second(seconds);
    moment.map_or(0, |moment| TimeZone::system().to_offset(moment).seconds())
}

/// Gives the number of columns: of `COLUMNS`, or else of the terminal, or else 100.
fn width() -> usize {
    let set = env::var("COLUMNS").ok();
    let set = set.and_then(|columns| columns.parse().ok());
    let of_terminal = || {
        let (Width(columns), _) = terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns))
    };
    set.filter(|columns| *columns > 0)
        .or_else(|| of_terminal().filter(|columns| *columns > 0))
        .unwrap_or(100)
}
