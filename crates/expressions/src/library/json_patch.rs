//! What mutations need for paths of JSON patches (k8s.io/apiserver, pkg/cel/library/jsonpatch.go).

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value},
};

pub(super) const ROWS: &[Row] = &[row(
    "string_jsonpatch_escapeKey_string",
    "jsonpatch.escapeKey(string) -> string",
    Price::Scan { argument: 0, result: Size::Same },
    escape_key,
)];

fn escape_key<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(key)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(2 * key.len())?;
    Ok(Value::from(key.replace('~', "~0").replace('/', "~1")))
}
