//! Names, fields, indexes.

use super::{Frame, Local, evaluate};
use crate::{
    error::EvalError,
    library::show,
    program::Step,
    value::{Evaluated, List, Map, Value, format_double, to_uint},
};

impl<'p, 'a: 'p> Frame<'_, 'p, 'a> {
    pub(super) fn variable(&mut self, name: &str, cost: u8) -> Evaluated<'p> {
        self.meter.spend(cost.into())?;
        self.activation.find(name).cloned().ok_or_else(|| EvalError::NoSuchAttribute(name.to_owned()))
    }

    pub(super) fn local(&mut self, place: usize, cost: u8) -> Evaluated<'p> {
        self.meter.spend(cost.into())?;
        self.resolve(place);
        match self.locals.get(place) {
            Some(Local::Now(value)) => value.clone(),
            _ => Err(EvalError::NoSuchAttribute(place.to_string())),
        }
    }

    pub(super) fn take(&mut self, place: usize, cost: u8) -> Evaluated<'p> {
        self.meter.spend(cost.into())?;
        self.resolve(place);
        match self.locals.get_mut(place).map(|local| std::mem::replace(local, Local::Now(Ok(Value::Null)))) {
            Some(Local::Now(value)) => value,
            _ => Err(EvalError::NoSuchAttribute(place.to_string())),
        }
    }

    /// Evaluates what a name stands for, with those names bound that were bound when it was.
    fn resolve(&mut self, place: usize) {
        if let Some(Local::Later(step)) = self.locals.get(place) {
            let step = *step;
            let inner = self.locals.split_off(place);
            let value = self.evaluate(step);
            self.locals.truncate(place);
            self.locals.extend(inner);
            self.locals[place] = Local::Now(value);
        }
    }

    /// A field of the composed variable: evaluated at the first use, at its own expense.
    pub(super) fn composed(&mut self, name: &str, cost: u8) -> Evaluated<'p> {
        self.meter.spend(cost.into())?;
        let (place, program) = self.activation.composed(name).ok_or_else(|| EvalError::NoSuchKey(name.to_owned()))?;
        if let Some(done) = self.activation.done(place) {
            return done;
        }
        let cycle = EvalError::Invalid(format!("composited variable {name} refers to itself"));
        self.activation.note(place, &Err(cycle));
        let (result, spent) = evaluate(program, self.activation);
        self.composed = self.composed.and(spent);
        let result = result
            .map_err(|error| EvalError::Invalid(format!("composited variable {name:?} fails to evaluate: {error}")));
        self.activation.note(place, &result);
        result
    }

    /// The operand of a field or an index. One that is no attribute becomes one, even if it fails.
    fn operand(&mut self, operand: &'p Step, base: u8) -> Evaluated<'p> {
        let operand = self.evaluate(operand);
        self.meter.spend(base.into())?;
        operand
    }

    pub(super) fn select(&mut self, operand: &'p Step, field: &str, optional: bool, base: u8) -> Evaluated<'p> {
        let operand = self.operand(operand, base)?;
        let missing = || EvalError::NoSuchKey(field.to_owned());
        self.found(operand, optional, missing, |map| map.field(field), |_| Err(unsupported_index("string")))
    }

    pub(super) fn index(&mut self, steps: [&'p Step; 2], optional: bool, base: u8) -> Evaluated<'p> {
        let operand = self.operand(steps[0], base)?;
        let key = self.evaluate(steps[1]);
        if key.is_err() && !optional && !matches!(operand, Value::Optional(_)) {
            self.meter.spend(1)?;
        }
        let key = key?;
        let is_list = matches!(&operand, Value::List(_));
        let missing =
            || if is_list { EvalError::IndexOutOfBounds(show(&key)) } else { EvalError::NoSuchKey(show(&key)) };
        self.found(operand, optional, missing, |map| map.find(&key), |list| element(list, &key))
    }

    /// What lies in an operand, for one unit. In an optional one, or if asked for, what is missing is none and costs
    /// nothing.
    fn found(
        &mut self,
        operand: Value<'p>,
        optional: bool,
        missing: impl FnOnce() -> EvalError,
        in_map: impl FnOnce(&Map<'p>) -> Option<Evaluated<'p>>,
        in_list: impl FnOnce(&List<'p>) -> Result<Option<Evaluated<'p>>, EvalError>,
    ) -> Evaluated<'p> {
        let (operand, optional) = match operand {
            Value::Optional(None) => return Ok(Value::NONE),
            Value::Optional(Some(inner)) => ((*inner).clone(), true),
            other => (other, optional),
        };
        let found = match &operand {
            Value::Map(map) => Ok(in_map(map)),
            Value::List(list) => in_list(list),
            _ => Ok(None),
        };
        if found.is_err() {
            self.meter.spend(1)?;
        }
        let found = found?;
        if found.is_some() || !optional {
            self.meter.spend(1)?;
        }
        match found {
            Some(found) if optional => Ok(Value::some(found?)),
            Some(found) => found,
            None if optional => Ok(Value::NONE),
            None => Err(missing()),
        }
    }

    pub(super) fn has(&mut self, operand: &'p Step, field: &str, cost: u8) -> Evaluated<'p> {
        let is_attribute = operand.is_attribute();
        let operand = self.evaluate(operand);
        if operand.is_err() && is_attribute {
            // Upstream takes back the unit of the test even if the test is not reached.
            self.meter.refund(1);
        }
        let operand = operand?;
        self.meter.spend(cost.into())?;
        let inner = match &operand {
            Value::Optional(Some(inner)) => inner,
            other => other,
        };
        match inner {
            Value::Map(map) => match map.field(field) {
                Some(Err(error)) => Err(error),
                found => Ok(Value::Bool(found.is_some())),
            },
            Value::List(_) => Err(unsupported_index("string")),
            _ => Ok(Value::Bool(false)),
        }
    }
}

fn unsupported_index(type_name: &str) -> EvalError {
    EvalError::Invalid(format!("unsupported index type '{type_name}' in list"))
}

/// The element at an index, which may be any whole number.
fn element<'p>(list: &List<'p>, key: &Value<'p>) -> Result<Option<Evaluated<'p>>, EvalError> {
    let index = match key {
        Value::Int(index) => usize::try_from(*index).ok(),
        Value::Uint(index) => usize::try_from(*index).ok(),
        Value::Double(value) if value.fract() == 0.0 => to_uint(*value).and_then(|index| usize::try_from(index).ok()),
        Value::Double(value) => {
            let value = format_double(*value);
            return Err(EvalError::Invalid(format!("unsupported index value {value} in list")));
        }
        other => return Err(unsupported_index(other.type_name())),
    };
    Ok(index.and_then(|index| list.get(index)))
}
