//! URLs (k8s.io/apiserver, pkg/cel/library/urls.go): absolute ones or paths, as Go's `net/url` reads them.

mod parse;

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Key, Map, Opaque, Text, Value},
};
pub use parse::Url;
pub(crate) use parse::parse;
use std::{collections::BTreeMap, sync::Arc};

pub(super) const ROWS: &[Row] = &[
    row("string_to_url", "url(string) -> kubernetes.URL", Price::Scan { argument: 0, result: Size::Same }, to_url),
    row("is_url_string", "isURL(string) -> bool", Price::Unit, is_url),
    row("url_get_scheme", "kubernetes.URL:getScheme() -> string", Price::Unit, scheme),
    row("url_get_host", "kubernetes.URL:getHost() -> string", Price::Unit, host),
    row("url_get_hostname", "kubernetes.URL:getHostname() -> string", Price::Unit, hostname),
    row("url_get_port", "kubernetes.URL:getPort() -> string", Price::Unit, port),
    row("url_get_escaped_path", "kubernetes.URL:getEscapedPath() -> string", Price::Unit, escaped_path),
    row("url_get_query", "kubernetes.URL:getQuery() -> map(string, list(string))", Price::Unit, query),
];

fn own<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Url, EvalError> {
    match arguments {
        [Value::Opaque(Opaque::Url(url))] => Ok(url),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_url<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(2 * text.len())?;
    let url = parse(text)
        .map_err(|why| EvalError::Invalid(format!("URL parse error during conversion from string: {why}")))?;
    Ok(Value::Opaque(Opaque::Url(Arc::new(url))))
}

fn is_url<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(parse(text).is_ok()))
}

fn scheme<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::text(own(arguments)?.scheme.as_str()))
}

fn host<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::text(own(arguments)?.host.as_str()))
}

fn hostname<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::text(own(arguments)?.hostname()))
}

fn port<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::text(own(arguments)?.port()))
}

fn escaped_path<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let url = own(arguments)?;
    meter.allocate(3 * url.path.len())?;
    Ok(Value::from(url.escaped_path()))
}

fn query<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let url = own(arguments)?;
    let mut values: BTreeMap<String, Vec<Value<'a>>> = BTreeMap::new();
    for (key, value) in url.query_pairs() {
        meter.allocate(key.len() + value.len() + 4 * size_of::<Value<'_>>())?;
        values.entry(key).or_default().push(Value::from(value));
    }
    let entries = values.into_iter().map(|(key, values)| (Key::String(Text::Shared(key.into())), Value::list(values)));
    Ok(Value::Map(Map::made(entries.collect())))
}
