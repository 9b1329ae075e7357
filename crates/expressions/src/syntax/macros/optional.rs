//! `optMap` and `optFlatMap` of optional values (cel-go, cel/library.go).

use super::{
    super::{
        operators,
        tree::{Expression, Fold, Literal, NodeId},
    },
    Builder,
};
use crate::source::Issue;

/// An expression in which a name stands for a value: a fold over nothing.
pub fn bind(builder: &mut Builder<'_>, name: &str, value: NodeId, result: NodeId) -> NodeId {
    let range = builder.list(&[]);
    let condition = builder.literal(Literal::Bool(false));
    let step = builder.identifier(name);
    builder.add(Expression::Fold(Box::new(Fold {
        range,
        variable: "#unused".into(),
        second: None,
        accumulator: name.into(),
        initial: value,
        condition,
        step,
        result,
    })))
}

pub fn map(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Result<NodeId, Issue> {
    expand(builder, target, arguments, "optMap", |builder, mapped| builder.call("optional.of", vec![mapped]))
}

pub fn flat_map(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Result<NodeId, Issue> {
    expand(builder, target, arguments, "optFlatMap", |_, mapped| mapped)
}

fn expand(
    builder: &mut Builder<'_>,
    target: Option<NodeId>,
    arguments: &[NodeId],
    function: &str,
    wrap: fn(&mut Builder<'_>, NodeId) -> NodeId,
) -> Result<NodeId, Issue> {
    let complaint = format!("{function}() variable name must be a simple identifier");
    let name = builder.name(arguments[0]).ok_or_else(|| builder.refuse(arguments[0], &complaint))?;
    let target = target.unwrap_or(arguments[0]);
    let present = builder.member_call("hasValue", target, Vec::new());
    let value = builder.member_call("value", target, Vec::new());
    let bound = bind(builder, &name, value, arguments[1]);
    let some = wrap(builder, bound);
    let none = builder.call("optional.none", Vec::new());
    Ok(builder.call(operators::CONDITIONAL, vec![present, some, none]))
}
