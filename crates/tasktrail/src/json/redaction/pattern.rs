//! Names with `*` in them.

/// The name of a field, in which `*` stands for any characters, also for none.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Box<str>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Tells whether a name is meant, in upper or lower case.
    pub(super) fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0.eq_ignore_ascii_case(name);
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let (name, last) = (name.as_bytes(), last.as_bytes());
        let Some((start, mut name)) = name.split_at_checked(first.len()) else {
            return false;
        };
        let Some(end) = name.len().checked_sub(last.len()) else {
            return false;
        };
        if !start.eq_ignore_ascii_case(first.as_bytes())
            || !name
                .get(end..)
                .unwrap_or_default()
                .eq_ignore_ascii_case(last)
        {
            return false;
        }
        name = name.get(..end).unwrap_or_default();
        // Each part at the first place where it stands: if it fits further behind, it fits there.
        for part in middle.split('*').filter(|part| !part.is_empty()) {
            let mut windows = name.windows(part.len());
            let Some(at) = windows.position(|at| at.eq_ignore_ascii_case(part.as_bytes())) else {
                return false;
            };
            name = name.get(at + part.len()..).unwrap_or_default();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_also_for_none() {
        for (pattern, name, expected) in [
            ("password", "Password", true),
            ("password", "password2", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "añ", true),
            ("*token*", "token", true),
            ("*token*", "auth.TOKEN.id", true),
            ("*token*", "toke", false),
            ("card.*", "card.number", true),
            ("card.*", "card.", true),
            ("card.*", "card", false),
            ("card.*", "discard.number", false),
            ("*_key", "api_key", true),
            ("*_key", "api_key_id", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*bc*bc", "abc", false),
            ("a*bc*bc", "abcbc", true),
            ("a*b*c*d", "a1b2c3d", true),
            ("a*b*c*d", "a1c2b3d", false),
            ("a**b", "ab", true),
            ("ñ*", "ñandú", true),
            ("*é", "ñ", false),
        ] {
            let matches = Pattern::new(pattern).matches(name);
            assert_eq!(matches, expected, "{pattern:?} on {name:?}");
        }
    }
}
