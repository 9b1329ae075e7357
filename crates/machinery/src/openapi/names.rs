//! What schemas are called in documents.

use crate::kind::{Kind, Schema};

/// What references to schemas begin with.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// The name of a kind's schema; none for the bodies of connect subresources. Kinds that came at run time are called after
/// their group, turned around (`k8s.io/apiserver/pkg/endpoints/openapi/openapi.go`).
pub(super) fn of(kind: &Kind) -> Option<String> {
    match &kind.schema {
        Schema::Tables(_) => kind.definition().map(|definition| definition.name().to_owned()),
        Schema::Custom(_) => Some(custom(kind, &kind.kind)),
    }
}

/// The name of the schema of a kind's lists.
pub(super) fn of_list(kind: &Kind) -> Option<String> {
    match &kind.schema {
        Schema::Tables(_) => of(kind).map(|name| format!("{name}List")),
        Schema::Custom(_) => Some(custom(kind, &kind.list_kind())),
    }
}

fn custom(kind: &Kind, name: &str) -> String {
    let group: Vec<&str> = kind.group.rsplit('.').collect();
    format!("{}.{}.{name}", group.join("."), kind.version)
}
