//! Patterns of the names of actions, and of their paths.

use std::str::FromStr;

/// A name of an action, in which `*` is any text, or a path of such names.
///
/// `/` leads from an action to one directly in it, and stands for itself in a name; beside white
/// space and as `\/` it does only the latter. `*` alone between slashes is one action, `**` any number
/// of them. A pattern that begins with `/` begins at the root of the task, any other anywhere.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// The whole, taken as one name.
    name: String,
    /// What stands between the slashes that may lead on; the first is empty if the pattern begins
    /// at the root.
    parts: Vec<String>,
    /// For each part the names that begin with it, and the part behind each.
    names: Vec<Vec<(String, usize)>>,
}

/// Any number of actions.
const ANY: &str = "**";

impl Pattern {
    /// So many parts are enough for a pattern.
    const PARTS: usize = 32;

    /// Tells whether the pattern, taken as one name, is that of an action.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        let has_any = (0..self.parts.len()).any(|place| self.is_any(place));
        !has_any && matches(&self.name, name)
    }

    /// Tells whether it may be more than one name.
    pub(crate) fn is_path(&self) -> bool {
        self.parts.len() > 1
    }

    fn is_rooted(&self) -> bool {
        self.is_path() && self.parts.first().is_some_and(String::is_empty)
    }

    /// How many bits tell how far a path has come in the pattern.
    pub(super) fn bits(&self) -> usize {
        self.parts.len() + 1
    }

    /// Gives how far a path has come that has no action yet: each bit is a part of the pattern that
    /// may come next; the last one, that nothing is left.
    pub(super) fn outside(&self) -> u128 {
        self.skip_any(1 | (u128::from(self.is_rooted()) << 1))
    }

    /// Gives how far a path has come with another action, of which `is` says whether its name is as
    /// a part of the pattern says.
    pub(super) fn step(&self, bits: u128, is: impl Fn(&str) -> bool) -> u128 {
        // The pattern may begin at any action.
        let mut next = 1;
        for (place, names) in self.names.iter().enumerate() {
            if bits & (1 << place) == 0 {
                continue;
            }
            if self.is_any(place) {
                next |= 1 << place;
            }
            for (name, end) in names {
                if is(name) {
                    next |= 1 << end;
                }
            }
        }
        self.skip_any(next)
    }

    /// Tells whether a part is any number of actions, which it is only in a path.
    fn is_any(&self, place: usize) -> bool {
        self.is_path() && self.parts.get(place).is_some_and(|part| part == ANY)
    }

    /// Any number of actions may be none.
    fn skip_any(&self, mut bits: u128) -> u128 {
        for place in 0..self.parts.len() {
            if bits & (1 << place) != 0 && self.is_any(place) {
                bits |= 1 << (place + 1);
            }
        }
        bits
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = vec![String::new()];
        let mut before = None;
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let is_white = |character: Option<char>| character.is_some_and(char::is_whitespace);
            let part = match (character, rest.peek().copied()) {
                ('\\', Some('/')) => {
                    rest.next();
                    Some('/')
                }
                ('/', next) if !is_white(before) && !is_white(next) => None,
                _ => Some(character),
            };
            match (part, parts.last_mut()) {
                (Some(part), Some(last)) => last.push(part),
                _ => parts.push(String::new()),
            }
            before = Some(character);
        }
        if parts.len() > Self::PARTS {
            let (most, found) = (Self::PARTS, parts.len());
            return Err(format!("expected at most {most} names, found {found}"));
        }
        let mut pattern = Self {
            name: parts.join("/"),
            names: Vec::new(),
            parts,
        };
        let places = 0..pattern.parts.len();
        pattern.names = places.map(|place| pattern.names_from(place)).collect();
        Ok(pattern)
    }
}

impl Pattern {
    fn names_from(&self, place: usize) -> Vec<(String, usize)> {
        let ends = place + 1..=self.parts.len();
        let names = ends.filter_map(|end| {
            let parts = self.parts.get(place..end)?;
            let is_star = |part: &String| part == "*" || part == ANY;
            // One name alone is no path, and the root is no action.
            let is_whole = place == 0 && end == self.parts.len();
            let is_root = place == 0 && end == 1 && self.is_rooted();
            let is_split = parts.len() > 1 && parts.iter().any(is_star);
            (!is_whole && !is_root && !is_split).then(|| (parts.join("/"), end))
        });
        names.collect()
    }
}

/// Tells whether a text is as a pattern says, in which `*` is any text.
pub(crate) fn matches(glob: &str, text: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The first place for each part leaves the most for those that follow.
    for part in middle.split('*') {
        match text.split_once(part) {
            Some((_, rest)) => text = rest,
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (glob, text, expected) in [
            ("sql", "sql", true),
            ("sql", "sqlx", false),
            ("request*", "request", true),
            ("request*", "request:GET", true),
            ("request*", "a request", false),
            ("*sql", "a:sql", true),
            ("*sql", "sql:a", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("a*a", "a", false),
            ("ab*b", "ab", false),
            ("*", "", true),
            ("**", "x", true),
            ("a*b*b", "abb", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }

    fn is_path(pattern: &str, path: &[&str]) -> bool {
        let pattern: Pattern = pattern.parse().unwrap();
        let names = path.iter();
        let bits = names.fold(pattern.outside(), |bits, name| {
            pattern.step(bits, |part| matches(part, name))
        });
        bits & (1 << pattern.parts.len()) != 0
    }

    #[test]
    fn a_slash_leads_to_an_action_directly_in_another() {
        for (pattern, path, expected) in [
            ("request*/sql", &["request:1", "sql"][..], true),
            ("request*/sql", &["main", "request:1", "sql"], true),
            ("request*/sql", &["request:1", "x", "sql"], false),
            ("request*/sql", &["request:1", "sql", "x"], false),
            ("request*/sql", &["request:1"], false),
            ("request*/sql", &["sql"], false),
            ("request*/sql", &[], false),
            ("a/a/b", &["a", "a", "a", "b"], true),
            ("a/*", &["a", "any"], true),
            ("a/*", &["a"], false),
            ("*/*", &["a", "b", "c"], true),
        ] {
            assert_eq!(is_path(pattern, path), expected, "{pattern} {path:?}");
        }
    }

    #[test]
    fn two_stars_are_any_number_of_actions() {
        for (pattern, path, expected) in [
            ("a/**/b", &["a", "b"][..], true),
            ("a/**/b", &["a", "x", "b"], true),
            ("a/**/b", &["x", "a", "x", "y", "b"], true),
            ("a/**/b", &["x", "b"], false),
            ("a/**/b", &["a", "b", "x"], false),
            ("a/**", &["a"], true),
            ("a/**", &["x", "a", "x", "y"], true),
            ("a/**", &["x"], false),
            ("**/b", &["b"], true),
            ("**/b", &["a", "b"], true),
            ("a/**/**/b", &["a", "b"], true),
            ("a**/b", &["abc", "b"], true),
            ("a**/b", &["a", "x", "b"], false),
        ] {
            assert_eq!(is_path(pattern, path), expected, "{pattern} {path:?}");
        }
    }

    #[test]
    fn a_slash_at_the_start_is_the_root() {
        for (pattern, path, expected) in [
            ("/a", &["a"][..], true),
            ("/a", &["x", "a"], false),
            ("/a/b", &["a", "b"], true),
            ("/a/b", &["x", "a", "b"], false),
            ("/**/b", &["x", "a", "b"], true),
            ("/*/b", &["a", "b"], true),
            ("/*/b", &["x", "a", "b"], false),
            ("/a", &["", "a"], false),
            // An action of the name /a, anywhere.
            ("/a/b", &["x", "/a", "b"], true),
            ("//a/b", &["/a", "b"], true),
            ("//a/b", &["x", "/a", "b"], false),
        ] {
            assert_eq!(is_path(pattern, path), expected, "{pattern} {path:?}");
        }
    }

    #[test]
    fn a_slash_stands_for_itself_in_a_name() {
        for (pattern, path, expected) in [
            ("GET /orders/sql", &["GET /orders", "sql"][..], true),
            ("GET /*/sql", &["GET /orders/7", "sql"], true),
            ("main/GET /*/sql", &["main", "GET /orders/7", "sql"], true),
            ("main/a/b/sql", &["main", "a/b", "sql"], true),
            ("main/*/sql", &["main", "a/b", "sql"], true),
            // A star alone is one action.
            ("*/*/sql", &["a/b", "sql"], false),
            ("main/GET */*", &["main", "GET /orders"], false),
            ("main/a/**", &["main", "a/b"], false),
            ("main/a/b/sql", &["main", "a", "b", "sql"], true),
            ("main/a\\/b/sql", &["main", "a/b", "sql"], true),
            ("main/a\\/b/sql", &["main", "a", "b", "sql"], false),
            ("GET /b/c", &["GET ", "b", "c"], false),
            ("GET\\/b/c", &["GET", "b", "c"], false),
        ] {
            assert_eq!(is_path(pattern, path), expected, "{pattern} {path:?}");
        }
        for (pattern, expected) in [
            ("sql", false),
            ("GET /orders*", false),
            ("a / b", false),
            ("a\\/b", false),
            ("a\\b", false),
            ("a/b", true),
            ("/a", true),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert_eq!(pattern.is_path(), expected, "{pattern:?}");
            assert!(pattern.is_name(&pattern.name));
        }
    }

    #[test]
    fn one_name_is_no_path() {
        for (pattern, name, expected) in [
            ("/api/*", "/api/users", true),
            ("*/sql", "retry/sql", true),
            ("**/sql", "retry/sql", false),
            ("a/**", "a/b", false),
            ("**", "a/b", true),
            ("a**", "a/b", true),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert_eq!(pattern.is_name(name), expected, "{pattern:?} {name}");
        }
        assert!(!is_path("a/b", &["a/b"]));
        assert!(!is_path("a", &["a"]));
        assert!(!is_path("**", &["a"]));
        assert!("a/b".parse::<Pattern>().unwrap().is_name("a/b"));
        assert!("/".repeat(32).parse::<Pattern>().is_err());
        assert!("/".repeat(31).parse::<Pattern>().is_ok());
    }
}
