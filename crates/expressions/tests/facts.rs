//! Facts about upstream: what Kubernetes v1.37.2 makes of expressions, with their types, values and costs. Each fact is an
//! expression and, indented below it, `cost of least..most  type  value`, or the complaint about it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use expressions::{Activation, Budget, Environment, KubernetesVersion, Type, Value, compile};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Expressions with what stands below each.
fn facts(file: &str) -> Vec<(&str, Vec<&str>)> {
    let mut facts: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with("# ")) {
        match (line.strip_prefix("    "), facts.last_mut()) {
            (Some(said), Some((_, lines))) => lines.push(said),
            _ => facts.push((line, Vec::new())),
        }
    }
    facts
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(value) => format!("d{value}"),
        Value::String(text) => serde_json::to_string(&**text).unwrap(),
        Value::Bytes(bytes) => bytes.iter().fold("b".to_owned(), |shown, byte| format!("{shown}{byte:02x}")),
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(inner)) => format!("optional({})", shown(inner)),
        Value::List(list) => {
            format!("[{}]", list.items().unwrap().iter().map(shown).collect::<Vec<_>>().join(","))
        }
        Value::Map(map) => {
            let entries = map.entries().unwrap();
            let entries: BTreeMap<_, _> = entries.iter().map(|(key, value)| (shown(key), shown(value))).collect();
            serde_json::to_string(&entries).unwrap()
        }
        Value::Type(name) => format!("type({name})"),
        Value::Duration(_) => format!("duration({})", value.to_json().unwrap().as_str().unwrap()),
        Value::Timestamp(_) => format!("timestamp({})", value.to_json().unwrap().as_str().unwrap()),
        Value::Opaque(_) => format!("other {}", value.type_name()),
    }
}

fn evaluated(expression: &str, environment: &Environment<'_>, activation: &Activation<'_>) -> String {
    let compiled = compile(expression, environment).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let program = compiled.program().unwrap_or_else(|error| panic!("{expression}: {error}"));
    let mut budget = Budget::new(u64::MAX);
    let result = program.evaluate(activation, &mut budget);
    let value = result.map_or_else(|error| format!("error: {error}"), |value| shown(&value));
    let (spent, range) = (u64::MAX - budget.left(), compiled.estimate());
    format!("{spent} of {}..{}  {}  {value}", range.min, range.max, compiled.result())
}

fn check(file: &str, environment: &Environment<'_>, activation: &Activation<'_>) {
    let facts = facts(file);
    assert!(facts.len() > 90);
    let wrong: Vec<String> = facts
        .iter()
        .map(|(expression, said)| (expression, said.join("\n"), evaluated(expression, environment, activation)))
        .filter(|(_, expected, found)| expected != found)
        .map(|(expression, expected, found)| format!("{expression}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_typed_evaluates_as_upstream() {
    let object: Json = serde_json::from_str(include_str!("facts/dynamic.json")).unwrap();
    let environment = Environment::new(KubernetesVersion::STORED).variable("self", Type::Dyn);
    check(include_str!("facts/dynamic.txt"), &environment, &Activation::new().with_json("self", &object));
}

#[test]
fn what_is_typed_evaluates_and_is_estimated_as_upstream() {
    let facts: Json = serde_json::from_str(include_str!("facts/typed.json")).unwrap();
    let schema = &facts["schema"];
    let environment = Environment::new(KubernetesVersion::STORED).typed("self", schema, "selfType").unwrap();
    let environment = environment.typed("oldSelf", schema, "selfType").unwrap();
    let activation = Activation::new().with_typed("self", &facts["self"], schema).unwrap();
    let activation = activation.with_typed("oldSelf", &facts["oldSelf"], schema).unwrap();
    check(include_str!("facts/typed.txt"), &environment, &activation);
}

#[test]
fn what_is_wrong_is_said_as_upstream_says_it() {
    let facts: Json = serde_json::from_str(include_str!("facts/typed.json")).unwrap();
    let untyped = Environment::new(KubernetesVersion::STORED).variable("self", Type::Dyn);
    let typed = Environment::new(KubernetesVersion::STORED).typed("self", &facts["schema"], "selfType").unwrap();
    for (expression, said) in self::facts(include_str!("facts/refused.txt")) {
        let complaints = [&untyped, &typed].map(|environment| compile(expression, environment).err());
        let complaints = complaints.map(|error| error.map(|error| error.to_string()).unwrap_or_default());
        assert!(complaints.contains(&said.join("\n")), "{expression}\n{}", complaints.join("\n"));
    }
}
