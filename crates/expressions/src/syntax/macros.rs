//! Calls that are no calls: each is expanded to a fold, a conditional or a test.

mod comprehension;
mod optional;

use super::tree::{Element, Expression, Literal, NodeId, Tree};
use crate::source::Issue;
use std::sync::Arc;

type Expansion = fn(&mut Builder<'_>, Option<NodeId>, &[NodeId]) -> Result<NodeId, Issue>;

/// All macros: name, number of arguments, whether it is called on something.
const MACROS: &[(&str, usize, bool, Expansion)] = &[
    ("has", 1, false, has),
    ("all", 2, true, comprehension::all),
    ("exists", 2, true, comprehension::exists),
    ("exists_one", 2, true, comprehension::exists_one),
    ("map", 2, true, comprehension::map),
    ("map", 3, true, comprehension::map),
    ("filter", 2, true, comprehension::filter),
    ("all", 3, true, comprehension::all),
    ("exists", 3, true, comprehension::exists),
    ("exists_one", 3, true, comprehension::exists_one),
    ("existsOne", 3, true, comprehension::exists_one),
    ("transformList", 3, true, comprehension::transform_list),
    ("transformList", 4, true, comprehension::transform_list),
    ("transformMap", 3, true, comprehension::transform_map),
    ("transformMap", 4, true, comprehension::transform_map),
    ("transformMapEntry", 3, true, comprehension::transform_map_entry),
    ("transformMapEntry", 4, true, comprehension::transform_map_entry),
    ("sortBy", 2, true, comprehension::sort_by),
    ("optMap", 2, true, optional::map),
    ("optFlatMap", 2, true, optional::flat_map),
];

/// What the call expands to, if it is one of a macro.
pub fn expand(
    tree: &mut Tree,
    position: u32,
    function: &str,
    target: Option<NodeId>,
    arguments: &[NodeId],
) -> Option<Result<NodeId, Issue>> {
    let (.., expansion) = MACROS
        .iter()
        .find(|(name, count, member, _)| (*name, *count, *member) == (function, arguments.len(), target.is_some()))?;
    Some(expansion(&mut Builder { tree, position }, target, arguments))
}

fn has(builder: &mut Builder<'_>, _: Option<NodeId>, arguments: &[NodeId]) -> Result<NodeId, Issue> {
    let Expression::Select { operand, field, .. } = builder.tree.expression(arguments[0]).clone() else {
        return Err(builder.refuse(arguments[0], "invalid argument to has() macro"));
    };
    Ok(builder.add(Expression::Select { operand, field, test: true }))
}

/// Makes nodes that all stand where the macro's call stands.
struct Builder<'t> {
    tree: &'t mut Tree,
    position: u32,
}

impl Builder<'_> {
    fn add(&mut self, expression: Expression) -> NodeId {
        self.tree.add(self.position, expression)
    }

    fn literal(&mut self, literal: Literal) -> NodeId {
        self.add(Expression::Literal(literal))
    }

    fn identifier(&mut self, name: &str) -> NodeId {
        self.add(Expression::Identifier(name.into()))
    }

    fn call(&mut self, function: &str, arguments: Vec<NodeId>) -> NodeId {
        self.add(Expression::Call { function: function.into(), target: None, arguments })
    }

    fn member_call(&mut self, function: &str, target: NodeId, arguments: Vec<NodeId>) -> NodeId {
        self.add(Expression::Call { function: function.into(), target: Some(target), arguments })
    }

    fn list(&mut self, elements: &[NodeId]) -> NodeId {
        let elements = elements.iter().map(|&value| Element { value, optional: false }).collect();
        self.add(Expression::List(elements))
    }

    fn name(&self, id: NodeId) -> Option<Arc<str>> {
        match self.tree.expression(id) {
            Expression::Identifier(name) => Some(name.clone()),
            _ => None,
        }
    }

    fn refuse(&self, id: NodeId, message: &str) -> Issue {
        Issue::at(self.tree.position(id), message)
    }
}
