//! Every active namespace has the service account `default`, which its pods run as unless they ask for another.

use crate::{
    context::{Context, retry_later},
    error::Error,
    namespace::is_active,
};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
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

const NAME: &str = "default";

pub(crate) async fn run(client: Client) {
    let context = Context::new(client.clone(), ());
    let accounts = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    Controller::new(Api::<Namespace>::all(client.clone()), watcher::Config::default())
        .watches(Api::<ServiceAccount>::all(client), accounts, |account| {
            account.namespace().map(|namespace| ObjectRef::new(&namespace))
        })
        .run(reconcile, retry_later, context)
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn reconcile(namespace: Arc<Namespace>, context: Arc<Context<()>>) -> Result<Action, Error> {
    let name = namespace.name_any();
    let accounts: Api<ServiceAccount> = Api::namespaced(context.client.clone(), &name);
    if is_active(&namespace) {
        let existing =
            accounts.get_opt(NAME).await.map_err(Error::during("read the default service account", &name))?;
        if existing.is_none() {
            let created = accounts.create(&PostParams::default(), &default_account(&name)).await;
            created.map_err(Error::during("create the default service account", &name))?;
        }
    }
    context.backoff.succeeded(&name);
    Ok(Action::await_change())
}

fn default_account(namespace: &str) -> ServiceAccount {
    let metadata = ObjectMeta { name: Some(NAME.into()), namespace: Some(namespace.into()), ..ObjectMeta::default() };
    ServiceAccount { metadata, ..ServiceAccount::default() }
}
