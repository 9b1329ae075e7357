//! The tree of an expression: nodes in one vector, which refer to each other by number.

use std::sync::Arc;

/// A node's place in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Literal(Literal),
    Identifier(Arc<str>),
    /// `operand.field`, or whether it is there (`has`).
    Select {
        operand: NodeId,
        field: Arc<str>,
        test: bool,
    },
    Call {
        function: Arc<str>,
        target: Option<NodeId>,
        arguments: Vec<NodeId>,
    },
    List(Vec<Element>),
    Map(Vec<Entry>),
    Struct {
        name: Arc<str>,
        fields: Vec<Field>,
    },
    Fold(Box<Fold>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Element {
    pub value: NodeId,
    pub optional: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub key: NodeId,
    pub value: NodeId,
    pub optional: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub name: Arc<str>,
    pub value: NodeId,
    pub optional: bool,
    /// Where the colon stands: what is wrong with the field is reported there.
    pub position: u32,
}

/// What all comprehensions are expanded to: a fold over a range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fold {
    pub range: NodeId,
    pub variable: Arc<str>,
    /// In the form with two variables the first is key or index, this one the value.
    pub second: Option<Arc<str>>,
    pub accumulator: Arc<str>,
    pub initial: NodeId,
    pub condition: NodeId,
    pub step: NodeId,
    pub result: NodeId,
}

#[derive(Clone, Debug)]
struct Node {
    expression: Expression,
    position: u32,
    depth: u16,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Adds a node above those that it refers to.
    pub fn add(&mut self, position: u32, expression: Expression) -> NodeId {
        let depth = children(&expression).into_iter().map(|child| self.depth(child)).max().unwrap_or(0) + 1;
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { expression, position, depth });
        id
    }

    pub fn expression(&self, id: NodeId) -> &Expression {
        &self.nodes[id.index()].expression
    }

    pub fn replace(&mut self, id: NodeId, expression: Expression) {
        self.nodes[id.index()].expression = expression;
    }

    /// Where the node stands in the text, in characters.
    pub fn position(&self, id: NodeId) -> u32 {
        self.nodes[id.index()].position
    }

    /// How many nodes lie on the longest way down, this one included.
    pub fn depth(&self, id: NodeId) -> u16 {
        self.nodes[id.index()].depth
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes below and including this one, each once (macros use some twice), above before below.
    pub fn below(&self, root: NodeId) -> Vec<NodeId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut found = vec![root];
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            for child in children(self.expression(id)) {
                if !std::mem::replace(&mut seen[child.index()], true) {
                    found.push(child);
                }
            }
            next += 1;
        }
        found
    }

    /// `a.b.c` as one name, if it is nothing but names.
    pub fn qualified_name(&self, id: NodeId) -> Option<String> {
        match self.expression(id) {
            Expression::Identifier(name) => Some(name.to_string()),
            Expression::Select { operand, field, test: false } => {
                Some(format!("{}.{field}", self.qualified_name(*operand)?))
            }
            _ => None,
        }
    }
}

fn children(expression: &Expression) -> Vec<NodeId> {
    match expression {
        Expression::Literal(_) | Expression::Identifier(_) => Vec::new(),
        Expression::Select { operand, .. } => vec![*operand],
        Expression::Call { target, arguments, .. } => target.iter().chain(arguments).copied().collect(),
        Expression::List(elements) => elements.iter().map(|element| element.value).collect(),
        Expression::Map(entries) => entries.iter().flat_map(|entry| [entry.key, entry.value]).collect(),
        Expression::Struct { fields, .. } => fields.iter().map(|field| field.value).collect(),
        Expression::Fold(fold) => vec![fold.range, fold.initial, fold.condition, fold.step, fold.result],
    }
}
