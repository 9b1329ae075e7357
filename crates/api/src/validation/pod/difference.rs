//! Where two values differ.

use machinery::field::Path;
use serde_json::Value;
use std::fmt::Write as _;

/// One line for each value that `old` or `new` has alone, with its path.
pub fn difference(old: &Value, new: &Value, path: &Path) -> String {
    let mut lines = String::new();
    compare(Some(old), Some(new), path, &mut lines);
    lines
}

fn compare(old: Option<&Value>, new: Option<&Value>, path: &Path, lines: &mut String) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                compare(old.get(key), new.get(key), &path.child(key), lines);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(old.get(index), new.get(index), &path.index(index), lines);
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            for (sign, value) in [('-', old), ('+', new)] {
                if let Some(value) = value {
                    let _ = writeln!(lines, "{sign} {path}: {value}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::difference;
    use machinery::field::Path;
    use serde_json::json;

    #[test]
    fn each_difference_is_a_line() {
        let (old, new) = (json!({"a": 1, "b": [1, 2]}), json!({"a": 2, "b": [1], "c": "x"}));
        let text = difference(&old, &new, &Path::new("spec"));
        assert_eq!(text, "- spec.a: 1\n+ spec.a: 2\n- spec.b[1]: 2\n+ spec.c: \"x\"\n");
    }
}
