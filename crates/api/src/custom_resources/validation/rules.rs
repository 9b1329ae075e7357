//! What is wrong with the rules in a schema: their form, their expressions, and what they would cost
//! (`ValidateCustomResourceDefinitionOpenAPISchema`, `cel_validation.go`).

use super::super::rules::{Rule, compile, resolve};
use expressions::max_cardinality;
use machinery::{
    field::{Error, ErrorList, Path},
    schema::{List, Structural, ValidationRule},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most that one expression may cost, by estimate (`StaticEstimatedCostLimit`).
const COST_LIMIT: u64 = 10_000_000;
/// The most that all expressions of a schema may cost together (`StaticEstimatedCRDCostLimit`).
const TOTAL_COST_LIMIT: u64 = 100_000_000;
const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// What is wrong with the rules in a schema that is right otherwise.
pub fn validate(schema: &Value, path: &Path) -> ErrorList {
    let Ok(schema) = Structural::deserialize(schema) else { return ErrorList::new() };
    let mut walk = Walk { errors: ErrorList::new(), total: 0, expensive: Vec::new() };
    walk.node(&schema.of_objects(), &Node { path, count: Some(1), uncorrelatable: None });
    walk.finish(path)
}

/// Where in a schema the walk is.
struct Node<'n> {
    path: &'n Path,
    /// How many values there are of it at most; nothing if no limit says so.
    count: Option<u64>,
    /// The first list around whose items have no former selves.
    uncorrelatable: Option<&'n Path>,
}

struct Walk {
    errors: ErrorList,
    total: u64,
    /// Rules that make up more than a hundredth of what all may cost.
    expensive: Vec<(u64, Path)>,
}

impl Walk {
    /// Whether the rules from here down are well-formed: only then their expressions are looked at.
    fn node(&mut self, schema: &Structural, node: &Node<'_>) -> bool {
        let count = node.count.zip(elements(schema)).map(|(count, elements)| count.saturating_mul(elements));
        let mut formed = true;
        let below = |path: &Path, walk: &mut Self, schema: &Structural, uncorrelatable: Option<&Path>| {
            walk.node(schema, &Node { path, count, uncorrelatable })
        };
        if let Some(values) = schema.values() {
            formed &= below(&node.path.child("additionalProperties"), self, values, node.uncorrelatable);
        }
        for (name, property) in schema.properties() {
            formed &= below(&node.path.child("properties").key(name), self, property, node.uncorrelatable);
        }
        if let Some(items) = schema.items() {
            let keyed = matches!(schema.list(), List::Map(_));
            let uncorrelatable = if keyed { node.uncorrelatable } else { node.uncorrelatable.or(Some(node.path)) };
            formed &= below(&node.path.child("items"), self, items, uncorrelatable);
        }
        let place = node.path.child("x-kubernetes-validations");
        for (index, rule) in schema.validations().iter().enumerate() {
            let errors = form(rule, schema, &place.index(index));
            formed &= errors.is_empty();
            self.errors.extend(errors);
        }
        if formed {
            for (index, rule) in schema.validations().iter().enumerate() {
                if let Some(compiled) = compile(schema, rule) {
                    self.rule(schema, rule, &compiled, &place.index(index), node);
                }
            }
        }
        formed
    }

    fn rule(&mut self, schema: &Structural, rule: &ValidationRule, compiled: &Rule, path: &Path, node: &Node<'_>) {
        let place = path.child("rule");
        let count = node.count.or_else(|| max_cardinality(schema)).unwrap_or(1);
        self.cost(compiled.cost.saturating_mul(count), "estimated rule cost", &place);
        if let Err(error) = &compiled.program {
            self.errors.push(Error::invalid(&place, shown(rule), error.as_str()));
        }
        let message = path.child("messageExpression");
        match &compiled.message {
            Some(Err(error)) => self.errors.push(Error::invalid(&message, shown(rule), error.as_str())),
            Some(Ok(_)) => self.cost(compiled.message_cost, "estimated messageExpression cost", &message),
            None => {}
        }
        match (compiled.uses_old_self, node.uncorrelatable, rule.optional_old_self) {
            (true, Some(list), _) => {
                let detail =
                    format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {list}");
                self.errors.push(Error::invalid(&place, rule.rule.as_str(), detail));
            }
            (false, _, Some(optional)) => {
                let detail = "may not be set if oldSelf is not used in rule";
                self.errors.push(Error::invalid(&path.child("optionalOldSelf"), optional, detail));
            }
            _ => {}
        }
    }

    fn cost(&mut self, cost: u64, what: &str, path: &Path) {
        if cost > COST_LIMIT {
            self.errors.push(Error::forbidden(path, too_expensive(what, cost, COST_LIMIT)));
        }
        self.total = self.total.saturating_add(cost);
        if cost >= TOTAL_COST_LIMIT / 100 {
            self.expensive.push((cost, path.clone()));
        }
    }

    fn finish(mut self, path: &Path) -> ErrorList {
        if self.total > TOTAL_COST_LIMIT {
            self.expensive.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
            for (_, path) in self.expensive.iter().take(4) {
                let detail =
                    "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
                self.errors.push(Error::forbidden(path, detail));
            }
            let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
            self.errors.push(Error::forbidden(path, too_expensive(what, self.total, TOTAL_COST_LIMIT)));
        }
        self.errors
    }
}

/// How many values one value of a schema contains at most.
fn elements(schema: &Structural) -> Option<u64> {
    let limit = match schema.type_name() {
        "object" if schema.values().is_some() => schema.max_properties()?,
        "array" => schema.max_items()?,
        _ => 1,
    };
    u64::try_from(limit).ok()
}

#[expect(clippy::cast_precision_loss, reason = "for show")]
fn too_expensive(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and \
         maxLength where arrays, maps, and strings are declared)"
    )
}

/// A rule as errors show it: upstream's own type, whose fields have no names for JSON.
fn shown(rule: &ValidationRule) -> Value {
    json!({"Rule": rule.rule, "Message": rule.message, "MessageExpression": rule.message_expression,
        "Reason": rule.reason, "FieldPath": rule.field_path, "OptionalOldSelf": rule.optional_old_self})
}

/// What is wrong with a rule before its expressions are read.
fn form(rule: &ValidationRule, schema: &Structural, path: &Path) -> ErrorList {
    let (text, message) = (rule.rule.trim(), rule.message.trim());
    let has_breaks = |text: &str| text.contains(['\n', '\r']);
    let invalid = |field: &str, value: &str, detail: &str| Error::invalid(&path.child(field), value, detail);
    let mut errors = ErrorList::new();
    if text.is_empty() {
        errors.push(Error::required(&path.child("rule"), "rule is not specified"));
    } else if !rule.message.is_empty() && message.is_empty() {
        errors.push(invalid("message", &rule.message, "must be non-empty if specified"));
    } else if has_breaks(message) {
        errors.push(invalid("message", &rule.message, "must not contain line breaks"));
    } else if has_breaks(text) && message.is_empty() {
        let detail = "message must be specified if rule contains line breaks";
        errors.push(Error::required(&path.child("message"), detail));
    }
    if !rule.message_expression.is_empty() && rule.message_expression.trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        errors.push(Error::required(&path.child("messageExpression"), detail));
    }
    if let Some(reason) = rule.reason.as_deref().filter(|reason| !REASONS.contains(reason)) {
        errors.push(Error::not_supported(&path.child("reason"), reason, &REASONS));
    }
    if !rule.field_path.is_empty() {
        if rule.field_path.trim().is_empty() {
            errors.push(invalid("fieldPath", &rule.field_path, "must be non-empty if specified"));
        }
        if has_breaks(&rule.field_path) {
            errors.push(invalid("fieldPath", &rule.field_path, "must not contain line breaks"));
        }
        if resolve(&rule.field_path, schema).is_none() {
            errors.push(invalid("fieldPath", &rule.field_path, "must be a valid path"));
        }
    }
    errors
}

#[cfg(test)]
mod tests;
