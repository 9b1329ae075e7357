//! Comprehensions with one variable (cel-go, parser/macro.go) and with two (ext/comprehensions.go), and `sortBy`
//! (ext/lists.go).

use super::{
    super::{
        ACCUMULATOR, operators,
        tree::{Expression, Fold, Literal, NodeId},
    },
    Builder,
};
use crate::source::Issue;
use std::sync::Arc;

/// The function that puts an entry into a map that is being made.
const MAP_INSERT: &str = "cel.@mapInsert";

type Expanded = Result<NodeId, Issue>;

/// The names that a comprehension binds.
struct Variables {
    first: Arc<str>,
    second: Option<Arc<str>>,
}

fn variables(builder: &Builder<'_>, names: &[NodeId], complaint: &str) -> Result<Variables, Issue> {
    let mut found: Vec<Arc<str>> = Vec::with_capacity(2);
    for &id in names {
        let name = builder.name(id).ok_or_else(|| builder.refuse(id, complaint))?;
        if found.contains(&name) {
            return Err(builder.refuse(id, &format!("duplicate variable name: {name}")));
        }
        if [ACCUMULATOR, "__result__"].contains(&&*name) {
            return Err(builder.refuse(id, "iteration variable overwrites accumulator variable"));
        }
        found.push(name);
    }
    let mut found = found.into_iter();
    Ok(Variables { first: found.next().unwrap_or_default(), second: found.next() })
}

/// Most macros bind all names but the last argument.
fn leading(builder: &Builder<'_>, arguments: &[NodeId]) -> Result<Variables, Issue> {
    variables(builder, &arguments[..arguments.len() - 1], "argument must be a simple name")
}

#[derive(Clone, Copy)]
struct Loop {
    initial: NodeId,
    condition: NodeId,
    step: NodeId,
    result: NodeId,
}

fn fold(builder: &mut Builder<'_>, target: Option<NodeId>, names: Variables, parts: Loop) -> NodeId {
    let Loop { initial, condition, step, result } = parts;
    let range = target.unwrap_or(initial);
    builder.add(Expression::Fold(Box::new(Fold {
        range,
        variable: names.first,
        second: names.second,
        accumulator: ACCUMULATOR.into(),
        initial,
        condition,
        step,
        result,
    })))
}

fn accumulator(builder: &mut Builder<'_>) -> NodeId {
    builder.identifier(ACCUMULATOR)
}

pub fn all(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = leading(builder, arguments)?;
    let initial = builder.literal(Literal::Bool(true));
    let so_far = accumulator(builder);
    let condition = builder.call(operators::NOT_STRICTLY_FALSE, vec![so_far]);
    let so_far = accumulator(builder);
    let step = builder.call(operators::AND, vec![so_far, arguments[arguments.len() - 1]]);
    let result = accumulator(builder);
    Ok(fold(builder, target, names, Loop { initial, condition, step, result }))
}

pub fn exists(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = leading(builder, arguments)?;
    let initial = builder.literal(Literal::Bool(false));
    let so_far = accumulator(builder);
    let not_yet = builder.call(operators::NOT, vec![so_far]);
    let condition = builder.call(operators::NOT_STRICTLY_FALSE, vec![not_yet]);
    let so_far = accumulator(builder);
    let step = builder.call(operators::OR, vec![so_far, arguments[arguments.len() - 1]]);
    let result = accumulator(builder);
    Ok(fold(builder, target, names, Loop { initial, condition, step, result }))
}

pub fn exists_one(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = leading(builder, arguments)?;
    let initial = builder.literal(Literal::Int(0));
    let so_far = accumulator(builder);
    let one = builder.literal(Literal::Int(1));
    let counted = builder.call(operators::ADD, vec![so_far, one]);
    let unchanged = accumulator(builder);
    let step = builder.call(operators::CONDITIONAL, vec![arguments[arguments.len() - 1], counted, unchanged]);
    let count = accumulator(builder);
    let one = builder.literal(Literal::Int(1));
    let result = builder.call(operators::EQUALS, vec![count, one]);
    let condition = builder.literal(Literal::Bool(true));
    Ok(fold(builder, target, names, Loop { initial, condition, step, result }))
}

/// Gathers by `step`, of those only that pass the filter.
fn gather(
    builder: &mut Builder<'_>,
    target: Option<NodeId>,
    names: Variables,
    initial: NodeId,
    filter: Option<NodeId>,
    gathered: NodeId,
) -> NodeId {
    let step = match filter {
        Some(filter) => {
            let unchanged = accumulator(builder);
            builder.call(operators::CONDITIONAL, vec![filter, gathered, unchanged])
        }
        None => gathered,
    };
    let condition = builder.literal(Literal::Bool(true));
    let result = accumulator(builder);
    fold(builder, target, names, Loop { initial, condition, step, result })
}

fn append(builder: &mut Builder<'_>, element: NodeId) -> NodeId {
    let so_far = accumulator(builder);
    let element = builder.list(&[element]);
    builder.call(operators::ADD, vec![so_far, element])
}

pub fn map(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = variables(builder, &arguments[..1], "argument is not an identifier")?;
    let filter = (arguments.len() == 3).then(|| arguments[1]);
    let initial = builder.list(&[]);
    let gathered = append(builder, arguments[arguments.len() - 1]);
    Ok(gather(builder, target, names, initial, filter, gathered))
}

pub fn filter(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = variables(builder, &arguments[..1], "argument is not an identifier")?;
    let initial = builder.list(&[]);
    let gathered = append(builder, arguments[0]);
    Ok(gather(builder, target, names, initial, Some(arguments[1]), gathered))
}

pub fn transform_list(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = variables(builder, &arguments[..2], "argument must be a simple name")?;
    let filter = (arguments.len() == 4).then(|| arguments[2]);
    let initial = builder.list(&[]);
    let gathered = append(builder, arguments[arguments.len() - 1]);
    Ok(gather(builder, target, names, initial, filter, gathered))
}

pub fn transform_map(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = variables(builder, &arguments[..2], "argument must be a simple name")?;
    let key = builder.identifier(&names.first);
    Ok(insert(builder, target, names, arguments, &[key, arguments[arguments.len() - 1]]))
}

pub fn transform_map_entry(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    let names = variables(builder, &arguments[..2], "argument must be a simple name")?;
    Ok(insert(builder, target, names, arguments, &arguments[arguments.len() - 1..]))
}

fn insert(
    builder: &mut Builder<'_>,
    target: Option<NodeId>,
    names: Variables,
    arguments: &[NodeId],
    inserted: &[NodeId],
) -> NodeId {
    let filter = (arguments.len() == 4).then(|| arguments[2]);
    let initial = builder.add(Expression::Map(Vec::new()));
    let so_far = accumulator(builder);
    let gathered = builder.call(MAP_INSERT, [&[so_far], inserted].concat());
    gather(builder, target, names, initial, filter, gathered)
}

/// Sorts a list by keys that are computed once for each element. The list is bound to a name first.
pub fn sort_by(builder: &mut Builder<'_>, target: Option<NodeId>, arguments: &[NodeId]) -> Expanded {
    const INPUT: &str = "@__sortBy_input__";
    let input = builder.identifier(INPUT);
    let keys = map(builder, Some(input), arguments)?;
    let input = builder.identifier(INPUT);
    let sorted = builder.member_call("@sortByAssociatedKeys", input, vec![keys]);
    let unsorted = target.unwrap_or(input);
    Ok(super::optional::bind(builder, INPUT, unsorted, sorted))
}
