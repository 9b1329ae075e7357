//! Every active namespace has the config map `kube-root-ca.crt`, by which its pods recognize the API server.

use crate::{
    framework::{Change, Key, Reconciler, Row},
    namespace::{is_active, key_of_namespace},
};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{ResourceExt, api::ObjectMeta};
use std::{collections::BTreeMap, sync::Arc};

const NAME: &str = "kube-root-ca.crt";
const KEY: &str = "ca.crt";
/// Kubernetes' own words for users who find the object.
const DESCRIPTION: (&str, &str) = (
    "kubernetes.io/description",
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the \
     internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes \
     clusters.",
);

pub(crate) const ROW: Row = Row {
    name: "root-ca-certificate-publisher-controller",
    service_account: "root-ca-cert-publisher",
    workers: 1,
    start: |setup| {
        let namespaces = setup.watch::<Namespace>("", |event| vec![Key::of(&**event.object())]);
        let config_maps =
            setup.watch::<ConfigMap>("metadata.name=kube-root-ca.crt", |event| key_of_namespace(event.object()));
        let certificate = setup.context.authority.certificate.clone();
        Arc::new(Reconciler::new(&setup.client, move |key, _| {
            let Some(namespace) = namespaces.get(key) else { return Ok(Vec::new()) };
            let existing = config_maps.get(&Key::namespaced(&key.name, NAME));
            reconcile(&namespace, existing.as_deref(), &certificate).into_iter().collect()
        }))
    },
};

/// Whatever else users added to the object stays.
fn reconcile(
    namespace: &Namespace,
    existing: Option<&ConfigMap>,
    certificate: &str,
) -> Option<serde_json::Result<Change>> {
    let data = [(KEY.to_owned(), certificate.to_owned())].into();
    match existing {
        _ if !is_active(namespace) => None,
        None => Some(Change::create(&described(&namespace.name_any(), data))),
        Some(existing) if existing.data.as_ref() == Some(&data) => None,
        Some(existing) => Some(Change::replace(&ConfigMap { data: Some(data), ..existing.clone() })),
    }
}

fn described(namespace: &str, data: BTreeMap<String, String>) -> ConfigMap {
    let (key, text) = DESCRIPTION;
    let metadata = ObjectMeta {
        name: Some(NAME.into()),
        namespace: Some(namespace.into()),
        annotations: Some([(key.to_owned(), text.to_owned())].into()),
        ..ObjectMeta::default()
    };
    ConfigMap { metadata, data: Some(data), ..ConfigMap::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(phase: &str) -> Namespace {
        let namespace = serde_json::json!({ "metadata": { "name": "n" }, "status": { "phase": phase } });
        serde_json::from_value(namespace).unwrap()
    }

    fn change(phase: &str, existing: Option<&ConfigMap>, certificate: &str) -> Option<Change> {
        reconcile(&namespace(phase), existing, certificate).transpose().unwrap()
    }

    #[test]
    fn the_config_map_is_made_once_and_corrected_when_it_differs() {
        let data = |certificate: &str| [("ca.crt".to_owned(), certificate.to_owned())].into();
        let created = described("n", data("PEM"));
        assert_eq!(change("Active", None, "PEM"), Some(Change::create(&created).unwrap()));
        assert_eq!(change("Active", Some(&created), "PEM"), None);
        assert_eq!(change("Terminating", None, "PEM"), None);

        let mut changed = created;
        changed.metadata.labels = Some([("own".to_owned(), "label".to_owned())].into());
        changed.metadata.resource_version = Some("7".into());
        let corrected = ConfigMap { data: Some(data("NEW")), ..changed.clone() };
        assert_eq!(change("Active", Some(&changed), "NEW"), Some(Change::replace(&corrected).unwrap()));
    }
}
