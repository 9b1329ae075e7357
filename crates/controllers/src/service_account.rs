//! Every active namespace has the service account `default`, which its pods run as unless they ask for another.

use crate::{
    framework::{Change, Key, Reconciler, Row},
    namespace::{is_active, key_of_namespace},
};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::{ResourceExt, api::ObjectMeta};
use std::sync::Arc;

const NAME: &str = "default";

pub(crate) const ROW: Row = Row {
    name: "serviceaccount-controller",
    service_account: "service-account-controller",
    workers: 1,
    start: |setup| {
        let namespaces = setup.watch::<Namespace>("", |event| vec![Key::of(&**event.object())]);
        let accounts = setup.watch::<ServiceAccount>("metadata.name=default", |event| key_of_namespace(event.object()));
        Arc::new(Reconciler::new(&setup.client, move |key, _| {
            let Some(namespace) = namespaces.get(key) else { return Ok(Vec::new()) };
            let existing = accounts.get(&Key::namespaced(&key.name, NAME));
            reconcile(&namespace, existing.as_deref()).into_iter().collect()
        }))
    },
};

/// The service account that a namespace lacks.
fn reconcile(namespace: &Namespace, existing: Option<&ServiceAccount>) -> Option<serde_json::Result<Change>> {
    (is_active(namespace) && existing.is_none()).then(|| Change::create(&default_account(&namespace.name_any())))
}

fn default_account(namespace: &str) -> ServiceAccount {
    let metadata = ObjectMeta { name: Some(NAME.into()), namespace: Some(namespace.into()), ..ObjectMeta::default() };
    ServiceAccount { metadata, ..ServiceAccount::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn active_namespaces_that_lack_it_get_it() {
        let namespace = |phase: &str| {
            serde_json::from_value(json!({ "metadata": { "name": "n" }, "status": { "phase": phase } })).unwrap()
        };
        let account = default_account("n");
        let wanted = Change::create(&account).unwrap();
        for (phase, existing, expected) in
            [("Active", None, Some(wanted)), ("Active", Some(&account), None), ("Terminating", None, None)]
        {
            let change = reconcile(&namespace(phase), existing).transpose().unwrap();
            assert_eq!(change, expected, "{phase} {existing:?}");
        }
    }
}
