//! `$(VARIABLE)` in commands, arguments, environment and `subPathExpr` (`third_party/forked/golang/expansion`).

/// What references stand for is longer than the caller can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Replaces `$(NAME)` by what `lookup` returns; `$$` is a `$`. References without a value, and what is no reference,
/// stay as they are. Ends where the result would be longer than `longest` bytes.
pub(crate) fn expand<'a>(
    text: &str,
    longest: usize,
    mut lookup: impl FnMut(&str) -> Option<&'a str>,
) -> Result<String, TooLong> {
    let mut expanded = Bounded { text: String::new(), longest };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push(before)?;
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            expanded.push("$")?;
            rest = escaped;
        } else if let Some((name, after)) = after.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
            match lookup(name) {
                Some(value) => expanded.push(value)?,
                None => ["$(", name, ")"].into_iter().try_for_each(|part| expanded.push(part))?,
            }
            rest = after;
        } else {
            expanded.push("$")?;
        }
    }
    expanded.push(rest)?;
    Ok(expanded.text)
}

struct Bounded {
    text: String,
    longest: usize,
}

impl Bounded {
    fn push(&mut self, part: &str) -> Result<(), TooLong> {
        if part.len() > self.longest - self.text.len() {
            return Err(TooLong);
        }
        self.text.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<&'static str> {
        match name {
            "A" => Some("1"),
            "B" => Some("2"),
            "EMPTY" => Some(""),
            "NESTED" => Some("$(A)"),
            _ => None,
        }
    }

    #[test]
    fn references_are_replaced_and_everything_else_is_kept() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("$(A)", "1"),
            ("$(A)$(B)", "12"),
            ("x$(A)y", "x1y"),
            ("$(EMPTY)", ""),
            ("$(UNKNOWN)", "$(UNKNOWN)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$$$$(A)", "$$(A)"),
            ("$A", "$A"),
            ("$", "$"),
            ("100$", "100$"),
            ("$(A", "$(A"),
            ("$()", "$()"),
            ("$(A)$(A", "1$(A"),
            ("$(NESTED)", "$(A)"),
            ("$(A$(B)", "$(A$(B)"),
        ] {
            assert_eq!(expand(text, 100, lookup).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_grows_too_long_ends() {
        for (text, longest, expected) in
            [("$(A)$(B)", 2, Ok("12")), ("$(A)$(B)x", 2, Err(TooLong)), ("$(NESTED)", 3, Err(TooLong)), ("", 0, Ok(""))]
        {
            assert_eq!(expand(text, longest, lookup).as_deref(), expected.as_ref().copied(), "{text} {longest}");
        }
    }
}
