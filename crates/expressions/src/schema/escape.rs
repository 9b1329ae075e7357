//! Property names as CEL's names (k8s.io/apiserver, pkg/cel/escaping.go).

use crate::syntax::RESERVED;

const ESCAPES: &[(&str, &str)] = &[("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];

/// The name by which an expression speaks of a property, if there is one.
#[must_use]
pub fn escape(property: &str) -> Option<String> {
    if property.is_empty() || property.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&property) {
        return Some(format!("__{property}__"));
    }
    let mut escaped = String::with_capacity(property.len());
    let mut rest = property;
    while let Some(character) = rest.chars().next() {
        if let Some((plain, name)) = ESCAPES.iter().find(|(plain, _)| rest.starts_with(plain)) {
            escaped.push_str(name);
            rest = &rest[plain.len()..];
        } else if character.is_ascii_alphanumeric() || character == '_' {
            escaped.push(character);
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(escaped)
}

/// The property of which an expression speaks by this name, if the name is one that [`escape`] gives.
#[must_use]
pub fn unescape(name: &str) -> Option<String> {
    let mut unescaped = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find("__") {
        let Some((word, after)) = escaped_word(&rest[start..]) else {
            unescaped.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
            continue;
        };
        unescaped.push_str(&rest[..start]);
        unescaped.push_str(plain(word, name)?);
        rest = after;
    }
    unescaped.push_str(rest);
    Some(unescaped)
}

/// The word between two pairs of underscores at the start of a text, and what follows.
fn escaped_word(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("__")?;
    let length = inner.find('_')?;
    let after = inner[length..].strip_prefix("__")?;
    (length > 0).then_some((&inner[..length], after))
}

fn plain<'n>(word: &'n str, whole: &str) -> Option<&'n str> {
    let escape = ESCAPES.iter().find(|(_, name)| name.trim_matches('_') == word);
    let is_whole = whole.len() == word.len() + 4;
    escape.map(|(plain, _)| *plain).or_else(|| (is_whole && RESERVED.contains(&word)).then_some(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_back() {
        for (property, name) in [
            ("replicas", "replicas"),
            ("namespace", "__namespace__"),
            ("a.b-c/d", "a__dot__b__dash__c__slash__d"),
            ("__int__", "__underscores__int__underscores__"),
            ("a_b", "a_b"),
            ("/", "__slash__"),
        ] {
            assert_eq!(escape(property).as_deref(), Some(name));
            assert_eq!(unescape(name).as_deref(), Some(property));
        }
        assert_eq!(escape("ä"), None);
        assert_eq!(escape("1a"), None);
        assert_eq!(escape(""), None);
        assert_eq!(unescape("a__nothing__"), None);
        assert_eq!(unescape("x__namespace__"), None);
        assert_eq!(unescape("a___b").as_deref(), Some("a___b"));
    }
}
