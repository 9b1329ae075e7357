//! The controllers against minke's own API server on a memory store.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::large_futures, reason = "a test is one future; its size does not matter")]

use api::kinds::served_by_default;
use apiserver::{ApiServer, User};
use base64::{Engine, engine::general_purpose::STANDARD};
use controllers::{Authority, Clients};
use k8s_openapi::api::{
    certificates::v1::CertificateSigningRequest,
    core::v1::{ConfigMap, Namespace, Pod, ServiceAccount},
    rbac::v1::ClusterRole,
};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    runtime::wait::{await_condition, conditions},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{fmt::Debug, sync::Arc, time::Duration};
use store::MemoryStore;
use tokio_util::sync::CancellationToken;

async fn cluster() -> Client {
    let server =
        ApiServer::start(Arc::new(MemoryStore::new()), served_by_default(), CancellationToken::new()).await.unwrap();
    let shared = Client::new(server.local(User::controller_manager()), "default");
    let of = Arc::clone(&server);
    let clients = Clients::new(shared, move |account| {
        Client::new(of.local(User::service_account("kube-system", account)), "default")
    });
    tokio::spawn(controllers::run(clients, authority(), controllers::Metrics::default(), std::future::pending()));
    Client::new(server.local(User::admin()), "default")
}

fn authority() -> Authority {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    Authority { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// A request for a certificate, as it is signed.
fn certificate_request(name: &str, organization: &str) -> String {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.distinguished_name.push(rcgen::DnType::OrganizationName, organization);
    params.serialize_request(&rcgen::KeyPair::generate().unwrap()).unwrap().pem().unwrap()
}

async fn create<K>(api: &Api<K>, object: Value)
where
    K: Clone + DeserializeOwned + Debug + serde::Serialize,
{
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
}

/// A test that hangs has failed.
async fn in_time(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(1), test).await.unwrap();
}

fn exists<K>(object: Option<&K>) -> bool {
    object.is_some()
}

#[tokio::test]
async fn every_namespace_has_a_service_account_and_the_root_certificate() {
    in_time(async {
        let client = cluster().await;
        create(&Api::<Namespace>::all(client.clone()), json!({ "metadata": { "name": "n" } })).await;
        for namespace in ["default", "kube-system", "n"] {
            let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
            await_condition(accounts, "default", exists).await.unwrap();
            let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
            let found = await_condition(config_maps, "kube-root-ca.crt", exists).await.unwrap().unwrap();
            assert!(found.data.unwrap()["ca.crt"].starts_with("-----BEGIN CERTIFICATE-----"));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_or_changed_comes_back() {
    in_time(async {
        let client = cluster().await;
        let accounts: Api<ServiceAccount> = Api::default_namespaced(client.clone());
        let first = await_condition(accounts.clone(), "default", exists).await.unwrap().unwrap();
        accounts.delete("default", &DeleteParams::default()).await.unwrap();
        let is_new =
            |account: Option<&ServiceAccount>| account.is_some_and(|new| new.metadata.uid != first.metadata.uid);
        await_condition(accounts, "default", is_new).await.unwrap();

        let config_maps: Api<ConfigMap> = Api::default_namespaced(client);
        await_condition(config_maps.clone(), "kube-root-ca.crt", exists).await.unwrap();
        let wrong = Patch::Merge(json!({ "data": { "ca.crt": "wrong" } }));
        config_maps.patch("kube-root-ca.crt", &PatchParams::default(), &wrong).await.unwrap();
        let is_right = |found: Option<&ConfigMap>| {
            found.and_then(|found| found.data.as_ref()).is_some_and(|data| data["ca.crt"].starts_with("-----BEGIN"))
        };
        await_condition(config_maps, "kube-root-ca.crt", is_right).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_deleted_namespace_is_emptied_and_goes() {
    in_time(async {
        let client = cluster().await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        create(&namespaces, json!({ "metadata": { "name": "n" } })).await;
        let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), "n");
        await_condition(config_maps.clone(), "kube-root-ca.crt", exists).await.unwrap();
        create(&config_maps, json!({ "metadata": { "name": "mine" } })).await;

        let uid = namespaces.get("n").await.unwrap().metadata.uid.unwrap();
        namespaces.delete("n", &DeleteParams::default()).await.unwrap();
        await_condition(namespaces, "n", conditions::is_deleted(&uid)).await.unwrap();
        assert!(config_maps.get_opt("mine").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_namespace_waits_for_what_has_finalizers_and_says_so() {
    in_time(async {
        let client = cluster().await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        create(&namespaces, json!({ "metadata": { "name": "n" } })).await;
        let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), "n");
        create(&config_maps, json!({ "metadata": { "name": "held", "finalizers": ["example.com/hold"] } })).await;

        let uid = namespaces.get("n").await.unwrap().metadata.uid.unwrap();
        namespaces.delete("n", &DeleteParams::default()).await.unwrap();
        let says_so = |namespace: Option<&Namespace>| {
            let status = namespace.and_then(|namespace| namespace.status.as_ref());
            let conditions = status.and_then(|status| status.conditions.as_ref());
            conditions.into_iter().flatten().any(|condition| {
                condition.type_ == "NamespaceFinalizersRemaining"
                    && condition.message.as_deref()
                        == Some(
                            "Some content in the namespace has finalizers remaining: \
                             example.com/hold in 1 resource instances",
                        )
            })
        };
        await_condition(namespaces.clone(), "n", says_so).await.unwrap();

        let released = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        config_maps.patch("held", &PatchParams::default(), &released).await.unwrap();
        await_condition(namespaces, "n", conditions::is_deleted(&uid)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn pods_go_before_everything_else() {
    in_time(async {
        let client = cluster().await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        create(&namespaces, json!({ "metadata": { "name": "n" } })).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), "n");
        let spec = json!({ "containers": [{ "name": "c", "image": "i" }], "nodeName": "m" });
        create(&pods, json!({ "metadata": { "name": "p" }, "spec": spec })).await;
        let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), "n");
        create(&config_maps, json!({ "metadata": { "name": "mine" } })).await;

        let uid = namespaces.get("n").await.unwrap().metadata.uid.unwrap();
        namespaces.delete("n", &DeleteParams::default()).await.unwrap();
        let is_ending = |pod: Option<&Pod>| pod.is_some_and(|pod| pod.metadata.deletion_timestamp.is_some());
        await_condition(pods.clone(), "p", is_ending).await.unwrap();
        assert!(config_maps.get_opt("mine").await.unwrap().is_some());

        // As the node does when the containers have ended.
        pods.delete("p", &DeleteParams::default().grace_period(0)).await.unwrap();
        await_condition(namespaces, "n", conditions::is_deleted(&uid)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_cluster_role_is_put_together_from_those_it_selects() {
    in_time(async {
        let client = cluster().await;
        let roles: Api<ClusterRole> = Api::all(client);
        let selector = json!({ "matchLabels": { "part-of": "whole" } });
        create(&roles, json!({ "metadata": { "name": "whole" }, "rules": [], "aggregationRule": { "clusterRoleSelectors": [selector] } }))
            .await;
        let rule = json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] });
        create(&roles, json!({ "metadata": { "name": "part", "labels": { "part-of": "whole" } }, "rules": [rule] })).await;
        let has_a_rule = |role: Option<&ClusterRole>| {
            role.and_then(|role| role.rules.as_ref()).is_some_and(|rules| rules.len() == 1)
        };
        await_condition(roles.clone(), "whole", has_a_rule).await.unwrap();

        roles.delete("part", &DeleteParams::default()).await.unwrap();
        let has_none = |role: Option<&ClusterRole>| role.is_some_and(|role| role.rules.iter().flatten().count() == 0);
        await_condition(roles, "whole", has_none).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_request_is_signed_once_it_is_approved() {
    in_time(async {
        let client = cluster().await;
        let requests: Api<CertificateSigningRequest> = Api::all(client);
        let request = STANDARD.encode(certificate_request("joe", "people"));
        let spec =
            json!({"request": request, "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]});
        create(&requests, json!({"metadata": {"name": "joe"}, "spec": spec})).await;
        let condition = json!({"type": "Approved", "status": "True", "reason": "Tested"});
        let approval = Patch::Merge(json!({"status": {"conditions": [condition]}}));
        requests.patch_subresource("approval", "joe", &PatchParams::default(), &approval).await.unwrap();
        let is_issued = |found: Option<&CertificateSigningRequest>| {
            found.and_then(|found| found.status.as_ref()).is_some_and(|status| status.certificate.is_some())
        };
        let signed = await_condition(requests, "joe", is_issued).await.unwrap().unwrap();
        let certificate = String::from_utf8(signed.status.unwrap().certificate.unwrap().0).unwrap();
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"), "{certificate}");
        assert_eq!(signed.spec.username.as_deref(), Some("kubernetes-admin"));
    })
    .await;
}
