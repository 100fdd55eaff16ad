//! How far paths have come in patterns.

use super::pattern::{Pattern, matches};

/// Several patterns, of which any may be met.
#[derive(Debug)]
pub(crate) struct Patterns(Vec<Pattern>);

/// How far a path has come in each pattern, as its bits one behind the other.
///
/// Of an action whose name is not known any could be true: so far it may have come, so far it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    may: u128,
    must: u128,
}

impl Progress {
    /// Of a path of which all is known that matters.
    pub(super) fn exactly(bits: u128) -> Self {
        let (may, must) = (bits, bits);
        Self { may, must }
    }

    pub(super) fn exact(self) -> Option<u128> {
        (self.may == self.must).then_some(self.must)
    }
}

impl Patterns {
    /// Takes patterns, of which one at least is a path; `None` if none is.
    ///
    /// # Errors
    ///
    /// If they have more than 128 names together.
    pub(crate) fn of_paths(patterns: &[Pattern]) -> Result<Option<Self>, String> {
        if !patterns.iter().any(Pattern::is_path) {
            return Ok(None);
        }
        let bits: usize = patterns.iter().map(Pattern::bits).sum();
        match bits > 128 {
            true => Err(format!(
                "--action: expected paths of 128 names at most, one more for each path, found {bits}"
            )),
            false => Ok(Some(Self(patterns.to_vec()))),
        }
    }

    /// Tells whether a pattern, taken as one name, is that of an action.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_name(name))
    }

    /// Tells whether a path that ends in this name may be wanted.
    pub(crate) fn may_end_in(&self, name: &str) -> bool {
        let anywhere = Progress {
            may: u128::MAX,
            must: 0,
        };
        self.answer(self.step(anywhere, Some(name))) != Some(false)
    }

    /// Gives how far a path has come that has no action yet.
    pub(super) fn outside(&self) -> Progress {
        Progress::exactly(self.each(|pattern, _| pattern.outside()))
    }

    /// Gives how far a path has come with another action; `None` is a name that is not known.
    pub(super) fn step(&self, progress: Progress, name: Option<&str>) -> Progress {
        let step = |bits: u128, is: &dyn Fn(&str) -> bool| {
            self.each(|pattern, shift| pattern.step(bits >> shift, is))
        };
        match (name, progress.exact()) {
            (Some(name), Some(bits)) => Progress::exactly(step(bits, &|part| matches(part, name))),
            (Some(name), None) => Progress {
                may: step(progress.may, &|part| matches(part, name)),
                must: step(progress.must, &|part| matches(part, name)),
            },
            (None, _) => Progress {
                may: step(progress.may, &|_| true),
                // What any name is like.
                must: step(progress.must, &|part| matches!(part, "*" | "**")),
            },
        }
    }

    /// Tells whether a path that has come so far is wanted; `None` if it is not known.
    pub(super) fn answer(&self, progress: Progress) -> Option<bool> {
        let ends = self.each(|pattern, _| 1 << (pattern.bits() - 1));
        match (progress.must & ends != 0, progress.may & ends != 0) {
            (true, _) => Some(true),
            (_, false) => Some(false),
            _ => None,
        }
    }

    /// Puts the bits of the patterns one behind the other.
    fn each(&self, bits: impl Fn(&Pattern, usize) -> u128) -> u128 {
        let mut shift = 0;
        let mut all = 0;
        for pattern in &self.0 {
            all |= bits(pattern, shift) << shift;
            shift += pattern.bits();
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(patterns: &[&str], path: &[Option<&str>]) -> Option<bool> {
        let patterns: Vec<_> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let patterns = Patterns::of_paths(&patterns).unwrap().unwrap();
        let path = path.iter();
        patterns.answer(path.fold(patterns.outside(), |progress, name| {
            patterns.step(progress, *name)
        }))
    }

    #[test]
    fn a_name_that_is_not_known_is_asked_for_only_where_it_matters() {
        let (a, b, x) = (Some("a"), Some("b"), Some("x"));
        for (pattern, path, expected) in [
            ("a/b", &[None, a, b][..], Some(true)),
            ("a/b", &[None, b], None),
            ("a/b", &[None, x], Some(false)),
            ("a/b", &[a, None], None),
            ("a/b", &[x, None], Some(false)),
            ("a/b", &[x, None, b], None),
            ("*/b", &[None, b], Some(true)),
            ("a/*", &[a, None], Some(true)),
            ("/a/b", &[None, a, b], Some(false)),
            ("/a/b", &[None, b], None),
            ("a/**/b", &[None, x, b], None),
            ("a/**/b", &[None, a, b], Some(true)),
            ("a/**/b", &[None, x], Some(false)),
            ("a/**", &[a, None], Some(true)),
        ] {
            assert_eq!(answer(&[pattern], path), expected, "{pattern} {path:?}");
        }
    }

    #[test]
    fn of_several_patterns_any_is_enough() {
        let (a, b, x) = (Some("a"), Some("b"), Some("x"));
        for (path, expected) in [
            (&[a, b][..], Some(true)),
            (&[x, a], Some(true)),
            (&[b, x], Some(false)),
            (&[None, x], Some(false)),
            (&[None, b], None),
        ] {
            assert_eq!(answer(&["a/b", "x/a", "c"], path), expected, "{path:?}");
        }
        let long = "a/".repeat(30).parse::<Pattern>().unwrap();
        assert!(Patterns::of_paths(&vec![long.clone(); 4]).is_ok());
        assert!(Patterns::of_paths(&vec![long; 5]).is_err());
    }
}
