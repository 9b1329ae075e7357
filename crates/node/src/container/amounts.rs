//! Amounts of resources that a pod's spec names.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Written;
use machinery::quantity::Quantity;
use std::collections::BTreeMap;

/// Amounts by resource, as the API writes them.
pub(crate) type Amounts = BTreeMap<String, Written>;

/// The amount of a resource; 0 if it is not named. (What is no quantity the API server does not let pass.)
pub(crate) fn amount(amounts: Option<&Amounts>, name: &str) -> Quantity {
    amounts.and_then(|amounts| amounts.get(name)).map_or_else(Quantity::default, parse)
}

pub(crate) fn parse(written: &Written) -> Quantity {
    written.0.parse().unwrap_or_default()
}
