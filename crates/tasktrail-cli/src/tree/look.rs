//! How trees look.

use std::path::PathBuf;
use std::{env, io};

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tasktrail_record::{Charset, Color, Drawing, Theme, Times, Tree};
use terminal_size::{Width, terminal_size_of};

use super::config::Config;
use super::trail::Trail;

/// What the command line says about it.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of a command line"
)]
pub(crate) struct Look {
    /// Draw as eliot-tree does, or a line for each action; trail if the output is a terminal,
    /// else eliot-tree
    #[arg(long, value_enum, value_name = "LAYOUT", help_heading = "Look")]
    layout: Option<Layout>,

    /// In the layout trail, draw all messages and actions, however many of one name there are
    #[arg(long, conflicts_with = "siblings", help_heading = "Look")]
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

    /// Draw in colours; auto: if the output is a terminal and NO_COLOR is not set [default: auto]
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Look")]
    color: Option<When>,

    /// Draw the lines of the tree without colours
    #[arg(long, help_heading = "Look")]
    no_color_tree: bool,

    /// Take colours for this background; auto: as COLORFGBG says, or else dark [default: auto]
    #[arg(long, value_enum, value_name = "THEME", help_heading = "Look")]
    theme: Option<Background>,

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

    /// Take from a file of eliot-tree what no flag says
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Look")]
    config: Option<PathBuf>,

    /// Print the defaults, as such a file, and end
    #[arg(long, help_heading = "Look")]
    show_default_config: bool,

    /// Print what --config and the flags come to, as such a file, and end
    #[arg(long, help_heading = "Look")]
    show_current_config: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Layout {
    /// What eliot-tree draws, byte for byte
    EliotTree,
    /// A line for each action, with a bar for its duration
    Trail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Always,
    Auto,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Background {
    Auto,
    Dark,
    Light,
}

impl Look {
    /// Gives what is to be printed in place of trees, if that was asked for.
    ///
    /// # Errors
    ///
    /// If the file of `--config` is no good.
    pub(crate) fn shown_config(&self) -> Result<Option<String>, String> {
        if self.show_default_config {
            return Ok(Some(Config::default().to_json(false)));
        }
        let config = self.config()?;
        Ok(self.show_current_config.then(|| config.to_json(true)))
    }

    /// Gives what draws trees.
    ///
    /// # Errors
    ///
    /// If the file of `--config` is no good.
    pub(crate) fn pen(&self, is_terminal: bool) -> Result<Pen, String> {
        let config = self.config()?;
        let layout = self.layout.unwrap_or(match is_terminal {
            true => Layout::Trail,
            false => Layout::EliotTree,
        });
        let is_colored = is_colored(config.color, is_terminal);
        Ok(match layout {
            Layout::EliotTree => Pen::EliotTree(drawing(&config, is_colored)),
            Layout::Trail => Pen::Trail(self.trail(config, is_colored)),
        })
    }

    /// Joins the file and the flags, which count more.
    fn config(&self) -> Result<Config, String> {
        let mut config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        config
            .ignored_fields
            .extend_from_slice(&self.ignore_task_key);
        config.human_readable &= !self.raw;
        config.utc_timestamps &= !self.local_timezone;
        config.color = self.color.unwrap_or(config.color);
        config.ascii |= self.ascii;
        config.colorize_tree &= !self.no_color_tree;
        config.theme_name = self.theme.unwrap_or(config.theme_name);
        config.field_limit = self.field_limit.or(config.field_limit);
        Ok(config)
    }

    fn trail(&self, config: Config, is_colored: bool) -> Trail {
        Trail {
            charset: charset(&config),
            is_colored,
            has_colored_lines: config.colorize_tree,
            times: times(&config),
            field_limit: match config.field_limit {
                None => 40,
                Some(0) => usize::MAX,
                Some(limit) => limit,
            },
            ignored: config.ignored_fields.into_iter().collect(),
            siblings: match self.all {
                true => usize::MAX,
                false => self.siblings,
            },
            width: width(),
        }
    }
}

/// Draws in one of the layouts.
#[derive(Debug)]
pub(crate) enum Pen {
    EliotTree(Drawing),
    Trail(Trail),
}

impl Pen {
    /// Draws one task and the empty line after it.
    ///
    /// # Errors
    ///
    /// If the destination fails.
    pub(crate) fn draw(&self, tree: &Tree, destination: &mut impl io::Write) -> io::Result<()> {
        match self {
            Self::EliotTree(drawing) => drawing.draw(tree, destination),
            Self::Trail(trail) => trail.draw(tree, destination),
        }
    }
}

fn drawing(config: &Config, is_colored: bool) -> Drawing {
    let drawing = Drawing::new()
        .charset(charset(config))
        .color(match (is_colored, config.colorize_tree) {
            (false, _) => Color::Never,
            (true, true) => Color::Always,
            (true, false) => Color::Texts,
        })
        .theme(match config.theme_name {
            Background::Dark => Theme::Dark,
            Background::Light => Theme::Light,
            Background::Auto => background().unwrap_or_default(),
        })
        .times(times(config))
        .field_limit(config.field_limit.unwrap_or(100));
    let drawing = config.theme_overrides.apply(drawing);
    match config.ignored_fields.as_slice() {
        [] => drawing,
        keys => drawing.ignored_keys(keys),
    }
}

fn charset(config: &Config) -> Charset {
    match config.ascii {
        true => Charset::Ascii,
        false => Charset::Unicode,
    }
}

fn times(config: &Config) -> Times {
    match (config.human_readable, config.utc_timestamps) {
        (false, _) => Times::Raw,
        (true, true) => Times::Utc,
        (true, false) => Times::Local(local_offset),
    }
}

/// Tells whether there are colours, as [NO_COLOR](https://no-color.org) and
/// [CLICOLOR_FORCE](https://bixense.com/clicolors/) say if nobody else does.
pub(crate) fn is_colored(when: When, is_terminal: bool) -> bool {
    let is_set = |name, nothing| env::var_os(name).is_some_and(|value| value != nothing);
    match when {
        When::Auto if is_set("NO_COLOR", "") => false,
        When::Auto => {
            is_terminal || (is_set("CLICOLOR_FORCE", "") && is_set("CLICOLOR_FORCE", "0"))
        }
        When::Always => true,
        When::Never => false,
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
pub(crate) fn local_offset(seconds: i64) -> i32 {
    let moment = Timestamp::from_second(seconds);
    moment.map_or(0, |moment| TimeZone::system().to_offset(moment).seconds())
}

/// Gives the number of columns: of `COLUMNS`, or else of the terminal, or else 100.
pub(crate) fn width() -> usize {
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
