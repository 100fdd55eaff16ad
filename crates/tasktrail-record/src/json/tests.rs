use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Value {
    Value::parse(text).unwrap()
}

fn error(text: &str) -> String {
    Value::parse(text).unwrap_err().to_string()
}

fn written(text: &str) -> String {
    match read(text) {
        Value::Number(number) => number.to_string(),
        other => panic!("{other:?} is no number"),
    }
}

#[test]
fn numbers_keep_their_text() {
    for text in [
        "0",
        "-0",
        "7",
        "-7",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "1.50",
        "-0.0",
        "1E+05",
        "1e400",
        "NaN",
        "Infinity",
        "-Infinity",
    ] {
        assert_eq!(written(text), text);
    }
}

#[test]
fn numbers_have_the_value_of_their_text() {
    for (text, value) in [
        ("18446744073709551615", 18446744073709551615.0),
        ("-9223372036854775808", -9223372036854775808.0),
        ("1.50", 1.5),
        ("1e400", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
    ] {
        assert_eq!(read(text).as_f64(), Some(value), "{text}");
    }
    assert!(read("NaN").as_f64().unwrap().is_nan());
    assert_eq!(read("-1").as_u64(), None);
    assert_eq!(read("-0").as_u64(), None);
    assert_eq!(Value::Number(Number::from(-3_i64)), read("-3"));
    assert_eq!(Value::Number(Number::from(3_i64)), read("3"));
    assert_eq!(Value::Number(Number::from(3_u64)), read("3"));
}

#[test]
fn a_repeated_key_keeps_its_first_place_and_its_last_value() {
    let few = r#"{"a":1,"b":2,"a":3,"c":{"d":1,"d":2}}"#;
    let many: String = (0..100).map(|n| format!("\"k{n}\":0,")).collect();
    let many = format!("{{{many}\"k7\":1}}");

    let (few, few_repeats) = parse_counting_repeats(few).unwrap();
    let (many, many_repeats) = parse_counting_repeats(&many).unwrap();

    assert_eq!(few, read(r#"{"a":3,"b":2,"c":{"d":2}}"#));
    assert_eq!(few_repeats, 2);
    let Value::Object(entries) = &many else {
        panic!("{many:?} is no object");
    };
    assert_eq!(entries.len(), 100);
    assert_eq!(entries[7], ("k7".to_owned(), read("1")));
    assert_eq!(many_repeats, 1);
}

#[test]
fn escapes_are_read() {
    assert_eq!(
        read(r#""\"\\\/\b\f\n\r\t\u0041\u017c\ud83d\ude00\uD83D\uDE00""#).as_str(),
        Some("\"\\/\u{8}\u{c}\n\r\tAż😀😀")
    );
}

#[test]
fn a_lone_surrogate_is_replaced_and_loses_nothing_else() {
    for (text, value) in [
        (r#""a\ud800b""#, "a\u{fffd}b"),
        (r#""\udc00""#, "\u{fffd}"),
        (r#""\ud800\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud800\n""#, "\u{fffd}\n"),
        (r#""\ud800\u0041""#, "\u{fffd}A"),
        (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
    ] {
        assert_eq!(read(text).as_str(), Some(value), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_column() {
    for (text, message) in [
        (
            "",
            "expected a value, found the end of the line at column 1",
        ),
        (
            "  ",
            "expected a value, found the end of the line at column 3",
        ),
        (
            "\u{feff}1",
            "expected a value, found '\\u{feff}' at column 1",
        ),
        ("1 2", "expected the end of the line, found '2' at column 3"),
        ("01", "expected the end of the line, found '1' at column 2"),
        (
            "-",
            "expected a digit, found the end of the line at column 2",
        ),
        ("+1", "expected a value, found '+' at column 1"),
        (".5", "expected a value, found '.' at column 1"),
        (
            "1.",
            "expected a digit, found the end of the line at column 3",
        ),
        (
            "1e",
            "expected a digit, found the end of the line at column 3",
        ),
        ("1.e1", "expected a digit, found 'e' at column 3"),
        ("-NaN", "expected a digit, found 'N' at column 2"),
        ("nul", "expected null, found 'n' at column 1"),
        ("[1,]", "expected a value, found ']' at column 4"),
        (
            "[1 2]",
            "expected ',' or ']' after a value, found '2' at column 4",
        ),
        (
            "{\"a\":1,}",
            "expected a key in double quotes, found '}' at column 8",
        ),
        (
            "{a:1}",
            "expected a key in double quotes, found 'a' at column 2",
        ),
        (
            "{\"a\" 1}",
            "expected ':' after a key, found '1' at column 6",
        ),
        ("{\"ż\":}", "expected a value, found '}' at column 7"),
        (
            "{\"a\":1",
            "expected ',' or '}' after a value, found the end of the line at column 7",
        ),
        (
            "\"a",
            "expected '\"' at the end of a text, found the end of the line at column 3",
        ),
        (
            "\"a\nb\"",
            "expected control characters to be escaped, found '\\n' at column 3",
        ),
        (
            "\"\0\"",
            "expected control characters to be escaped, found '\\0' at column 2",
        ),
        (
            "\"\\x\"",
            "expected one of \"\\/bfnrtu after a backslash, found 'x' at column 3",
        ),
        (
            "\"\\u12g4\"",
            "expected four hex digits after \\u, found 'g' at column 6",
        ),
        (
            "\"\\ud800\\u12\"",
            "expected four hex digits after \\u, found '\"' at column 12",
        ),
    ] {
        assert_eq!(error(text), message, "{text:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);

    assert!(Value::parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(
        error(&nested(MAX_DEPTH + 1)),
        "expected at most 128 objects and arrays in each other, found '[' at column 129"
    );
    assert!(Value::parse(&"{\"a\":".repeat(1_000_000)).is_err());
    let side_by_side = format!("[{}{{}}]", "[],".repeat(1000));
    assert!(Value::parse(&side_by_side).is_ok());
}

/// What serde_json holds, in our words; a number by its value.
fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == theirs,
        (Value::String(ours), Theirs::String(theirs)) => ours == theirs,
        (Value::Number(ours), Theirs::Number(theirs)) => {
            let (ours, theirs) = (ours.as_f64(), theirs.as_f64().unwrap());
            // Without its feature `float_roundtrip`, serde_json may be off by a bit.
            ours == theirs || (ours - theirs).abs() <= ours.abs() * 1e-14
        }
        (Value::Array(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Theirs::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .all(|(key, ours)| theirs.get(key).is_some_and(|theirs| same(ours, theirs)))
        }
        _ => false,
    }
}

/// Where we read on purpose what serde_json refuses.
fn is_python_only(text: &str) -> bool {
    ["NaN", "Infinity", "\\ud", "\\uD"]
        .iter()
        .any(|part| text.contains(part))
        || serde_json::from_str::<serde_json::Value>(text)
            .is_err_and(|error| error.to_string().contains("out of range"))
}

fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(" false ".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        "\"(\\\\u[0-9a-cA-C][0-9a-f]{3}|[ -!#-Z]|\\\\[\"\\\\/bfnrt])*\"",
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(" ,\t"))),
            proptest::collection::vec(("[a-c]{0,2}", inner), 0..6).prop_map(|entries| {
                let entries: Vec<String> = entries
                    .into_iter()
                    .map(|(key, value)| format!("\"{key}\" :\r\n{value}"))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_document_is_read_as_serde_json_reads_it(text in documents()) {
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();

        prop_assert!(same(&read(&text), &theirs), "{} {:?}", text, read(&text));
    }

    #[test]
    fn a_damaged_document_is_refused_where_serde_json_refuses_it(
        text in documents(),
        at in any::<prop::sample::Index>(),
        damage in "[\\[\\]{},:\"\\\\0-9.eE+ \u{0}\n-]{0,2}",
        removed in 0_usize..3,
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        let start = at.index(characters.len());
        let end = (start + removed).min(characters.len());
        characters.splice(start..end, damage.chars());
        let text: String = characters.into_iter().collect();

        let ours = Value::parse(&text);

        match serde_json::from_str(&text) {
            Ok(theirs) => prop_assert!(ours.is_ok_and(|ours| same(&ours, &theirs)), "{}", text),
            Err(_) => prop_assert!(ours.is_err() || is_python_only(&text), "{}", text),
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in "[\\[\\]{},:\"\\\\u0-9a-fNIn.eE+ -]*|.*") {
        let ours = Value::parse(&text).is_ok();
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();

        prop_assert!(ours == theirs || is_python_only(&text), "{}", text);
    }
}
