//! Text to tokens, with ANTLR's words for what is none.

use crate::source::Issue;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Int,
    Uint,
    Float,
    String,
    Bytes,
    Identifier,
    /// A name in backticks.
    Escaped,
    /// An operator, a bracket, or one of `in`, `true`, `false`, `null`.
    Symbol,
    End,
}

#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    pub kind: TokenKind,
    pub text: &'t str,
    /// In characters.
    pub position: u32,
}

/// Longer ones before those that they begin with.
const SYMBOLS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%",
];
const WORDS: &[&str] = &["in", "true", "false", "null"];

/// The tokens of a text, ending with `End`.
pub fn tokenize<'t>(text: &'t str, issues: &mut Vec<Issue>) -> Vec<Token<'t>> {
    let mut lexer = Lexer { text, at: 0, position: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let position = lexer.position;
        if lexer.rest().is_empty() {
            tokens.push(Token { kind: TokenKind::End, text: "<EOF>", position });
            return tokens;
        }
        match lexer.next() {
            Ok((kind, length)) => tokens.push(Token { kind, text: lexer.advance(length), position }),
            Err(length) => {
                let text = lexer.advance(length);
                issues.push(Issue::at(position, format!("Syntax error: token recognition error at: '{text}'")));
            }
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    position: u32,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn advance(&mut self, length: usize) -> &'t str {
        let taken = &self.rest()[..length];
        self.at += length;
        self.position += u32::try_from(taken.chars().count()).unwrap_or(u32::MAX);
        taken
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']).len();
            let comment = if rest.starts_with("//") { rest.find('\n').unwrap_or(rest.len()) } else { 0 };
            if blank + comment == 0 {
                return;
            }
            self.advance(blank.max(comment));
        }
    }

    /// Kind and length of the next token, or how much is none.
    fn next(&self) -> Result<(TokenKind, usize), usize> {
        let rest = self.rest();
        if let Some((kind, prefix)) = string_prefix(rest) {
            return string_length(&rest[prefix..], rest[..prefix].contains(['r', 'R']))
                .map(|length| (kind, prefix + length))
                .map_err(|length| prefix + length);
        }
        if let Some(found) = number(rest) {
            return Ok(found);
        }
        if rest.starts_with('`') {
            return escaped(rest).map(|length| (TokenKind::Escaped, length));
        }
        let name = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        if name > 0 {
            let kind = if WORDS.contains(&&rest[..name]) { TokenKind::Symbol } else { TokenKind::Identifier };
            return Ok((kind, name));
        }
        SYMBOLS
            .iter()
            .find(|symbol| rest.starts_with(**symbol))
            .map(|symbol| (TokenKind::Symbol, symbol.len()))
            .ok_or_else(|| unrecognized(rest))
    }
}

/// ANTLR reports what it had read when no token was possible any more.
fn unrecognized(rest: &str) -> usize {
    let begins_symbol = rest.starts_with(['&', '|', '=']);
    rest.chars().take(if begins_symbol { 2 } else { 1 }).map(char::len_utf8).sum()
}

fn string_prefix(rest: &str) -> Option<(TokenKind, usize)> {
    let letters = rest.len() - rest.trim_start_matches(['b', 'B', 'r', 'R']).len();
    if !rest[letters..].starts_with(['\'', '"']) {
        return None;
    }
    match rest[..letters].to_ascii_lowercase().as_str() {
        "" | "r" => Some((TokenKind::String, letters)),
        "b" | "br" => Some((TokenKind::Bytes, letters)),
        _ => None,
    }
}

/// The length of a quoted string with its quotes, or up to where it ceases to be one.
fn string_length(quoted: &str, raw: bool) -> Result<usize, usize> {
    let quote = &quoted[..1];
    let tripled = quote.repeat(3);
    let (delimiter, multiline) = if quoted.starts_with(&tripled) { (tripled.as_str(), true) } else { (quote, false) };
    let mut at = delimiter.len();
    while let Some(character) = quoted[at..].chars().next() {
        if quoted[at..].starts_with(delimiter) {
            return Ok(at + delimiter.len());
        }
        if !multiline && matches!(character, '\n' | '\r') {
            return Err(at + 1);
        }
        at += if character == '\\' && !raw {
            escape_length(&quoted[at..]).map_err(|bad| at + bad)?
        } else {
            character.len_utf8()
        };
    }
    Err(quoted.len())
}

fn escape_length(text: &str) -> Result<usize, usize> {
    let Some(kind) = text[1..].chars().next() else { return Err(1) };
    let (count, radix) = match kind {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '"' | '\'' | '\\' | '?' | '`' => (0, 16),
        'x' | 'X' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        '0'..='3' => (2, 8),
        _ => return Err(1 + kind.len_utf8()),
    };
    let digits = text[2..].chars().take(count).take_while(|c| c.is_digit(radix)).count();
    if digits == count { Ok(2 + count) } else { Err(2 + digits) }
}

fn number(rest: &str) -> Option<(TokenKind, usize)> {
    let span = |from: usize, accept: fn(&u8) -> bool| rest.as_bytes()[from..].iter().take_while(|b| accept(b)).count();
    if rest.starts_with("0x") && span(2, u8::is_ascii_hexdigit) > 0 {
        return Some(integer(rest, 2 + span(2, u8::is_ascii_hexdigit)));
    }
    let whole = span(0, u8::is_ascii_digit);
    let fraction = match rest[whole..].strip_prefix('.') {
        Some(_) => span(whole + 1, u8::is_ascii_digit),
        None => 0,
    };
    let mantissa = whole + if fraction > 0 { 1 + fraction } else { 0 };
    if mantissa == 0 {
        return None;
    }
    let exponent = exponent_length(&rest[mantissa..]);
    if fraction > 0 || exponent > 0 {
        Some((TokenKind::Float, mantissa + exponent))
    } else {
        Some(integer(rest, whole))
    }
}

fn integer(rest: &str, length: usize) -> (TokenKind, usize) {
    if rest[length..].starts_with(['u', 'U']) { (TokenKind::Uint, length + 1) } else { (TokenKind::Int, length) }
}

fn exponent_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['e', 'E']) else { return 0 };
    let signed = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let digits = signed.len() - signed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 { 0 } else { 1 + rest.len() - signed.len() + digits }
}

fn escaped(rest: &str) -> Result<usize, usize> {
    let inner = rest[1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_.-/ ".contains(c));
    let length = rest.len() - inner.len();
    if length > 1 && inner.starts_with('`') { Ok(length + 1) } else { Err(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, String)> {
        let tokens = tokenize(text, &mut Vec::new());
        tokens[..tokens.len() - 1].iter().map(|token| (token.kind, token.text.to_owned())).collect()
    }

    #[test]
    fn tokens_are_as_long_as_they_can_be() {
        use TokenKind::{Bytes, Escaped, Float, Identifier, Int, String, Symbol, Uint};
        for (text, expected) in [
            ("a<=b", vec![(Identifier, "a"), (Symbol, "<="), (Identifier, "b")]),
            ("1.5e-3 .5 1 0xffu", vec![(Float, "1.5e-3"), (Float, ".5"), (Int, "1"), (Uint, "0xffu")]),
            ("1.x", vec![(Int, "1"), (Symbol, "."), (Identifier, "x")]),
            (r#"br'\' 'a\'b' """x"y""""#, vec![(Bytes, r"br'\'"), (String, r"'a\'b'"), (String, r#""""x"y""""#)]),
            ("in inn // x\n`a-b`", vec![(Symbol, "in"), (Identifier, "inn"), (Escaped, "`a-b`")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(kind, text)| (kind, text.to_owned())).collect();
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_reported_and_left_out() {
        for (text, expected) in [("1 @ 2", "@"), ("a & b", "& "), ("'abc", "'abc"), (r"'\q", r"'\q"), ("'ü", "'ü")] {
            let mut issues = Vec::new();
            tokenize(text, &mut issues);
            assert_eq!(issues[0].message, format!("Syntax error: token recognition error at: '{expected}'"));
        }
    }
}
