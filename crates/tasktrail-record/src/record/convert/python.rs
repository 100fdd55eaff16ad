//! What Python prints of an exception: `traceback.format_exception`.

/// What a traceback starts with.
const HEAD: &str = "Traceback (most recent call last):\n";

/// What stands between an exception and the one that it led to.
const LINKS: [&str; 2] = [
    "\nThe above exception was the direct cause of the following exception:\n\n",
    "\nDuring handling of the above exception, another exception occurred:\n\n",
];

/// Tells whether a text is a traceback.
pub(super) fn is_traceback(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// Parts a traceback as Python does: each line of the stack with its source, then the exception.
pub(super) fn parts(traceback: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let [cause, context] = LINKS;
    for (at, led) in traceback.split(cause).enumerate() {
        if at > 0 {
            parts.push(cause.to_owned());
        }
        for (at, one) in led.split(context).enumerate() {
            if at > 0 {
                parts.push(context.to_owned());
            }
            one_exception(one, &mut parts);
        }
    }
    parts
}

fn one_exception(text: &str, parts: &mut Vec<String>) {
    let mut is_stack = true;
    let mut is_first = true;
    for line in text.split_inclusive('\n') {
        let is_more = match is_stack {
            // The source of a line of the stack is indented further.
            true => line.starts_with("    "),
            // The text of an exception may have many lines.
            false => true,
        };
        match parts.last_mut() {
            Some(last) if is_more && !is_first => last.push_str(line),
            _ => parts.push(line.to_owned()),
        }
        is_first = false;
        is_stack &= line == HEAD || line.starts_with("  ");
    }
}

/// Gives the type and the text of the exception that a traceback ends with, or of its one line.
pub(super) fn exception(last: &str) -> Option<(&str, &str)> {
    let last = last.strip_suffix('\n')?;
    let (name, reason) = last.split_once(": ").unwrap_or((last, ""));
    let is_name = |name: &str| {
        let mut characters = name.chars();
        characters.all(|one| one.is_alphanumeric() || matches!(one, '_' | '.'))
    };
    (!name.is_empty() && is_name(name)).then_some((name, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceback_is_parted_as_python_parts_it() {
        let chained = [
            HEAD,
            "  File \"a.py\", line 1, in f\n    g(1, 0)\n",
            "  File \"a.py\", line 2, in g\n    return a / b\n           ~~^~~\n",
            "  [Previous line repeated 3 more times]\n",
            "ZeroDivisionError: division by zero\n",
            LINKS[0],
            HEAD,
            "  File \"b.py\", line 3, in h\n",
            "shop.Failed: two\n  lines\n\nof it\n",
        ];
        for parted in [&chained[..], &chained[..5], &["NoneType: None\n"]] {
            assert_eq!(parts(&parted.concat()), parted);
        }
        assert_eq!(parts(""), Vec::<String>::new());
    }

    #[test]
    fn the_last_line_has_a_type_and_a_text() {
        assert_eq!(exception("a.B: c: d\ne\n"), Some(("a.B", "c: d\ne")));
        assert_eq!(
            exception("KeyboardInterrupt\n"),
            Some(("KeyboardInterrupt", ""))
        );
        for other in ["", "\n", "no name: r\n", "E: r", ": r\n"] {
            assert_eq!(exception(other), None, "{other:?}");
        }
    }
}
