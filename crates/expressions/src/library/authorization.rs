//! `authorizer.group("").resource("pods").check("get").allowed()` (k8s.io/apiserver, pkg/cel/library/authz.go).

use super::{Price, Row, row};
use crate::{
    authorizer::{Authorization, Check, Decision, Resource, Stage, Subject},
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Opaque, Value},
};
use machinery::format;
use std::sync::Arc;

/// Two checks fit into an expression.
const CHECK: Price = Price::Fixed(350_000);

pub(super) const ROWS: &[Row] = &[
    row(
        "authorizer_path",
        "kubernetes.authorization.Authorizer:path(string) -> kubernetes.authorization.PathCheck",
        Price::Unit,
        path,
    ),
    row(
        "authorizer_group",
        "kubernetes.authorization.Authorizer:group(string) -> kubernetes.authorization.GroupCheck",
        Price::Unit,
        group,
    ),
    row(
        "authorizer_serviceaccount",
        "kubernetes.authorization.Authorizer:serviceAccount(string, string) -> kubernetes.authorization.Authorizer",
        Price::Unit,
        service_account,
    ),
    row(
        "groupcheck_resource",
        "kubernetes.authorization.GroupCheck:resource(string) -> kubernetes.authorization.ResourceCheck",
        Price::Unit,
        resource,
    ),
    row(
        "resourcecheck_subresource",
        "kubernetes.authorization.ResourceCheck:subresource(string) -> kubernetes.authorization.ResourceCheck",
        Price::Unit,
        subresource,
    ),
    row(
        "resourcecheck_namespace",
        "kubernetes.authorization.ResourceCheck:namespace(string) -> kubernetes.authorization.ResourceCheck",
        Price::Unit,
        namespace,
    ),
    row(
        "resourcecheck_name",
        "kubernetes.authorization.ResourceCheck:name(string) -> kubernetes.authorization.ResourceCheck",
        Price::Unit,
        name,
    ),
    row(
        "pathcheck_check",
        "kubernetes.authorization.PathCheck:check(string) -> kubernetes.authorization.Decision",
        CHECK,
        check,
    ),
    row(
        "resourcecheck_check",
        "kubernetes.authorization.ResourceCheck:check(string) -> kubernetes.authorization.Decision",
        CHECK,
        check,
    ),
    row("decision_errored", "kubernetes.authorization.Decision:errored() -> bool", Price::Unit, errored),
    row("decision_error", "kubernetes.authorization.Decision:error() -> string", Price::Unit, error),
    row("decision_allowed", "kubernetes.authorization.Decision:allowed() -> bool", Price::Unit, allowed),
    row("decision_reason", "kubernetes.authorization.Decision:reason() -> string", Price::Unit, reason),
];

pub(super) const SELECTORS: &[Row] = &[
    row(
        "authorizer_fieldselector",
        "kubernetes.authorization.ResourceCheck:fieldSelector(string) -> kubernetes.authorization.ResourceCheck",
        Price::Selector,
        field_selector,
    ),
    row(
        "authorizer_labelselector",
        "kubernetes.authorization.ResourceCheck:labelSelector(string) -> kubernetes.authorization.ResourceCheck",
        Price::Selector,
        label_selector,
    ),
];

/// The check so far and the text that goes into it.
fn step<'v, 'a>(arguments: &'v [Value<'a>]) -> Result<(&'v Authorization<'a>, &'v str), EvalError> {
    match arguments {
        [Value::Opaque(Opaque::Authorization(check)), Value::String(text)] => Ok((check, text)),
        _ => Err(EvalError::no_overload()),
    }
}

fn value(check: Arc<Authorization<'_>>) -> Evaluated<'_> {
    Ok(Value::Opaque(Opaque::Authorization(check)))
}

fn not_empty(text: &str, what: &str) -> Result<String, EvalError> {
    if text.trim().is_empty() {
        Err(EvalError::Invalid(format!("{what} must not be empty")))
    } else {
        Ok(text.to_owned())
    }
}

fn path<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (check, path) = step(arguments)?;
    value(check.at(Stage::Path(not_empty(path, "path")?)))
}

fn group<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (check, group) = step(arguments)?;
    value(check.at(Stage::Group(group.to_owned())))
}

fn service_account<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::Opaque(Opaque::Authorization(check)), Value::String(namespace), Value::String(name)] = arguments else {
        return Err(EvalError::no_overload());
    };
    if !format::dns1123_subdomain(name).is_empty() {
        return Err(EvalError::invalid("Invalid service account name"));
    }
    if !format::dns1123_label(namespace).is_empty() {
        return Err(EvalError::invalid("Invalid service account namespace"));
    }
    let account = Some((namespace.to_string(), name.to_string()));
    value(Arc::new(Authorization { service_account: account, ..Authorization::clone(check) }))
}

fn resource<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (check, resource) = step(arguments)?;
    let Stage::Group(group) = &check.stage else { return Err(EvalError::no_overload()) };
    let resource = not_empty(resource, "resource")?;
    value(check.at(Stage::Resource(Resource { group: group.clone(), resource, ..Resource::default() })))
}

/// A resource check that knows more.
fn refine<'a>(arguments: &[Value<'a>], change: fn(&mut Resource, String)) -> Evaluated<'a> {
    let (check, text) = step(arguments)?;
    let Stage::Resource(resource) = &check.stage else { return Err(EvalError::no_overload()) };
    let mut resource = resource.clone();
    change(&mut resource, text.to_owned());
    value(check.at(Stage::Resource(resource)))
}

fn subresource<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    refine(arguments, |resource, text| resource.subresource = text)
}

fn namespace<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    refine(arguments, |resource, text| resource.namespace = text)
}

fn name<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    refine(arguments, |resource, text| resource.name = text)
}

fn field_selector<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    refine(arguments, |resource, text| resource.field_selector = text)
}

fn label_selector<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    refine(arguments, |resource, text| resource.label_selector = text)
}

fn check<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (check, verb) = step(arguments)?;
    let what = match &check.stage {
        Stage::Path(path) => Subject::Path(path.clone()),
        Stage::Resource(resource) => Subject::Resource(resource.clone()),
        _ => return Err(EvalError::no_overload()),
    };
    let asked = Check { service_account: check.service_account.clone(), verb: verb.to_owned(), what };
    value(check.at(Stage::Decision(check.authorizer.check(&asked))))
}

fn decision<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Decision, EvalError> {
    match arguments {
        [Value::Opaque(Opaque::Authorization(check))] => match &check.stage {
            Stage::Decision(decision) => Ok(decision),
            _ => Err(EvalError::no_overload()),
        },
        _ => Err(EvalError::no_overload()),
    }
}

fn errored<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    decision(arguments).map(|decision| Value::Bool(decision.error.is_some()))
}

fn error<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    decision(arguments).map(|decision| Value::from(decision.error.clone().unwrap_or_default()))
}

fn allowed<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    decision(arguments).map(|decision| Value::Bool(decision.allowed))
}

fn reason<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    decision(arguments).map(|decision| Value::from(decision.reason.clone()))
}
