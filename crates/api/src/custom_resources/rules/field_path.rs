//! The path from a value to the field that a rule blames: `.spec.a`, `.labels['x/y']` (`ValidFieldPath`).

use machinery::{field::Path, schema::Structural};

/// The path as errors show it; nothing if the schema has no such field.
pub fn resolve(text: &str, schema: &Structural) -> Option<Path> {
    let (mut path, mut schema, mut rest) = (Path::root(), schema, text);
    while !rest.is_empty() {
        let (name, after) = step(rest)?;
        (path, schema) = match schema.property(&name) {
            Some((_, property)) => (path.child(&name), property),
            None if schema.has_properties() => return None,
            None => (path.key(&name), schema.values()?),
        };
        rest = after;
    }
    Some(path)
}

/// The name in the first step, and what follows.
fn step(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let length = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        return (length > 0).then(|| (rest[..length].to_owned(), &rest[length..]));
    }
    let mut rest = text.strip_prefix("['")?.chars();
    let mut name = String::new();
    loop {
        match rest.next()? {
            '\'' => return rest.as_str().strip_prefix(']').map(|rest| (name, rest)),
            '\\' => name.push(unescaped(rest.next()?)?),
            other => name.push(other),
        }
    }
}

fn unescaped(directive: char) -> Option<char> {
    Some(match directive {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\'' | '\\' => directive,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_fields_of_the_schema() {
        let schema: Structural = serde_json::from_value(json!({"type": "object", "properties": {
            "a": {"type": "object", "properties": {"b.c": {"type": "string"}}},
            "m": {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": {"type": "string"}}}}}}))
        .unwrap();
        for (text, shown) in [
            (".a", Some("a")),
            (".a['b.c']", Some("a.b.c")),
            ("['a']['b.c']", Some("a.b.c")),
            (".m['k/y'].x", Some("m[k/y].x")),
            (".m.k.x", Some("m[k].x")),
            (".a.z", None),
            ("a", None),
            (".a[0]", None),
            (".a['b", None),
            (".", None),
        ] {
            assert_eq!(resolve(text, &schema).map(|path| path.to_string()).as_deref(), shown, "{text}");
        }
    }
}
