//! Writes a record in another schema than that of its line.

mod apart;
mod failure;
mod loss;
mod moment;
mod parts;
mod python;
mod said;
mod told;
mod values;

pub use loss::Loss;

use super::Record;
use crate::Schema;

impl Record {
    /// Adds the line of the record to `out` in any schema, with its `\n`, and gives what that
    /// schema can't carry, each kind once.
    ///
    /// The line has the keys of the schema for what the record tells, and those without which it
    /// would not be taken for a line of the schema. Fields have the names that
    /// [`Schema::field_name`] gives them there; an underscore that the schema of the record had
    /// added is taken away: [`Schema::given_name`]. Times are in
    /// microseconds, or as far as their digits go beyond.
    ///
    /// ```
    /// use tasktrail_record::{Loss, Record, Schema};
    ///
    /// let line = br#"{"paid":true,"log_level":"INFO","timestamp":1700000000.25,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2,1],"message_type":"sent"}"#;
    /// let mut out = Vec::new();
    /// let losses = Record::parse(line)?.write_as(Schema::Gelf, &mut out);
    /// assert_eq!(
    ///     String::from_utf8_lossy(&out),
    ///     "{\"version\":\"1.1\",\"host\":\"unknown\",\"short_message\":\"sent\",\
    ///      \"timestamp\":1700000000.250000,\"level\":6,\
    ///      \"_task_uuid\":\"192f76ea-915e-4131-95dc-da28c6bcdbb5\",\"_task_level\":\"/2/1\",\
    ///      \"_paid\":\"true\"}\n"
    /// );
    /// assert_eq!(losses, [Loss::Value]);
    /// # Ok::<(), tasktrail_record::ParseRecordError>(())
    /// ```
    pub fn write_as(&self, schema: Schema, out: &mut Vec<u8>) -> Vec<Loss> {
        let mut losses = Vec::new();
        if self.repeated_keys() > 0 {
            losses.push(Loss::RepeatedKey);
        }
        if schema == self.schema {
            let mut all = self.attributes.iter().chain(&self.fields);
            if all.any(|(_, value)| values::any(value, &values::is_not_finite)) {
                losses.push(Loss::NotANumber);
            }
            self.write(out);
        } else {
            let said = said::Said::of(self, &mut losses);
            told::record(said, schema, &mut losses).write(out);
        }
        losses.sort_unstable();
        losses.dedup();
        losses
    }
}
