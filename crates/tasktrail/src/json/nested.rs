//! Writes values of the `valuable` crate as JSON.

use std::collections::BTreeSet;

use tasktrail_record::encode;
use valuable::{Enumerable, NamedValues, Slice, Valuable, Value, Visit};

/// How deep values may stand in each other: little enough for each reader, and for the stack.
const DEEPEST: usize = 64;

/// What stands for a value that is deeper than that.
const TOO_DEEP: &str = "<deeper than 64 values>";

/// Writes a value as JSON. Its code is the user's, and may panic.
pub(super) fn write(value: Value<'_>, out: &mut Vec<u8>) {
    write_at(value, 0, out);
}

fn write_at(value: Value<'_>, depth: usize, out: &mut Vec<u8>) {
    match value {
        Value::Bool(value) => encode::boolean(value, out),
        Value::Char(value) => encode::string(value.encode_utf8(&mut [0; 4]), out),
        Value::F32(value) => encode::float(value.into(), out),
        Value::F64(value) => encode::float(value, out),
        Value::I8(value) => encode::integer(value, out),
        Value::I16(value) => encode::integer(value, out),
        Value::I32(value) => encode::integer(value, out),
        Value::I64(value) => encode::integer(value, out),
        Value::I128(value) => encode::wide(value, out),
        Value::Isize(value) => encode::integer(value, out),
        Value::U8(value) => encode::integer(value, out),
        Value::U16(value) => encode::integer(value, out),
        Value::U32(value) => encode::integer(value, out),
        Value::U64(value) => encode::integer(value, out),
        Value::U128(value) => encode::wide_unsigned(value, out),
        Value::Usize(value) => encode::integer(value, out),
        Value::String(text) => encode::string(text, out),
        Value::Path(path) => encode::string(&path.to_string_lossy(), out),
        Value::Error(error) => encode::string(&error.to_string(), out),
        Value::Unit => out.extend_from_slice(b"null"),
        _ if depth == DEEPEST => encode::string(TOO_DEEP, out),
        Value::Listable(list) => {
            array(list, depth, out);
        }
        Value::Tuplable(tuple) => {
            array(tuple, depth, out);
        }
        Value::Mappable(map) => object(map, depth, out),
        Value::Structable(of) if of.definition().fields().is_named() => {
            object(of, depth, out);
        }
        Value::Structable(of) => {
            array(of, depth, out);
        }
        Value::Enumerable(of) => variant(of, depth, out),
        other => encode::string(&format!("{other:?}"), out),
    }
}

/// Writes an array, and gives the number of its values.
fn array(of: &dyn Valuable, depth: usize, out: &mut Vec<u8>) -> usize {
    out.push(b'[');
    let mut items = Items {
        depth,
        count: 0,
        out,
    };
    of.visit(&mut items);
    let count = items.count;
    close(b']', out);
    count
}

fn object(of: &dyn Valuable, depth: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    of.visit(&mut Members {
        depth,
        names: BTreeSet::new(),
        out,
    });
    close(b'}', out);
}

/// Writes `"Name"`, `{"Name":[...]}` or `{"Name":{...}}`, as `serde` does by default; `{"Name":value}`
/// for one value without a name.
fn variant(of: &dyn Enumerable, depth: usize, out: &mut Vec<u8>) {
    let variant = of.variant();
    let fields = variant.fields();
    if fields.is_unnamed() && fields.is_empty() {
        return encode::string(variant.name(), out);
    }
    out.push(b'{');
    encode::string(variant.name(), out);
    out.push(b':');
    if fields.is_named() {
        object(of, depth, out);
    } else {
        let start = out.len();
        // What one value is, is told without brackets; the definition may be wrong about it.
        if array(of, depth, out) == 1 {
            out.remove(start);
            out.pop();
        }
    }
    out.push(b'}');
}

/// Ends an array or an object after its last member, whose comma goes.
fn close(end: u8, out: &mut Vec<u8>) {
    if out.ends_with(b",") {
        out.pop();
    }
    out.push(end);
}

/// Writes each value that it visits, with a comma.
struct Items<'a> {
    depth: usize,
    count: usize,
    out: &'a mut Vec<u8>,
}

impl Visit for Items<'_> {
    fn visit_value(&mut self, value: Value<'_>) {
        write_at(value, self.depth + 1, self.out);
        self.out.push(b',');
        self.count += 1;
    }

    fn visit_unnamed_fields(&mut self, values: &[Value<'_>]) {
        values.iter().for_each(|value| self.visit_value(*value));
    }

    fn visit_named_fields(&mut self, values: &NamedValues<'_>) {
        values
            .iter()
            .for_each(|(_, value)| self.visit_value(*value));
    }

    fn visit_primitive_slice(&mut self, slice: Slice<'_>) {
        slice.iter().for_each(|value| self.visit_value(value));
    }

    fn visit_entry(&mut self, _: Value<'_>, value: Value<'_>) {
        self.visit_value(value);
    }
}

/// Writes each value that has a name, with a comma, and no name twice.
struct Members<'a> {
    depth: usize,
    names: BTreeSet<String>,
    out: &'a mut Vec<u8>,
}

impl Members<'_> {
    fn member(&mut self, mut name: String, value: Value<'_>) {
        // Keys that differ may be one text: 1 and "1".
        while self.names.contains(&name) {
            name.push('_');
        }
        encode::string(&name, self.out);
        self.names.insert(name);
        self.out.push(b':');
        write_at(value, self.depth + 1, self.out);
        self.out.push(b',');
    }
}

impl Visit for Members<'_> {
    /// A value without a name has no place here.
    fn visit_value(&mut self, _: Value<'_>) {}

    fn visit_named_fields(&mut self, values: &NamedValues<'_>) {
        for (field, value) in values {
            self.member(field.name().to_owned(), *value);
        }
    }

    fn visit_entry(&mut self, key: Value<'_>, value: Value<'_>) {
        let name = match key {
            Value::String(text) => text.to_owned(),
            Value::Char(character) => character.to_string(),
            Value::Path(path) => path.to_string_lossy().into_owned(),
            // The name of a variant, or the JSON of anything else.
            other => {
                let mut json = Vec::new();
                write_at(other, self.depth + 1, &mut json);
                let json = String::from_utf8_lossy(&json);
                let text = json
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'));
                text.unwrap_or(&json).to_owned()
            }
        };
        self.member(name, value);
    }
}
