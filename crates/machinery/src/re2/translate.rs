//! From the syntax that Go reads to that of the matcher, where they differ.

/// Classes of letters are ASCII's in Go; what the matcher takes for operations on classes is not one in Go; `{` that
/// begins no repetition and `\Q...\E` are text. `None` if something is repeated twice, which the matcher would take.
pub fn translate(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut class_start = None;
    // Whether a repetition has just ended, and whether it has been made lazy already.
    let mut repeated = Repeated::No;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let in_class = class_start.is_some();
        let (translated, length) = match character {
            '\\' => escape(after, in_class),
            '[' if !in_class => {
                class_start = Some(out.len() + if after.starts_with('^') { 2 } else { 1 });
                if after.starts_with('^') { ("[^".to_owned(), 2) } else { ("[".to_owned(), 1) }
            }
            '[' => match after.find(":]").filter(|_| after.starts_with(':')) {
                Some(end) => (rest[..end + 3].to_owned(), end + 3),
                None => ("\\[".to_owned(), 1),
            },
            ']' if class_start.is_some_and(|start| out.len() > start) => {
                class_start = None;
                ("]".to_owned(), 1)
            }
            ']' if in_class => ("\\]".to_owned(), 1),
            '&' | '~' if in_class => (format!("\\{character}"), 1),
            '-' if in_class && after.starts_with('-') => ("\\-".to_owned(), 1),
            '{' if !in_class && !is_repetition(after) => ("\\{".to_owned(), 1),
            other => (other.to_string(), other.len_utf8()),
        };
        let repeats = !in_class && (matches!(character, '*' | '+' | '?') || (character == '{' && is_repetition(after)));
        repeated = repeated.then(repeats, character)?;
        let length = if repeats && character == '{' { after.find('}')? + 2 } else { length };
        out.push_str(if repeats { &rest[..length] } else { &translated });
        rest = &rest[length..];
    }
    Some(out)
}

#[derive(Clone, Copy)]
enum Repeated {
    No,
    Once,
    Lazily,
}

impl Repeated {
    fn then(self, repeats: bool, character: char) -> Option<Self> {
        match (self, repeats, character) {
            (_, false, _) => Some(Self::No),
            (Self::No, true, _) => Some(Self::Once),
            (Self::Once, true, '?') => Some(Self::Lazily),
            _ => None,
        }
    }
}

/// The translation of what follows a backslash, and how much of the pattern it stands for, the backslash included.
fn escape(after: &str, in_class: bool) -> (String, usize) {
    let translated = match after.chars().next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('s') => "[\\t\\n\\f\\r ]",
        Some('S') => "[^\\t\\n\\f\\r ]",
        Some('b') if !in_class => "(?-u:\\b)",
        Some('B') if !in_class => "(?-u:\\B)",
        Some('Q') => {
            let text = &after[1..];
            let end = text.find("\\E").unwrap_or(text.len());
            return (regex::escape(&text[..end]), (end + 4).min(after.len() + 1));
        }
        Some('p' | 'P' | 'x') if after[1..].starts_with('{') => return named(after),
        Some(punctuation @ ('<' | '>')) => return (punctuation.to_string(), 2),
        Some(other) => return (format!("\\{other}"), 1 + other.len_utf8()),
        None => return ("\\".to_owned(), 1),
    };
    (translated.to_owned(), 2)
}

/// `p{Greek}`, `p{^Greek}`, `x{10FFFF}`: what stands in the braces is no count.
fn named(after: &str) -> (String, usize) {
    let end = after.find('}').unwrap_or(after.len() - 1);
    let (kind, name) = (&after[..1], &after[2..=end]);
    let translated = match (kind, name.strip_prefix('^')) {
        ("p", Some(name)) => format!("\\P{{{name}"),
        ("P", Some(name)) => format!("\\p{{{name}"),
        _ => format!("\\{kind}{{{name}"),
    };
    (translated, end + 2)
}

/// Whether a `{` before this text begins `{n}`, `{n,}` or `{n,m}`.
fn is_repetition(after: &str) -> bool {
    let Some((counts, _)) = after.split_once('}') else { return false };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}
