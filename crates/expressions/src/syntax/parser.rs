//! Tokens to a tree, by recursive descent with precedences. Complaints have ANTLR's words, as cel-go prints them.

use super::{
    RESERVED,
    lexer::{Token, TokenKind, tokenize},
    literal, macros, operators,
    tree::{Element, Entry, Expression, Field, Literal, NodeId, Tree},
};
use crate::source::Issue;
use std::sync::Arc;

/// Longest expression in characters (cel-go, parser/options.go).
const SIZE_LIMIT: usize = 100_000;
/// How deep expressions may be nested (cel-go, parser/options.go).
const DEPTH_LIMIT: u16 = 250;

const PRIMARY: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, \
                       BYTES, IDENTIFIER}";
const PRIMARY_OR_CLOSE: &str = "{'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, \
                                NUM_UINT, STRING, BYTES, IDENTIFIER}";
const PRIMARY_OR_OPTIONAL: &str = "{'[', '{', '(', '.', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, \
                                   NUM_UINT, STRING, BYTES, IDENTIFIER}";

const LIST_START: &str = "{'[', ']', '{', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, \
                          NUM_UINT, STRING, BYTES, IDENTIFIER}";
const MAP_START: &str = "{'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, \
                         NUM_UINT, STRING, BYTES, IDENTIFIER}";

/// Binary operators: text, name as a function, how closely they bind.
const BINARY: &[(&str, &str, u8)] = &[
    ("||", operators::OR, 1),
    ("&&", operators::AND, 2),
    ("<", operators::LESS, 3),
    ("<=", operators::LESS_EQUALS, 3),
    (">=", operators::GREATER_EQUALS, 3),
    (">", operators::GREATER, 3),
    ("==", operators::EQUALS, 3),
    ("!=", operators::NOT_EQUALS, 3),
    ("in", operators::IN, 3),
    ("+", operators::ADD, 4),
    ("-", operators::SUBTRACT, 4),
    ("*", operators::MULTIPLY, 5),
    ("/", operators::DIVIDE, 5),
    ("%", operators::MODULO, 5),
];

/// Reads an expression; the tree and its root, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<(Tree, NodeId), Vec<Issue>> {
    let size = text.chars().count();
    if size > SIZE_LIMIT {
        let message = format!("expression code point size exceeds limit: size: {size}, limit {SIZE_LIMIT}");
        return Err(vec![Issue::of_all(message)]);
    }
    let mut issues = Vec::new();
    let tokens = tokenize(text, &mut issues);
    let mut parser = Parser { tokens: &tokens, next: 0, tree: Tree::default(), issues, nesting: 0 };
    match parser.whole() {
        Ok(root) if parser.issues.is_empty() => Ok((parser.tree, root)),
        _ => Err(parser.issues),
    }
}

/// The complaint has been noted; nothing more can be said.
#[derive(Debug)]
struct Stop;

type Parsed<T = NodeId> = Result<T, Stop>;

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    next: usize,
    tree: Tree,
    issues: Vec<Issue>,
    nesting: u16,
}

impl<'t> Parser<'t> {
    fn whole(&mut self) -> Parsed {
        let root = self.expression()?;
        if self.peek().kind == TokenKind::End {
            return Ok(root);
        }
        let is_last = self.tokens.get(self.next + 1).is_some_and(|token| token.kind == TokenKind::End);
        let what = if is_last { "extraneous" } else { "mismatched" };
        self.refuse(&format!("{what} input '{}' expecting <EOF>", self.peek().text))
    }

    fn peek(&self) -> Token<'t> {
        self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn is(&self, symbol: &str) -> bool {
        self.peek().kind == TokenKind::Symbol && self.peek().text == symbol
    }

    fn take(&mut self) -> Token<'t> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.next += 1;
        }
        found
    }

    fn refuse<T>(&mut self, message: &str) -> Parsed<T> {
        self.issues.push(Issue::at(self.peek().position, format!("Syntax error: {message}")));
        Err(Stop)
    }

    fn mismatch<T>(&mut self, expected: &str) -> Parsed<T> {
        self.refuse(&format!("mismatched input '{}' expecting {expected}", self.peek().text))
    }

    fn close(&mut self, symbol: &str) -> Parsed<()> {
        if self.accept(symbol) {
            return Ok(());
        }
        self.refuse(&format!("missing '{symbol}' at '{}'", self.peek().text))
    }

    fn add(&mut self, position: u32, expression: Expression) -> Parsed {
        let id = self.tree.add(position, expression);
        if self.tree.depth(id) > DEPTH_LIMIT {
            return self.too_deep();
        }
        Ok(id)
    }

    fn too_deep<T>(&mut self) -> Parsed<T> {
        self.issues.push(Issue::of_all(format!("expression recursion limit exceeded: {DEPTH_LIMIT}")));
        Err(Stop)
    }

    /// A call, or what a macro of that name makes of it.
    fn call(&mut self, position: u32, function: &str, target: Option<NodeId>, arguments: Vec<NodeId>) -> Parsed {
        match macros::expand(&mut self.tree, position, function, target, &arguments) {
            Some(Ok(id)) if self.tree.depth(id) > DEPTH_LIMIT => self.too_deep(),
            Some(Ok(id)) => Ok(id),
            Some(Err(issue)) => {
                self.issues.push(issue);
                self.add(position, Expression::Literal(Literal::Null))
            }
            None => self.add(position, Expression::Call { function: function.into(), target, arguments }),
        }
    }

    fn expression(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > DEPTH_LIMIT {
            return self.too_deep();
        }
        let condition = self.binary(1)?;
        let result = if self.is("?") { self.conditional(condition) } else { Ok(condition) };
        self.nesting -= 1;
        result
    }

    fn conditional(&mut self, condition: NodeId) -> Parsed {
        let position = self.take().position;
        let truthy = self.binary(1)?;
        if !self.accept(":") {
            return self.mismatch("':'");
        }
        let falsy = self.expression()?;
        self.call(position, operators::CONDITIONAL, None, vec![condition, truthy, falsy])
    }

    fn binary(&mut self, minimum: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some((function, binding)) = self.operator(minimum) {
            left = if binding <= 2 {
                self.logic(left, function, binding)?
            } else {
                let position = self.take().position;
                let right = self.binary(binding + 1)?;
                self.call(position, function, None, vec![left, right])?
            };
        }
        Ok(left)
    }

    fn operator(&self, minimum: u8) -> Option<(&'static str, u8)> {
        let token = self.peek();
        BINARY
            .iter()
            .find(|(text, _, binding)| token.kind == TokenKind::Symbol && *text == token.text && *binding >= minimum)
            .map(|(_, function, binding)| (*function, *binding))
    }

    /// Chains of `&&` and of `||` become balanced trees, so that long ones are not deep.
    fn logic(&mut self, first: NodeId, function: &'static str, binding: u8) -> Parsed {
        let mut terms = vec![first];
        let mut positions = Vec::new();
        while self.operator(binding).is_some_and(|(next, _)| next == function) {
            positions.push(self.take().position);
            terms.push(self.binary(binding + 1)?);
        }
        self.balance(function, &terms, &positions)
    }

    fn balance(&mut self, function: &str, terms: &[NodeId], positions: &[u32]) -> Parsed {
        if positions.is_empty() {
            return Ok(terms[0]);
        }
        let middle = positions.len() / 2;
        let left = self.balance(function, &terms[..=middle], &positions[..middle])?;
        let right = self.balance(function, &terms[middle + 1..], &positions[middle + 1..])?;
        self.call(positions[middle], function, None, vec![left, right])
    }

    fn unary(&mut self) -> Parsed {
        for (symbol, function) in [("!", operators::NOT), ("-", operators::NEGATE)] {
            if self.is(symbol) && !self.is_negative_number() {
                return self.prefixed(symbol, function);
            }
        }
        self.member()
    }

    fn is_negative_number(&self) -> bool {
        let following = self.tokens.get(self.next + 1).map(|token| token.kind);
        self.is("-") && matches!(following, Some(TokenKind::Int | TokenKind::Float))
    }

    fn prefixed(&mut self, symbol: &str, function: &str) -> Parsed {
        let position = self.peek().position;
        let mut count = 0;
        while self.is(symbol) && !(count > 0 && self.is_negative_number()) {
            self.next += 1;
            count += 1;
        }
        let operand = self.member()?;
        if count % 2 == 0 { Ok(operand) } else { self.call(position, function, None, vec![operand]) }
    }

    fn member(&mut self) -> Parsed {
        let mut operand = self.primary()?;
        loop {
            operand = if self.is(".") {
                self.select(operand)?
            } else if self.is("[") {
                self.index(operand)?
            } else {
                return Ok(operand);
            };
        }
    }

    fn select(&mut self, operand: NodeId) -> Parsed {
        let position = self.take().position;
        let optional = self.accept("?");
        let name = self.peek();
        if !matches!(name.kind, TokenKind::Identifier | TokenKind::Escaped) {
            let shown = if name.kind == TokenKind::End { "" } else { name.text };
            return self.refuse(&format!("no viable alternative at input '.{shown}'"));
        }
        self.next += 1;
        if name.kind == TokenKind::Identifier && !optional && self.is("(") {
            let position = self.peek().position;
            let arguments = self.arguments()?;
            return self.call(position, name.text, Some(operand), arguments);
        }
        let field: Arc<str> = name.text.trim_matches('`').into();
        if !optional {
            return self.add(position, Expression::Select { operand, field, test: false });
        }
        let field = self.add(name.position, Expression::Literal(Literal::String(field)))?;
        self.call(position, operators::OPTIONAL_SELECT, None, vec![operand, field])
    }

    fn index(&mut self, operand: NodeId) -> Parsed {
        let position = self.take().position;
        let optional = self.accept("?");
        let index = if optional { self.expression()? } else { self.expression_or(PRIMARY_OR_OPTIONAL)? };
        self.close("]")?;
        let function = if optional { operators::OPTIONAL_INDEX } else { operators::INDEX };
        self.call(position, function, None, vec![operand, index])
    }

    /// `(a, b)`, from the opening bracket on.
    fn arguments(&mut self) -> Parsed<Vec<NodeId>> {
        self.next += 1;
        let mut arguments = Vec::new();
        if self.accept(")") {
            return Ok(arguments);
        }
        arguments.push(self.expression_or(PRIMARY_OR_CLOSE)?);
        while self.accept(",") {
            arguments.push(self.expression()?);
        }
        self.close(")")?;
        Ok(arguments)
    }

    /// An expression, where something else could have stood too.
    fn expression_or(&mut self, expected: &str) -> Parsed {
        if begins_expression(self.peek()) { self.expression() } else { self.mismatch(expected) }
    }

    fn primary(&mut self) -> Parsed {
        let token = self.peek();
        match token.kind {
            TokenKind::Identifier => self.named(""),
            TokenKind::Symbol => self.bracketed(token),
            TokenKind::Escaped | TokenKind::End => self.no_primary(),
            _ => self.literal(false),
        }
    }

    fn bracketed(&mut self, token: Token<'t>) -> Parsed {
        match token.text {
            "(" => {
                self.next += 1;
                let inner = self.expression()?;
                self.close(")")?;
                Ok(inner)
            }
            "[" => self.list(),
            "{" => self.map(),
            "." => {
                self.next += 1;
                if self.peek().kind == TokenKind::Identifier { self.named(".") } else { self.mismatch("IDENTIFIER") }
            }
            "-" if self.is_negative_number() => {
                self.next += 1;
                self.literal(true)
            }
            "true" | "false" => {
                self.next += 1;
                self.add(token.position, Expression::Literal(Literal::Bool(token.text == "true")))
            }
            "null" => {
                self.next += 1;
                self.add(token.position, Expression::Literal(Literal::Null))
            }
            _ => self.no_primary(),
        }
    }

    /// ANTLR speaks of extraneous input if the next token would do.
    fn no_primary(&mut self) -> Parsed {
        let following = self.tokens.get(self.next + 1).copied();
        let negated = self.next > 0 && ["!", "-"].contains(&self.tokens[self.next - 1].text);
        if negated || following.is_some_and(|token| begins_expression(token)) {
            return self.refuse(&format!("extraneous input '{}' expecting {PRIMARY}", self.peek().text));
        }
        self.mismatch(PRIMARY)
    }

    fn literal(&mut self, negative: bool) -> Parsed {
        let token = self.take();
        let position = if negative { self.tokens[self.next - 2].position } else { token.position };
        let read = match token.kind {
            TokenKind::Int => literal::int(negative, token.text),
            TokenKind::Uint => literal::uint(token.text),
            TokenKind::Float => literal::double(negative, token.text),
            TokenKind::Bytes => literal::bytes(token.text),
            _ => literal::string(token.text),
        };
        let value = read.unwrap_or_else(|message| {
            self.issues.push(Issue::at(position, message));
            Literal::Null
        });
        self.add(position, Expression::Literal(value))
    }

    /// A name, a call, or an object of a named type. `dot` is `.` if the name begins with one.
    fn named(&mut self, dot: &str) -> Parsed {
        if let Some(length) = self.type_name_length() {
            return self.object(dot, length);
        }
        let token = self.take();
        if RESERVED.contains(&token.text) {
            self.issues.push(Issue::at(token.position, format!("reserved identifier: {}", token.text)));
        }
        let name = format!("{dot}{}", token.text);
        if self.is("(") {
            let position = self.peek().position;
            let arguments = self.arguments()?;
            return self.call(position, &name, None, arguments);
        }
        self.add(token.position, Expression::Identifier(name.into()))
    }

    /// How many tokens there are before the `{` of `a.b.C{`.
    fn type_name_length(&self) -> Option<usize> {
        let rest = &self.tokens[self.next..];
        let names = rest.iter().enumerate().take_while(|(index, token)| {
            if index % 2 == 0 { token.kind == TokenKind::Identifier } else { token.text == "." }
        });
        let length = names.count();
        (length % 2 == 1 && rest.get(length).is_some_and(|token| token.text == "{")).then_some(length)
    }

    fn object(&mut self, dot: &str, length: usize) -> Parsed {
        let words = &self.tokens[self.next..self.next + length];
        let name = format!("{dot}{}", words.iter().map(|token| token.text).collect::<String>());
        self.next += length;
        let position = self.take().position;
        let mut fields = Vec::new();
        while !self.is("}") {
            fields.push(self.field()?);
            if !self.accept(",") {
                break;
            }
        }
        if !self.accept("}") {
            return self.mismatch("{'}', ','}");
        }
        self.add(position, Expression::Struct { name: name.into(), fields })
    }

    fn field(&mut self) -> Parsed<Field> {
        let optional = self.accept("?");
        let name = self.peek();
        if !matches!(name.kind, TokenKind::Identifier | TokenKind::Escaped) {
            return self.mismatch("{IDENTIFIER, ESC_IDENTIFIER}");
        }
        self.next += 1;
        let position = self.peek().position;
        if !self.accept(":") {
            return self.mismatch("':'");
        }
        let value = self.expression()?;
        Ok(Field { name: name.text.trim_matches('`').into(), value, optional, position })
    }

    /// What may follow an opening bracket; a comma alone, too.
    fn aggregate_start(&mut self, expected: &str) -> Parsed<()> {
        let closes = self.accept(",") || ["]", "}", "?"].iter().any(|symbol| self.is(symbol));
        if closes || begins_expression(self.peek()) { Ok(()) } else { self.mismatch(expected) }
    }

    fn list(&mut self) -> Parsed {
        let position = self.take().position;
        let mut elements = Vec::new();
        self.aggregate_start(LIST_START)?;
        while !self.is("]") {
            let optional = self.accept("?");
            elements.push(Element { value: self.expression()?, optional });
            if !self.accept(",") {
                break;
            }
        }
        if !self.accept("]") {
            return self.mismatch("{']', ','}");
        }
        self.add(position, Expression::List(elements))
    }

    fn map(&mut self) -> Parsed {
        let position = self.take().position;
        let mut entries = Vec::new();
        self.aggregate_start(MAP_START)?;
        while !self.is("}") {
            let optional = self.accept("?");
            let key = self.expression()?;
            if !self.accept(":") {
                return self.mismatch("':'");
            }
            entries.push(Entry { key, value: self.expression()?, optional });
            if !self.accept(",") {
                break;
            }
        }
        if !self.accept("}") {
            return self.mismatch("{'}', ','}");
        }
        self.add(position, Expression::Map(entries))
    }
}

fn begins_expression(token: Token<'_>) -> bool {
    match token.kind {
        TokenKind::Symbol => ["[", "{", "(", ".", "-", "!", "true", "false", "null"].contains(&token.text),
        TokenKind::Escaped | TokenKind::End => false,
        _ => true,
    }
}
