//! Rules applied to an object, from the root down, until all hold, or not, or the budget is spent (`validation.go`).

use super::{Node, Rule, field_path, message};
use expressions::{Activation, Budget, EvalError, RUNTIME_BUDGET};
use machinery::{
    field::{Error, ErrorList, Path},
    schema::{MOST_ERRORS, Structural, ValidationRule},
};
use serde_json::Value;

/// All that is wrong with an object by its rules.
pub fn check(node: &Node, schema: &Structural, object: &Value, old: Option<&Value>) -> ErrorList {
    let mut run = Run { budget: Budget::new(RUNTIME_BUDGET), errors: ErrorList::new() };
    let place = Place { schema, value: object, old, is_unchanged: old == Some(object) };
    // Whether it came to the end does not matter: why it did not is among the errors.
    let _ = run.node(node, place, &Path::root());
    run.errors
}

/// No more rules may be looked at; why has been noted.
struct Stop;

struct Run {
    budget: Budget,
    errors: ErrorList,
}

/// A value and what it was.
#[derive(Clone, Copy)]
struct Place<'v> {
    schema: &'v Structural,
    value: &'v Value,
    old: Option<&'v Value>,
    /// Whether this value, or the nearest around it whose former one is known, is as it was: it need not hold to rules that
    /// are new (KEP-4008).
    is_unchanged: bool,
}

impl<'v> Place<'v> {
    fn below(self, schema: &'v Structural, value: &'v Value, old: Option<&'v Value>) -> Self {
        Self { schema, value, old, is_unchanged: self.is_unchanged || old == Some(value) }
    }
}

impl Run {
    fn node(&mut self, node: &Node, place: Place<'_>, path: &Path) -> Result<(), Stop> {
        if place.value.is_null() {
            return Ok(());
        }
        if self.errors.len() >= MOST_ERRORS {
            return Err(Stop);
        }
        self.rules(node, place, path)?;
        match place.value {
            Value::Array(items) => self.items(node, place, items, path),
            Value::Object(_) => self.fields(node, place, path),
            _ => Ok(()),
        }
    }

    fn items(&mut self, node: &Node, place: Place<'_>, items: &[Value], path: &Path) -> Result<(), Stop> {
        let (Some(node), Some(schema)) = (&node.items, place.schema.items()) else { return Ok(()) };
        let former = place.schema.former_items(place.old);
        for (index, item) in items.iter().enumerate() {
            self.node(node, place.below(schema, item, former.same_as(item)), &path.index(index))?;
        }
        Ok(())
    }

    fn fields(&mut self, node: &Node, place: Place<'_>, path: &Path) -> Result<(), Stop> {
        let old = |name: &str| place.old.and_then(|old| old.get(name));
        for (name, value) in place.value.as_object().into_iter().flatten() {
            if let (Some(node), Some(schema)) = (&node.values, place.schema.values()) {
                self.node(node, place.below(schema, value, old(name)), &path.key(name))?;
            }
            let below = node.properties.iter().find(|(known, _)| **known == **name);
            if let (Some((_, node)), Some((_, schema))) = (below, place.schema.property(name)) {
                self.node(node, place.below(schema, value, old(name)), &path.child(name))?;
            }
        }
        Ok(())
    }

    fn rules(&mut self, node: &Node, place: Place<'_>, path: &Path) -> Result<(), Stop> {
        for (rule, compiled) in &node.rules {
            let is_first = place.old.is_none() && rule.optional_old_self != Some(true);
            if compiled.uses_old_self && is_first {
                continue;
            }
            self.rule(rule, compiled, place, path)?;
        }
        Ok(())
    }

    fn rule(&mut self, rule: &ValidationRule, compiled: &Rule, place: Place<'_>, path: &Path) -> Result<(), Stop> {
        let invalid = |detail: String| Error::invalid(path, place.schema.type_name(), detail);
        let program = match &compiled.program {
            Ok(program) => program,
            Err(error) => {
                self.errors.push(invalid(format!("rule compile error: {error}")));
                return Ok(());
            }
        };
        let name = message::name(rule);
        let activation = match activation(rule, place) {
            Ok(activation) => activation,
            Err(error) => {
                self.errors.push(invalid(format!("{error} evaluating rule: {name}")));
                return Ok(());
            }
        };
        match program.evaluate(&activation, &mut self.budget) {
            Ok(value) if value.as_bool() == Some(true) => Ok(()),
            Ok(_) => self.broken(rule, compiled, place, path, &activation),
            Err(error) => {
                self.errors.push(invalid(complaint(&error, name)));
                if error.is_fatal() { Err(Stop) } else { Ok(()) }
            }
        }
    }

    fn broken(
        &mut self,
        rule: &ValidationRule,
        compiled: &Rule,
        place: Place<'_>,
        path: &Path,
        activation: &Activation<'_>,
    ) -> Result<(), Stop> {
        let fault = field_path::resolve(&rule.field_path, place.schema).filter(|_| !rule.field_path.is_empty());
        let path = fault.map_or_else(|| path.clone(), |fault| path.child(&fault.to_string()));
        let message = match &compiled.message {
            Some(Ok(program)) => message::evaluated(program, rule, activation, &mut self.budget),
            _ => Ok(None),
        };
        let is_excused = !compiled.uses_old_self && place.is_unchanged;
        let (error, result) = match message {
            Ok(detail) => (error(rule, place, &path, detail.unwrap_or_else(|| message::plain(rule))), Ok(())),
            Err(detail) => (Error::invalid(&path, place.schema.type_name(), detail), Err(Stop)),
        };
        if !is_excused {
            self.errors.push(error);
        }
        result
    }
}

fn activation<'v>(rule: &ValidationRule, place: Place<'v>) -> Result<Activation<'v>, EvalError> {
    let activation = Activation::new().with_typed("self", place.value, place.schema)?;
    match place.old {
        old if rule.optional_old_self == Some(true) => activation.with_optional("oldSelf", old, place.schema),
        Some(old) => activation.with_typed("oldSelf", old, place.schema),
        None => Ok(activation),
    }
}

/// Why a rule has no result.
fn complaint(error: &EvalError, name: &str) -> String {
    match error {
        EvalError::NoSuchOverload(_) => {
            format!(
                "'{error}': call arguments did not match a supported operator, function or macro signature for rule: {name}"
            )
        }
        EvalError::BudgetExhausted => error.to_string(),
        error if error.is_fatal() => {
            format!(
                "'{error}': no further validation rules will be run due to call cost exceeds limit for rule: {name}"
            )
        }
        error => format!("{error} evaluating rule: {name}"),
    }
}

/// The error that a rule gives a reason for. Large values are not shown.
fn error(rule: &ValidationRule, place: Place<'_>, path: &Path, detail: String) -> Error {
    let error = match rule.reason.as_deref() {
        Some("FieldValueForbidden") => return Error::forbidden(path, detail),
        Some("FieldValueRequired") => return Error::required(path, detail),
        Some("FieldValueDuplicate") => Error::duplicate(path, place.value.clone()),
        _ => Error::invalid(path, place.value.clone(), detail),
    };
    if ["object", "array"].contains(&place.schema.type_name()) { error.without_value() } else { error }
}
