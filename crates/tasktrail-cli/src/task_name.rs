//! How a task is asked for by its name.

use tasktrail_record::TaskName;

/// Gives bytes that stand in each line of a task whose name begins so, whatever its schema.
///
/// `None` if the name may be spelled in ways that have nothing in common, or if so few bytes would
/// stand in other lines, too. Programs that write letters and digits of ASCII as `\u0061`, or ids in
/// capitals, are not known.
pub(crate) fn stands_in_line(beginning: &str) -> Option<&[u8]> {
    let bytes = beginning.as_bytes();
    let is_spelled_alike = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let mut length = bytes
        .iter()
        .position(|byte| !is_spelled_alike(byte))
        .unwrap_or(bytes.len());
    // An id is written with hyphens or, as that of a trace, without.
    let is_id = |group: &[u8]| group.iter().all(u8::is_ascii_hexdigit);
    if bytes.get(..ID_GROUP).is_some_and(is_id) {
        length = length.min(ID_GROUP);
    }
    let found = bytes.get(..length).filter(|_| length >= FEWEST)?;
    // What is asked for in capitals is an id in small letters, or a text as it is.
    let is_both = is_id(found) && found.iter().any(u8::is_ascii_uppercase);
    (!is_both).then_some(found)
}

/// Tells whether the name of a task begins so; an id also in capitals, and without hyphens, as a trace
/// id is written.
pub(crate) fn begins(task: &TaskName<'_>, wanted: &str) -> bool {
    match task {
        TaskName::Id(id) => {
            let mut buffer = [0; 36];
            let id = id.encode(&mut buffer).bytes();
            let mut id = id.filter(|byte| *byte != b'-' || wanted.contains('-'));
            let mut wanted = wanted.bytes();
            wanted.all(|byte| id.next() == Some(byte.to_ascii_lowercase()))
        }
        TaskName::Text(text) => text.starts_with(wanted),
    }
}

/// Tells whether it is the name of a task; an id is it in all the ways in which it begins.
pub(crate) fn is(task: &str, wanted: &str) -> bool {
    let id = wanted.parse().map(TaskName::Id);
    task == wanted || id.is_ok_and(|id| id == TaskName::from(task))
}

/// How many digits stand before the first hyphen of an id.
const ID_GROUP: usize = 8;

/// Fewer bytes stand in too many lines.
const FEWEST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_that_all_spellings_share() {
        for (beginning, expected) in [
            ("192f76ea-915e-4131-95dc-da28c6bcdbb5", Some("192f76ea")),
            ("192f76ea-9", Some("192f76ea")),
            ("192f76ea9", Some("192f76ea")),
            ("192f76", Some("192f76")),
            ("192F76EA-9", None),
            ("192F7", None),
            ("ORDER-17", Some("ORDER-17")),
            ("192", None),
            ("", None),
            ("order-17-a", Some("order-17-a")),
            ("order/17", Some("order")),
            ("caf\u{e9}-1", None),
            ("a\"bcdef", None),
        ] {
            assert_eq!(
                stands_in_line(beginning),
                expected.map(str::as_bytes),
                "{beginning}"
            );
        }
    }
}
