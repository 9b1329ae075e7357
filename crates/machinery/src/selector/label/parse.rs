//! The grammar of label selectors in query parameters.

use super::{Operator, Requirement, key_errors};
use crate::field::{Error, Path, aggregate};
use std::{collections::BTreeSet, iter::Peekable, vec::IntoIter};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A key, a value, or a word operator.
    Word(String),
    /// `=`, `==`, `!=`, `!`, `<`, `>`, `(`, `)`, `,`; empty at the end of the text.
    Symbol(&'static str),
}

const END: Token = Token::Symbol("");
const COMMA: Token = Token::Symbol(",");

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
        }
    }

    fn starts_requirement(&self) -> bool {
        matches!(self, Self::Word(_) | Self::Symbol("!"))
    }
}

/// Reads all conditions; the error is Kubernetes' text.
pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser { tokens: tokens(text).into_iter().peekable() };
    let mut requirements = Vec::new();
    loop {
        let next = parser.peek();
        if next == END {
            return Ok(requirements);
        }
        if !next.starts_requirement() {
            return Err(format!("found '{}', expected: !, identifier, or 'end of string'", next.text()));
        }
        let requirement = parser.requirement().map_err(|error| format!("unable to parse requirement: {error}"))?;
        requirements.push(requirement);
        let separator = parser.next();
        if separator == END {
            return Ok(requirements);
        }
        if separator != COMMA {
            return Err(format!("found '{}', expected: ',' or 'end of string'", separator.text()));
        }
        let next = parser.peek();
        if !next.starts_requirement() {
            return Err(format!("found '{}', expected: identifier after ','", next.text()));
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let ends = |character: char| character.is_whitespace() || "=!()<>,".contains(character);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let symbol =
            ["==", "!=", "=", "!", "<", ">", "(", ")", ","].into_iter().find(|symbol| rest.starts_with(symbol));
        let token = match symbol {
            Some(symbol) => Token::Symbol(symbol),
            None => Token::Word(rest.chars().take_while(|character| !ends(*character)).collect()),
        };
        rest = rest.get(token.text().len()..).unwrap_or_default().trim_start();
        tokens.push(token);
    }
    tokens
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
}

impl Parser {
    fn peek(&mut self) -> Token {
        self.tokens.peek().cloned().unwrap_or(END)
    }

    fn next(&mut self) -> Token {
        self.tokens.next().unwrap_or(END)
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.tokens.next_if_eq(&Token::Symbol("!")).is_some();
        let key = match self.next() {
            Token::Word(word) => word,
            Token::Symbol(symbol) => return Err(format!("found '{symbol}', expected: identifier")),
        };
        let errors = key_errors(&key);
        if !errors.is_empty() {
            return Err(aggregate(&errors));
        }
        if negated {
            return Requirement::new(&key, Operator::DoesNotExist);
        }
        if matches!(self.peek(), END | COMMA) {
            return Requirement::new(&key, Operator::Exists);
        }
        let operator = self.operator()?;
        Requirement::new(&key, operator)
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let token = self.next();
        match token.text() {
            "in" => self.values().map(Operator::In),
            "notin" => self.values().map(Operator::NotIn),
            "=" | "==" => Ok(Operator::In(vec![self.exact_value()?])),
            "!=" => Ok(Operator::NotIn(vec![self.exact_value()?])),
            ">" => self.bound().map(Operator::GreaterThan),
            "<" => self.bound().map(Operator::LessThan),
            other => Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn bound(&mut self) -> Result<i64, String> {
        let value = self.exact_value()?;
        value.parse().map_err(|_| {
            let text = "for 'Gt', 'Lt' operators, the value must be an integer";
            Error::invalid(&Path::new("values").index(0), value, text).to_string()
        })
    }

    fn exact_value(&mut self) -> Result<String, String> {
        match self.peek() {
            END | COMMA => Ok(String::new()),
            Token::Word(word) => {
                self.next();
                Ok(word)
            }
            Token::Symbol(symbol) => Err(format!("found '{symbol}', expected: identifier")),
        }
    }

    /// `(a,b)`; an empty place between commas is the empty value.
    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let mut values = BTreeSet::new();
        let mut value_due = true;
        loop {
            match self.next() {
                Token::Word(word) if value_due => {
                    values.insert(word);
                    value_due = false;
                }
                Token::Symbol(symbol @ ("," | ")")) => {
                    if value_due {
                        values.insert(String::new());
                    }
                    if symbol == ")" {
                        return Ok(values.into_iter().collect());
                    }
                    value_due = true;
                }
                other if value_due => return Err(format!("found '{}', expected: ',', or identifier", other.text())),
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}
