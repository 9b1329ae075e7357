//! From text to a tree: lexer, parser, macros. The grammar is cel-go's `parser/gen/CEL.g4`, the macros those of its
//! standard, of optional values, of comprehensions with two variables and of lists.

mod lexer;
mod literal;
mod macros;
mod parser;
mod tree;

pub(crate) use parser::parse;
pub(crate) use tree::{Element, Entry, Expression, Field, Fold, Literal, NodeId, Tree};

/// The variable in which a comprehension gathers its result; no expression can name it.
pub(crate) const ACCUMULATOR: &str = "@result";

/// Words that are no names (cel-go, parser/parser.go).
pub(crate) const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "null",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// The names that operators have as functions.
pub(crate) mod operators {
    pub const ADD: &str = "_+_";
    pub const AND: &str = "_&&_";
    pub const CONDITIONAL: &str = "_?_:_";
    pub const DIVIDE: &str = "_/_";
    pub const EQUALS: &str = "_==_";
    pub const GREATER: &str = "_>_";
    pub const GREATER_EQUALS: &str = "_>=_";
    pub const IN: &str = "@in";
    pub const INDEX: &str = "_[_]";
    pub const LESS: &str = "_<_";
    pub const LESS_EQUALS: &str = "_<=_";
    pub const MODULO: &str = "_%_";
    pub const MULTIPLY: &str = "_*_";
    pub const NEGATE: &str = "-_";
    pub const NOT: &str = "!_";
    pub const NOT_EQUALS: &str = "_!=_";
    pub const NOT_STRICTLY_FALSE: &str = "@not_strictly_false";
    pub const OPTIONAL_INDEX: &str = "_[?_]";
    pub const OPTIONAL_SELECT: &str = "_?._";
    pub const OR: &str = "_||_";
    pub const SUBTRACT: &str = "_-_";
}
