//! Calls of functions.

use super::Frame;
use crate::{
    budget::Meter,
    error::EvalError,
    library::{Function, Price, all_found, found},
    program::{Matching, Step},
    syntax::operators,
    value::{Evaluated, Value},
};
use regex::Regex;

/// No overload takes more.
const MAX_ARGUMENTS: usize = 4;

impl<'p, 'a: 'p> Frame<'_, 'p, 'a> {
    pub(super) fn call(
        &mut self,
        function: &str,
        calls: &'p [Function],
        price: Price,
        arguments: &'p [Step],
    ) -> Evaluated<'p> {
        let mut values: [Value<'p>; MAX_ARGUMENTS] = Default::default();
        let failed = self.arguments(arguments, &mut values, calls.len() == 1 || is_operator(function))?;
        let values = &mut values[..arguments.len().min(MAX_ARGUMENTS)];
        let sizes = price.sizes(values, &mut self.meter)?;
        let result = match failed {
            Some(error) => Err(error),
            None => attempt(calls, &mut self.meter, values).unwrap_or_else(|| Err(no_overload(function, values))),
        };
        self.meter.spend(price.actual(sizes, result.as_ref().unwrap_or(&Value::Null)))?;
        result
    }

    /// Evaluates the arguments. Where the function is known and takes two, both are, even if one fails: what fails is then
    /// the inner result.
    fn arguments(
        &mut self,
        steps: &'p [Step],
        values: &mut [Value<'p>; MAX_ARGUMENTS],
        known: bool,
    ) -> Result<Option<EvalError>, EvalError> {
        let mut failed = None;
        for (index, (step, value)) in steps.iter().zip(values.iter_mut()).enumerate() {
            let goes_on = index + 1 == steps.len() || (known && steps.len() <= 2);
            match self.evaluate(step) {
                Ok(evaluated) => *value = evaluated,
                Err(error) if error.is_fatal() || !goes_on => return Err(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Ok(failed)
    }

    /// A call with a pattern that has been compiled.
    pub(super) fn matching(&mut self, matching: Matching, pattern: &Regex, arguments: &'p [Step]) -> Evaluated<'p> {
        let mut values: [Value<'p>; MAX_ARGUMENTS] = Default::default();
        if let Some(error) = self.arguments(arguments, &mut values, false)? {
            return Err(error);
        }
        let price = if matching == Matching::Matches { Price::Match } else { Price::Find };
        let sizes = price.sizes(&values, &mut self.meter)?;
        self.meter.spend(price.actual(sizes, &Value::Null))?;
        let [Value::String(text), _, limit, _] = &values else { return Err(EvalError::no_overload()) };
        match (matching, limit) {
            (Matching::Matches, _) => Ok(Value::Bool(pattern.is_match(text))),
            (Matching::Find, _) => found(pattern, text, &mut self.meter),
            (Matching::FindAll, Value::Int(limit)) => all_found(pattern, text, *limit, &mut self.meter),
            (Matching::FindAll, _) => all_found(pattern, text, -1, &mut self.meter),
        }
    }
}

/// The result of the first call that the arguments are of the right types for.
fn attempt<'p>(calls: &[Function], meter: &mut Meter, values: &mut [Value<'p>]) -> Option<Evaluated<'p>> {
    let unfit = |result: &Evaluated<'p>| matches!(result, Err(EvalError::NoSuchOverload(what)) if what.is_empty());
    calls.iter().map(|call| call(meter, values)).find(|result| !unfit(result))
}

fn is_operator(function: &str) -> bool {
    !function.starts_with(char::is_alphabetic) || function == "size"
}

/// Which call no overload fits: cel-go names the function where the first argument's type can do nothing of the kind.
fn no_overload(function: &str, arguments: &[Value<'_>]) -> EvalError {
    let can = match arguments.first() {
        Some(Value::List(_)) => [operators::ADD, operators::IN, "size"].contains(&function),
        Some(Value::Null | Value::Map(_) | Value::Type(_) | Value::Optional(_) | Value::Opaque(_)) => false,
        _ => function != "size",
    };
    EvalError::NoSuchOverload(match function {
        "contains" | "startsWith" | "endsWith" => String::new(),
        _ if is_operator(function) && can => String::new(),
        _ if is_operator(function) => format!(": {function}"),
        _ => {
            let types: Vec<&str> = arguments.iter().map(Value::type_name).collect();
            format!(": {function}({})", types.join(", "))
        }
    })
}
