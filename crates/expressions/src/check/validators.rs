//! What is wrong with literals beside their types: durations, timestamps, patterns, formats, mixed lists (cel-go,
//! cel/validator.go).

use super::Checked;
use crate::{
    library::{check_format, is_format},
    source::Issue,
    syntax::{Element, Entry, Expression, Literal, NodeId},
    types::Type,
    value::{Duration, Timestamp},
};
use machinery::re2;
use std::collections::HashSet;

pub(super) fn validate(checked: &Checked<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    let nodes = checked.tree.below(checked.root);
    let exempt = format_arguments(checked, &nodes);
    for id in nodes {
        match checked.tree.expression(id) {
            Expression::Call { function, target, arguments } => {
                literal_argument(checked, function, arguments, &mut issues);
                if let Some(target) = target {
                    format(checked, id, function, *target, arguments, &mut issues);
                }
            }
            Expression::List(elements) if !exempt.contains(&id) => same_elements(checked, elements, &mut issues),
            Expression::Map(entries) if !exempt.contains(&id) => same_entries(checked, entries, &mut issues),
            _ => {}
        }
    }
    issues
}

fn text(checked: &Checked<'_>, id: NodeId) -> Option<std::sync::Arc<str>> {
    match checked.tree.expression(id) {
        Expression::Literal(Literal::String(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The first argument of `duration`, `timestamp` and `matches`, if it is a literal.
fn literal_argument(checked: &Checked<'_>, function: &str, arguments: &[NodeId], issues: &mut Vec<Issue>) {
    let Some(&first) = arguments.first() else { return };
    let literal = text(checked, first);
    let wrong = match (function, literal) {
        ("duration", Some(text)) => Duration::parse(&text).is_none(),
        ("timestamp", Some(text)) => Timestamp::parse(&text).is_none(),
        ("matches", Some(text)) => re2::compile(&text).is_err(),
        ("timestamp", None) => {
            matches!(checked.tree.expression(first), Expression::Literal(Literal::Int(seconds))
                if Timestamp::of_seconds(*seconds).is_none())
        }
        _ => false,
    };
    if wrong {
        issues.push(Issue::at(checked.tree.position(first), format!("invalid {function} argument")));
    }
}

/// All that lies below the arguments of `format`: they may be mixed.
fn format_arguments(checked: &Checked<'_>, nodes: &[NodeId]) -> HashSet<NodeId> {
    let calls = nodes.iter().filter_map(|&id| match checked.tree.expression(id) {
        Expression::Call { function, target: Some(_), arguments } if is_format(function, arguments.len()) => {
            Some(arguments[0])
        }
        _ => None,
    });
    calls.flat_map(|list| checked.tree.below(list)).collect()
}

fn format(
    checked: &Checked<'_>,
    id: NodeId,
    function: &str,
    target: NodeId,
    arguments: &[NodeId],
    issues: &mut Vec<Issue>,
) {
    let (true, Some(text)) = (is_format(function, arguments.len()), text(checked, target)) else { return };
    let Expression::List(elements) = checked.tree.expression(arguments[0]) else { return };
    let types: Vec<Type<'_>> = elements.iter().map(|element| checked.type_of(element.value).clone()).collect();
    if let Err((fault, message)) = check_format(&text, &types) {
        let place = fault.map_or(id, |index| elements[index].value);
        issues.push(Issue::at(checked.tree.position(place), message));
    }
}

fn same_elements(checked: &Checked<'_>, elements: &[Element], issues: &mut Vec<Issue>) {
    same(checked, elements.iter().map(|element| (element.value, element.optional)), 1, issues);
}

fn same_entries(checked: &Checked<'_>, entries: &[Entry], issues: &mut Vec<Issue>) {
    same(checked, entries.iter().map(|entry| (entry.key, false)), usize::MAX, issues);
    same(checked, entries.iter().map(|entry| (entry.value, entry.optional)), usize::MAX, issues);
}

/// Reports nodes of another type than the first, so many at most.
fn same(checked: &Checked<'_>, nodes: impl Iterator<Item = (NodeId, bool)>, most: usize, issues: &mut Vec<Issue>) {
    let mut expected: Option<Type<'_>> = None;
    let before = issues.len();
    for (id, optional) in nodes {
        let of = checked.type_of(id);
        let of = if optional { of.unwrap_optional().0 } else { of.clone() };
        match &expected {
            Some(expected) if *expected != of => {
                let message = format!("expected type '{expected}' but found '{of}'");
                issues.push(Issue::at(checked.tree.position(id), message));
                if issues.len() - before >= most {
                    return;
                }
            }
            Some(_) => {}
            None => expected = Some(of),
        }
    }
}
