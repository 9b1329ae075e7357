//! Every active namespace has the config map `kube-root-ca.crt`, by which its pods recognize the API server.

use crate::{
    context::{Context, retry_later},
    error::Error,
    namespace::is_active,
};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
    runtime::{
        controller::{Action, Controller},
        reflector::ObjectRef,
        watcher,
    },
};
use std::sync::Arc;

const NAME: &str = "kube-root-ca.crt";
const KEY: &str = "ca.crt";
/// Kubernetes' own words for users who find the object.
const DESCRIPTION: (&str, &str) = (
    "kubernetes.io/description",
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the \
     internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes \
     clusters.",
);

pub(crate) async fn run(client: Client, certificate: String) {
    let context = Context::new(client.clone(), certificate);
    let config_maps = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    Controller::new(Api::<Namespace>::all(client.clone()), watcher::Config::default())
        .watches(Api::<ConfigMap>::all(client), config_maps, |config_map| {
            config_map.namespace().map(|namespace| ObjectRef::new(&namespace))
        })
        .run(reconcile, retry_later, context)
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn reconcile(namespace: Arc<Namespace>, context: Arc<Context<String>>) -> Result<Action, Error> {
    let name = namespace.name_any();
    let config_maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &name);
    if is_active(&namespace) {
        let existing = config_maps.get_opt(NAME).await.map_err(Error::during("read kube-root-ca.crt", &name))?;
        let written = match correction(&name, existing, &context.data) {
            None => Ok(()),
            Some(Correction::Create(wanted)) => config_maps.create(&PostParams::default(), &wanted).await.map(drop),
            Some(Correction::Replace(wanted)) => {
                config_maps.replace(NAME, &PostParams::default(), &wanted).await.map(drop)
            }
        };
        written.map_err(Error::during("write kube-root-ca.crt", &name))?;
    }
    context.backoff.succeeded(&name);
    Ok(Action::await_change())
}

/// What is to be done about a namespace's config map.
#[derive(Debug, PartialEq)]
enum Correction {
    Create(ConfigMap),
    Replace(ConfigMap),
}

/// Whatever else users added to the object stays.
fn correction(namespace: &str, existing: Option<ConfigMap>, certificate: &str) -> Option<Correction> {
    let data = [(KEY.to_owned(), certificate.to_owned())].into();
    match existing {
        None => {
            let (key, text) = DESCRIPTION;
            let metadata = ObjectMeta {
                name: Some(NAME.into()),
                namespace: Some(namespace.into()),
                annotations: Some([(key.to_owned(), text.to_owned())].into()),
                ..ObjectMeta::default()
            };
            Some(Correction::Create(ConfigMap { metadata, data: Some(data), ..ConfigMap::default() }))
        }
        Some(existing) if existing.data.as_ref() == Some(&data) => None,
        Some(existing) => Some(Correction::Replace(ConfigMap { data: Some(data), ..existing })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_map_is_made_once_and_corrected_when_it_differs() {
        let Some(Correction::Create(created)) = correction("default", None, "PEM") else { panic!("created") };
        assert_eq!(created.data.clone().unwrap(), [("ca.crt".to_owned(), "PEM".to_owned())].into());
        assert_eq!(correction("default", Some(created.clone()), "PEM"), None);

        let mut changed = created;
        changed.metadata.labels = Some([("own".to_owned(), "label".to_owned())].into());
        changed.metadata.resource_version = Some("7".into());
        let Some(Correction::Replace(replaced)) = correction("default", Some(changed.clone()), "NEW") else {
            panic!("replaced")
        };
        assert_eq!(replaced.data.clone().unwrap()["ca.crt"], "NEW");
        assert_eq!(replaced.metadata, changed.metadata);
    }
}
