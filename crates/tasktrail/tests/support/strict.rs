//! Reads JSON as strictly as a suspicious reader would: no name twice in one object, at any depth.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one line, an object.
pub(crate) fn object(line: &str) -> Map<String, Value> {
    let strict =
        serde_json::from_str::<Strict>(line).unwrap_or_else(|error| panic!("{error} in {line}"));
    let lenient: Value = serde_json::from_str(line).unwrap();
    assert_eq!(strict.value, lenient, "two readers differ on {line}");
    match strict.value {
        Value::Object(object) => object,
        other => panic!("expected an object, found {other}"),
    }
}

/// Gives the names in a line, in their order.
pub(crate) fn keys(line: &str) -> Vec<String> {
    serde_json::from_str::<Strict>(line).unwrap().keys
}

/// A value, with the names of the object that it is in the order in which they stand.
struct Strict {
    value: Value,
    keys: Vec<String>,
}

impl From<Value> for Strict {
    fn from(value: Value) -> Self {
        let keys = Vec::new();
        Self { value, keys }
    }
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without a name twice")
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Value::Null.into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
        Ok(Value::from(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
        Ok(Value::from(value).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Strict, E> {
        Ok(Value::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Strict, E> {
        Ok(Value::from(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
        Ok(Value::from(value).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element::<Strict>()? {
            array.push(item.value);
        }
        Ok(Value::from(array).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
        let (mut object, mut keys) = (Map::new(), Vec::new());
        while let Some((name, member)) = members.next_entry::<String, Strict>()? {
            if object.insert(name.clone(), member.value).is_some() {
                return Err(A::Error::custom(format!("{name:?} stands there twice")));
            }
            keys.push(name);
        }
        let value = Value::Object(object);
        Ok(Strict { value, keys })
    }
}
