//! What a log record is on paper: where it stands in its task, and how it is written and read.
//!
//! A [`Position`] is a [`TaskId`] and a [`TaskLevel`]: the identity of one message, unique in the
//! world.
//!
//! ```
//! use tasktrail_record::{Position, TaskLevel};
//!
//! let text = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2/1";
//! let position: Position = text.parse()?;
//! assert_eq!(position.level(), &TaskLevel::root().child(3).child(2).child(1));
//! assert_eq!(position.to_string(), text);
//! # Ok::<(), tasktrail_record::ParsePositionError>(())
//! ```
#![forbid(unsafe_code)]

mod audit;
pub mod encode;
pub mod json;
mod position;
mod record;
mod records;
mod schema;
mod task_id;
mod task_level;
mod time_format;
mod timestamp;
mod tree;

pub use audit::{Audit, Finding, FindingKind, OpenTask, Report, Seen};
pub use position::{ParsePositionError, Position};
pub use record::{EndStatus, Glance, GlanceKind, Kind, Loss, ParseRecordError, Record, TaskName};
pub use records::{LineError, LineProblem, Records};
pub use schema::{
    EncodedProcess, Failure, Line, LineBuffer, LineKind, OpenSpans, ParseSchemaError, Place,
    Process, Schema, Severity, Site,
};
pub use task_id::{ParseTaskIdError, TaskId};
pub use task_level::{ParseTaskLevelError, TaskLevel};
pub use time_format::TimeFormat;
pub use timestamp::Timestamp;
pub use tree::{
    Action, AddRecordError, Charset, Color, Drawing, Inherited, Node, Part, Theme, Times, Tree,
    Trees,
};
