//! Lists for which a patch says in which order they shall stand.

use super::{
    Fault, PATCH, SET_ORDER, Scope,
    list::merge_or_replace,
    order::{identity, in_order},
    without_directives,
};
use serde_json::{Map, Value};

/// Merges the lists for which the patch has a `$setElementOrder`, and takes them out of the patch.
pub(super) fn merge_ordered_lists(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    scope: Scope<'_>,
) -> Result<(), Fault> {
    let names: Vec<String> = patch.keys().filter_map(|key| key.strip_prefix(SET_ORDER)).map(Into::into).collect();
    for name in names {
        let malformed = || Fault::Malformed("invalid patch format of setElementOrder list".into());
        let order = patch.remove(&format!("{SET_ORDER}{name}"));
        let Some(Value::Array(order)) = order else { return Err(malformed()) };
        let (ty, merge) = scope.field(&name);
        let server = list(original.get(&name)).map_err(|()| malformed())?;
        let wanted = list(patch.get(&name)).map_err(|()| malformed())?;
        if patch.get(&name).is_some_and(Value::is_null) {
            continue;
        }
        if let Some(wanted) = &wanted {
            check_order(wanted, &order, merge.key)?;
        }
        let merged = match (server.clone(), wanted) {
            (None, None) => continue,
            (Some(server), None) => server,
            (None, Some(wanted)) => wanted.into_iter().filter_map(without_directives).collect(),
            (Some(server), Some(wanted)) => merge_or_replace(server, wanted, ty, merge)?,
        };
        patch.remove(&name);
        let ordered = in_order(merged, &order, &server.unwrap_or_default(), merge.key);
        original.insert(name, Value::Array(ordered));
    }
    Ok(())
}

fn list(value: Option<&Value>) -> Result<Option<Vec<Value>>, ()> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items.clone())),
        Some(_) => Err(()),
    }
}

/// The items of the patch must stand in the order that it asks for itself.
fn check_order(patch: &[Value], order: &[Value], key: &str) -> Result<(), Fault> {
    let mut rest = order.iter();
    for item in patch.iter().filter(|item| item.get(PATCH).is_none()) {
        let wanted = identity(item, key);
        if !rest.any(|other| identity(other, key) == wanted) {
            let (patch, order) = (Value::from(patch), Value::from(order));
            return Err(Fault::Unmergeable(format!(
                "The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n"
            )));
        }
    }
    Ok(())
}
