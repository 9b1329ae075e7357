//! `"%s is %d".format([...])` (cel-go, ext/formatting.go), while it runs and, with a literal format, beforehand.

mod clause;
mod number;
mod shown;

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    types::Type,
    value::{Evaluated, Value},
};
use clause::{Clause, Piece};

pub(super) const ROWS: &[Row] = &[row(
    "string_format",
    "string:format(list(dyn)) -> string",
    Price::Scan { argument: 0, result: Size::Unknown },
    format,
)];

/// Whether a call is one of `format`.
pub(crate) fn is_format(function: &str, arguments: usize) -> bool {
    function == "format" && arguments == 1
}

fn format<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::List(list)] = arguments else { return Err(EvalError::no_overload()) };
    let mut formatted = String::new();
    let mut used = 0;
    for piece in clause::pieces(text) {
        match piece.map_err(EvalError::Invalid)? {
            Piece::Text(text) => {
                meter.allocate(text.len())?;
                formatted.push_str(text);
            }
            Piece::Clause(clause) => {
                let value = list.get(used).ok_or_else(|| EvalError::Invalid(missing(used)))??;
                formatted.push_str(&fill(&clause?, &value, meter)?);
                used += 1;
            }
        }
    }
    Ok(Value::from(formatted))
}

fn fill(clause: &Clause, value: &Value<'_>, meter: &mut Meter) -> Result<String, EvalError> {
    if !clause.accepts_value(value) {
        return Err(EvalError::Invalid(format!("error during formatting: {}", clause.complaint(value.type_name()))));
    }
    if matches!(clause, Clause::String) {
        return shown::shown(value, meter);
    }
    meter.allocate(clause.width().saturating_add(2 * usize::try_from(value.size()).unwrap_or(0)))?;
    Ok(number::formatted(clause, value))
}

fn missing(index: usize) -> String {
    format!("index {index} out of range")
}

/// What is wrong with a literal format that is given values of these types: where (the value's index, if it is one's fault)
/// and why.
pub(crate) fn check(text: &str, types: &[Type<'_>]) -> Result<(), (Option<usize>, String)> {
    let mut used = 0;
    for piece in clause::pieces(text) {
        let Piece::Clause(clause) = piece.map_err(|message| (None, message))? else { continue };
        let of = types.get(used).ok_or_else(|| (None, missing(used)))?;
        let clause = clause.map_err(|error| (None, error.to_string()))?;
        if !clause.accepts_type(of) {
            return Err((Some(used), format!("error during formatting: {}", clause.complaint(of.name()))));
        }
        used += 1;
    }
    if types.len() > used {
        let given = types.len();
        return Err((None, format!("too many arguments supplied to string.format (expected {used}, got {given})")));
    }
    Ok(())
}
