//! Reads and writes the lines of the schemas that have a [`Shape`](crate::schema::shape::Shape).

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
