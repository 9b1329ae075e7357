//! Overloads are declared as text: `string.split(string, int) -> list(string)`.

use super::{Parameter, Type};

/// What a function takes and gives.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub function: &'static str,
    /// Whether it is called on its first parameter.
    pub member: bool,
    pub parameters: Vec<Type<'static>>,
    pub result: Type<'static>,
}

/// Names of types that are not those of libraries.
const SIMPLE: &[(&str, Type<'static>)] = &[
    ("null", Type::Null),
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("uint", Type::Uint),
    ("double", Type::Double),
    ("string", Type::String),
    ("bytes", Type::Bytes),
    ("duration", Type::Duration),
    ("timestamp", Type::Timestamp),
    ("dyn", Type::Dyn),
];

/// Reads a declaration. Those of the libraries are all read by a test.
pub(crate) fn signature(declaration: &'static str) -> Signature {
    let (call, result) = declaration.rsplit_once(" -> ").unwrap_or((declaration, "dyn"));
    let open = opening_bracket(call);
    let (path, arguments) = (&call[..open], &call[open + 1..call.len() - 1]);
    let mut parameters: Vec<Type<'static>> = split(arguments).into_iter().map(read).collect();
    let (function, target) = receiver(path);
    if let Some(target) = target {
        parameters.insert(0, read(target));
    }
    Signature { function, member: target.is_some(), parameters, result: read(result) }
}

/// Where the last bracket that is closed at the end opens.
fn opening_bracket(call: &str) -> usize {
    let mut depth = 0;
    for (index, character) in call.char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    0
}

/// A path is a function's name, or after a colon one that is called on a type: `list(T):reverse`.
fn receiver(path: &'static str) -> (&'static str, Option<&'static str>) {
    let operator = path.starts_with('_');
    path.split_once(':').filter(|_| !operator).map_or((path, None), |(target, function)| (function, Some(target)))
}

fn split(list: &'static str) -> Vec<&'static str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (index, character) in list.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    if !list.is_empty() {
        parts.push(list[start..].trim());
    }
    parts
}

fn read(text: &'static str) -> Type<'static> {
    let made_of = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(inner) = made_of("list") {
        return Type::list(read(inner));
    }
    if let Some(inner) = made_of("optional") {
        return Type::optional(read(inner));
    }
    if let Some(inner) = made_of("type") {
        return Type::of_type(read(inner));
    }
    if let Some([key, value]) = made_of("map").map(split).as_deref() {
        return Type::map(read(key), read(value));
    }
    if let (1, Some(letter)) = (text.len(), text.chars().next()) {
        return Type::Parameter(Parameter::Declared(letter));
    }
    SIMPLE.iter().find(|(name, _)| *name == text).map_or(Type::Opaque(text), |(_, simple)| simple.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read() {
        let read = signature("map(K, V):find(list(K), int) -> optional(map(K, list(V)))");
        assert!(read.member);
        assert_eq!(read.function, "find");
        assert_eq!(format!("{:?}", read.parameters), "[map(K, V), list(K), int]");
        assert_eq!(read.result.to_string(), "optional_type(map(K, list(V)))");
        let plain = signature("lists.range(int) -> list(int)");
        assert_eq!((plain.function, plain.member, plain.parameters.len()), ("lists.range", false, 1));
        assert!(signature("format.uri() -> kubernetes.NamedFormat").parameters.is_empty());
    }
}
