//! Positions in an expression's text, and complaints about it in the form that cel-go prints.

use std::fmt::Write;

/// How much of a line is shown below a complaint, in characters (cel-go, common/error.go).
const SNIPPET_LIMIT: usize = 16_384;
/// How many complaints are printed (cel-go, common/errors.go).
const ISSUE_LIMIT: usize = 100;

/// One complaint about an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Offset in characters; `None` if the complaint is about the whole.
    pub position: Option<u32>,
    pub message: String,
}

impl Issue {
    pub fn at(position: u32, message: impl Into<String>) -> Self {
        Self { position: Some(position), message: message.into() }
    }

    pub fn of_all(message: impl Into<String>) -> Self {
        Self { position: None, message: message.into() }
    }
}

/// All complaints, in the order of the text, one below the other.
pub(crate) fn display(source: &str, issues: &[Issue]) -> String {
    let mut sorted: Vec<&Issue> = issues.iter().take(ISSUE_LIMIT).collect();
    sorted.sort_by_key(|issue| issue.position.map_or(-1, i64::from));
    let mut lines: Vec<String> = sorted.into_iter().map(|issue| display_one(source, issue)).collect();
    if issues.len() > ISSUE_LIMIT {
        lines.push(format!("{} more errors were truncated", issues.len() - ISSUE_LIMIT));
    }
    lines.join("\n")
}

fn display_one(source: &str, issue: &Issue) -> String {
    let Some(position) = issue.position else {
        return format!("ERROR: <input>:-1:0: {}", issue.message);
    };
    let (line, column, text) = locate(source, position as usize);
    let mut shown = format!("ERROR: <input>:{line}:{}: {}", column + 1, issue.message);
    if text.chars().count() <= SNIPPET_LIMIT {
        let text = text.replace('\t', " ");
        let _ = write!(shown, "\n | {text}\n | {}", pointer(&text, column));
    }
    shown
}

/// Line (from 1), column (from 0) and the line's text.
fn locate(source: &str, position: usize) -> (usize, usize, &str) {
    let mut start = 0;
    for (index, line) in source.split('\n').enumerate() {
        let length = line.chars().count();
        if position <= start + length {
            return (index + 1, position - start, line);
        }
        start += length + 1;
    }
    (1, position, source)
}

/// Dots up to the column and a caret below it, wide ones below wide characters.
fn pointer(text: &str, column: usize) -> String {
    let mut characters = text.chars();
    let mut pointer: String =
        characters.by_ref().take(column).map(|c| if c.len_utf8() > 1 { '\u{ff0e}' } else { '.' }).collect();
    pointer.push(if characters.next().is_some_and(|c| c.len_utf8() > 1) { '\u{ff3e}' } else { '^' });
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_point_at_their_place() {
        let shown = display("a\n\tb + c", &[Issue::at(3, "second"), Issue::at(0, "first")]);
        assert_eq!(shown, "ERROR: <input>:1:1: first\n | a\n | ^\nERROR: <input>:2:2: second\n |  b + c\n | .^");
        assert_eq!(display("x", &[Issue::of_all("too long")]), "ERROR: <input>:-1:0: too long");
        assert!(display("'ä' + x", &[Issue::at(6, "m")]).ends_with("\n | .\u{ff0e}....^"));
    }
}
