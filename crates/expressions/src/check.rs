//! The type checker: finds every name, picks the overloads of every call, gives every node a type (cel-go,
//! checker/checker.go).

mod aggregate;
mod call;
mod fold;
mod name;
mod validators;

use crate::{
    environment::Environment,
    library::Overload,
    schema::Shape,
    source::Issue,
    syntax::{Expression, Literal, NodeId, Tree},
    types::{Parameter, Substitution, Type},
};
use std::sync::Arc;

/// What is known of a tree after it has been checked.
pub(crate) struct Checked<'s> {
    pub tree: Tree,
    pub root: NodeId,
    pub types: Vec<Option<Type<'s>>>,
    pub references: Vec<Reference>,
    /// The schema of the variable that has one: it bounds what expressions can cost.
    pub root_shape: Option<Shape<'s>>,
    /// The variable whose fields are expressions.
    pub composed: Option<Arc<str>>,
}

/// What a node refers to.
#[derive(Clone, Default)]
pub(crate) enum Reference {
    #[default]
    Nothing,
    /// A variable of the environment, or one that a comprehension binds.
    Variable,
    /// A type, by this name.
    Type(Arc<str>),
    /// Those overloads of a function that may be meant.
    Overloads(Vec<&'static Overload>),
}

impl<'s> Checked<'s> {
    pub fn type_of(&self, id: NodeId) -> &Type<'s> {
        self.types[id.index()].as_ref().unwrap_or(&Type::Dyn)
    }

    pub fn overloads(&self, id: NodeId) -> &[&'static Overload] {
        match &self.references[id.index()] {
            Reference::Overloads(overloads) => overloads,
            _ => &[],
        }
    }
}

/// Checks a tree in its surroundings.
pub(crate) fn check<'s>(tree: Tree, root: NodeId, environment: &Environment<'s>) -> Result<Checked<'s>, Vec<Issue>> {
    let size = tree.len();
    let mut checker = Checker {
        environment,
        types: vec![None; size],
        references: vec![Reference::Nothing; size],
        tree,
        issues: Vec::new(),
        known: Substitution::default(),
        variables: 0,
        scopes: Vec::new(),
    };
    checker.check(root);
    let Checker { tree, types, references, issues, known, .. } = checker;
    if !issues.is_empty() {
        return Err(issues);
    }
    let types = types.into_iter().map(|of| of.map(|of| known.apply(&of, true))).collect();
    let composed = environment.composed_name().map(Into::into);
    let result = Checked { tree, root, types, references, root_shape: environment.shape(), composed };
    let issues = validators::validate(&result);
    if issues.is_empty() { Ok(result) } else { Err(issues) }
}

struct Checker<'e, 's> {
    environment: &'e Environment<'s>,
    tree: Tree,
    types: Vec<Option<Type<'s>>>,
    references: Vec<Reference>,
    issues: Vec<Issue>,
    known: Substitution<'s>,
    /// How many type variables there are.
    variables: u32,
    /// What comprehensions bind, the innermost last.
    scopes: Vec<(Arc<str>, Type<'s>)>,
}

impl<'s> Checker<'_, 's> {
    /// Checks a node and all below it. Macros use some nodes twice: they have their type already.
    fn check(&mut self, id: NodeId) {
        if self.types[id.index()].is_some() {
            return;
        }
        let of = match self.tree.expression(id).clone() {
            Expression::Literal(literal) => literal_type(&literal),
            Expression::Identifier(name) => self.identifier(id, &name),
            Expression::Select { operand, field, test } => self.select(id, operand, &field, test),
            Expression::Call { function, target, arguments } => self.call(id, &function, target, &arguments),
            Expression::List(elements) => self.list(&elements),
            Expression::Map(entries) => self.map(&entries),
            Expression::Struct { name, fields } => self.object(id, &name, &fields),
            Expression::Fold(fold) => self.fold(&fold),
        };
        self.types[id.index()] = Some(of);
    }

    /// The type of a node that has been checked.
    fn type_of(&self, id: NodeId) -> Type<'s> {
        self.types[id.index()].clone().unwrap_or(Type::Error)
    }

    fn checked(&mut self, id: NodeId) -> Type<'s> {
        self.check(id);
        self.type_of(id)
    }

    fn report(&mut self, id: NodeId, message: String) {
        self.issues.push(Issue::at(self.tree.position(id), message));
    }

    fn mismatch(&mut self, id: NodeId, expected: &Type<'s>, found: &Type<'s>) {
        self.report(id, format!("expected type '{expected}' but found '{found}'"));
    }

    fn undeclared(&mut self, id: NodeId, name: &str) -> Type<'s> {
        self.report(id, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn new_variable(&mut self) -> Type<'s> {
        self.variables += 1;
        Type::Parameter(Parameter::Variable(self.variables - 1))
    }
}

fn literal_type<'s>(literal: &Literal) -> Type<'s> {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}
