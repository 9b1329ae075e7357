//! `$(VARIABLE)` in commands, arguments, environment and `subPathExpr` (`third_party/forked/golang/expansion`).

/// Replaces `$(NAME)` by what `lookup` returns; `$$` is a `$`. References without a value, and what is no reference,
/// stay as they are.
pub(crate) fn expand(text: &str, mut lookup: impl FnMut(&str) -> Option<String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            expanded.push('$');
            rest = escaped;
        } else if let Some((name, after)) = after.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
            expanded.push_str(&lookup(name).unwrap_or_else(|| format!("$({name})")));
            rest = after;
        } else {
            expanded.push('$');
        }
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let lookup = |name: &str| match name {
                "A" => Some("1".to_owned()),
                "B" => Some("2".to_owned()),
                "EMPTY" => Some(String::new()),
                "NESTED" => Some("$(A)".to_owned()),
                _ => None,
            };
            assert_eq!(expand(text, lookup), expected, "{text}");
        }
    }
}
