//! Regular expressions in RE2's syntax, as Go reads them (`regexp/syntax`), run by a matcher without backtracking. They
//! come from outside: what reading, compiling and keeping them may take is bounded.

mod translate;

use regex::{Regex, RegexBuilder};
use translate::translate;

/// What compiled expressions may take, in bytes. The sizes are tried one after the other, so that it is known of what is
/// small that it is.
const SIZES: [usize; 3] = [8 << 10, 64 << 10, 1 << 20];
/// The bounds of what the matcher may keep of states that it has seen, in bytes.
const SEEN: (usize, usize) = (128 << 10, 1 << 20);
/// The longest expression, in bytes: before anything is compiled, each character takes more than a hundred.
const LONGEST: usize = 64 << 10;
/// How many classes of Unicode may be in one: each takes thousands of bytes before anything is compiled.
const MOST_CLASSES: usize = 64;
/// How deep brackets may be nested.
const DEEPEST: u32 = 250;
/// What reading costs, in bytes compiled: a character, and a class of Unicode.
const CHARACTER_EFFORT: usize = 256;
const CLASS_EFFORT: usize = 400_000;

/// A text is no expression, or too large a one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("error parsing regexp: `{0}`")]
    Syntax(String),
    #[error("error parsing regexp: invalid nested repetition operator: `{0}`")]
    RepeatedTwice(String),
    #[error("expression too large: `{0}`")]
    TooLarge(String),
}

/// An expression that can be matched.
#[derive(Debug)]
pub struct Compiled {
    pub regex: Regex,
    /// A bound of the bytes that it takes, beside what matching takes.
    pub size: usize,
}

/// Compiles an expression.
pub fn compile(text: &str) -> Result<Compiled, Error> {
    compile_charged(text, |_| Ok(()))
}

/// Compiles an expression of someone who pays for it: before each attempt `charge` is told what it may cost, in bytes.
///
/// # Errors
///
/// It cannot be compiled, or `charge` said no.
pub fn compile_charged<E: From<Error>>(
    text: &str,
    mut charge: impl FnMut(usize) -> Result<(), E>,
) -> Result<Compiled, E> {
    let too_large = || Error::TooLarge(text.to_owned());
    let classes = text.matches(r"\p").count() + text.matches(r"\P").count();
    if text.len() > LONGEST || classes > MOST_CLASSES {
        return Err(too_large().into());
    }
    let translated = translate(text).ok_or_else(|| Error::RepeatedTwice(text.to_owned()))?;
    for size in SIZES {
        charge(size + text.len() * CHARACTER_EFFORT + classes * CLASS_EFFORT)?;
        match within(&translated, size) {
            Ok(regex) => return Ok(Compiled { regex, size }),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(_) => return Err(Error::Syntax(text.to_owned()).into()),
        }
    }
    Err(too_large().into())
}

fn within(translated: &str, size: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(translated)
        .size_limit(size)
        .dfa_size_limit((4 * size).clamp(SEEN.0, SEEN.1))
        .nest_limit(DEEPEST)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_they_mean_in_go() {
        for (text, matched, expected) in [
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^\w+$", "ä", false),
            (r"^\w{1,63}$", "a_1", true),
            (r"^\s$", "\u{a0}", false),
            (r"^\s$", "\u{b}", false),
            (r"^\W$", "ä", true),
            (r"^[\w-]+$", "a-b", true),
            (r"^[[]$", "[", true),
            (r"^[^[]+$", "a]", true),
            (r"^[^[]+$", "a[", false),
            (r"^[]a]+$", "]a", true),
            (r"^[a&&b]$", "&", true),
            (r"^[[:alpha:]]$", "x", true),
            (r"a{,2}", "a{,2}", true),
            (r"^a{2}$", "aa", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\<a\>$", "<a>", true),
            (r"^\-\_\.$", "-_.", true),
            (r"\bä", "ä", false),
            (r"\Bä", "ä", true),
            (r"^\pL{1,10}$", "äé", true),
            (r"^\p{Greek}\p{^Greek}\x{41}$", "αbA", true),
            (r"^\pN{2}$", "12", true),
            (r"^[\\p]$", "p", true),
            ("(?i)^ABC$", "abc", true),
        ] {
            let compiled = compile(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(compiled.regex.is_match(matched), expected, "{text} {matched}");
        }
    }

    #[test]
    fn what_is_none_or_too_large_is_refused() {
        let text = |error: &Error| error.to_string();
        assert_eq!(text(&compile("(").unwrap_err()), "error parsing regexp: `(`");
        assert_eq!(compile("(?=a)").unwrap_err(), Error::Syntax("(?=a)".into()));
        assert_eq!(compile("a**").unwrap_err(), Error::RepeatedTwice("a**".into()));
        for large in ["(a{1000}){1000}", &"a".repeat(LONGEST + 1), &r"\pL".repeat(MOST_CLASSES + 1)] {
            assert_eq!(compile(large).unwrap_err(), Error::TooLarge(large.into()));
        }
    }

    #[test]
    fn each_attempt_is_charged_before_it_is_made() {
        let mut charged = Vec::new();
        let compiled = compile_charged::<Error>("a{1000}", |effort| {
            charged.push(effort);
            Ok(())
        });
        let size = compiled.unwrap().size;
        assert_eq!((charged.len(), size), (2, SIZES[1]));
        assert!(charged[0] > SIZES[0] && charged[1] > SIZES[1]);
        assert_eq!(compile("^[a-z]+$").unwrap().size, SIZES[0]);
        let no = |_| Err(Error::Syntax("no".into()));
        assert_eq!(compile_charged("a", no).unwrap_err(), Error::Syntax("no".into()));
    }
}
