//! Every endpoint there is, tried by those who may do little: the table of requests follows from the catalog.

use crate::support::Caller;
use api::{
    authorization::Attributes,
    kinds::{self, served_by_default},
    node_authorizer::{self, Graph},
    rbac::bootstrap::cluster_role,
};
use apiserver::User;
use machinery::kind::Kind;
use serde_json::{Value, json};

/// Questions about oneself, which everybody with credentials may ask.
const ABOUT_ONESELF: [&str; 3] = ["selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews"];

/// A request to one endpoint.
struct Endpoint {
    method: &'static str,
    path: String,
    kind: Kind,
    verb: &'static str,
    subresource: &'static str,
}

fn method(verb: &str) -> &'static str {
    match verb {
        "create" => "POST",
        "update" => "PUT",
        "patch" => "PATCH",
        "delete" | "deletecollection" => "DELETE",
        _ => "GET",
    }
}

/// Each verb of each resource and subresource, of an object `x` in the namespace `default`.
fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for kind in kinds::all() {
        let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
        let namespace = if kind.namespaced { "/namespaces/default" } else { "" };
        let collection = format!("{root}/{}{namespace}/{}", kind.version, kind.plural);
        let mut add = |verb: &'static str, path: String, subresource| {
            endpoints.push(Endpoint { method: method(verb), path, kind: kind.clone(), verb, subresource });
        };
        for verb in kind.verbs {
            let path = match *verb {
                "watch" => format!("{collection}?watch=true"),
                "create" | "deletecollection" | "list" => collection.clone(),
                _ => format!("{collection}/x"),
            };
            add(verb, path, "");
        }
        for part in &*kind.subresources {
            for verb in part.verbs {
                add(verb, format!("{collection}/x/{}", part.name), part.name);
            }
        }
    }
    endpoints
}

impl Endpoint {
    /// The code and message of the answer.
    async fn answer(&self, caller: &Caller) -> (u16, String) {
        let content_type = if self.method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let response = caller.send(self.method, &self.path, &[("content-type", content_type)], "{}").await;
        let code = response.status().as_u16();
        if code == 200 {
            // A watch would not end.
            return (code, String::new());
        }
        (code, crate::support::read(response).await.1["message"].as_str().unwrap_or_default().to_owned())
    }

    fn is_about_oneself(&self) -> bool {
        ABOUT_ONESELF.contains(&&*self.kind.plural)
    }

    /// Service accounts may read whom the cluster trusts.
    fn reads_trust(&self) -> bool {
        self.kind.plural == "clustertrustbundles" && matches!(self.verb, "get" | "list" | "watch")
    }

    fn attributes(&self) -> Attributes<'_> {
        let named = !matches!(self.verb, "list" | "watch" | "deletecollection")
            && (self.verb != "create" || !self.subresource.is_empty());
        let namespace = if self.kind.namespaced { "default" } else { "" };
        Attributes {
            verb: self.verb,
            group: &self.kind.group,
            version: &self.kind.version,
            namespace,
            resource: &self.kind.plural,
            subresource: self.subresource,
            name: if named { "x" } else { "" },
            ..Attributes::default()
        }
    }
}

#[tokio::test]
async fn nobody_reaches_what_is_not_opened_to_them() {
    let admin = Caller::admin_of(kinds::all().iter().cloned().collect()).await;
    let anonymous = admin.as_user(User::anonymous());
    let powerless = admin.as_user(User::new("eve", Vec::<String>::new()));
    let pod = admin.as_user(User::service_account("default", "default"));
    let endpoints = endpoints();
    assert!(endpoints.len() > 900, "{}", endpoints.len());
    for endpoint in &endpoints {
        for (caller, name, opened) in [
            (&anonymous, "system:anonymous", false),
            (&powerless, "eve", endpoint.is_about_oneself()),
            (&pod, "system:serviceaccount:default:default", endpoint.is_about_oneself() || endpoint.reads_trust()),
        ] {
            let (code, message) = endpoint.answer(caller).await;
            let refused = code == 403 && message.contains(&format!("User {name:?} cannot {}", endpoint.verb));
            assert_eq!(refused, !opened, "{name} {} {}: {code} {message}", endpoint.method, endpoint.path);
        }
    }
}

#[tokio::test]
async fn a_node_reaches_what_its_authorizer_allows() {
    let admin = Caller::admin_of(kinds::all().iter().cloned().collect()).await;
    let node = admin.as_user(User::node("n1"));
    let (rules, nothing) = (cluster_role("system:node"), Graph::default());
    let (mut allowed, mut refused) = (0, 0);
    for endpoint in endpoints() {
        let expected = node_authorizer::decide("n1", &endpoint.attributes(), &rules, &nothing).is_ok();
        let (code, message) = endpoint.answer(&node).await;
        let is_refused = code == 403 && message.contains("User \"system:node:n1\" cannot");
        let expected = expected || endpoint.is_about_oneself();
        assert_eq!(is_refused, !expected, "{} {}: {code} {message}", endpoint.method, endpoint.path);
        *(if is_refused { &mut refused } else { &mut allowed }) += 1;
    }
    assert!(allowed > 20 && refused > 800, "{allowed} {refused}");
}

#[tokio::test]
async fn documents_are_for_those_with_credentials_but_health_and_version() {
    let admin = Caller::admin_of(served_by_default()).await;
    let (anonymous, eve) = (admin.as_user(User::anonymous()), admin.as_user(User::new("eve", Vec::<String>::new())));
    let open = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let discovery = ["/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/openapi/v2", "/openapi/v3"];
    let closed =
        ["/", "/metrics", "/healthzz", "/healthz/ping", "/readyz/etcd", "/logs", "/debug/pprof", "/openid/v1/jwks"];
    for path in open.iter().chain(&discovery).chain(&closed) {
        for (caller, reaches) in
            [(&anonymous, open.contains(path)), (&eve, open.contains(path) || discovery.contains(path))]
        {
            let (code, answer) = caller.call("GET", path, &Value::Null).await;
            assert_eq!(code.as_u16() != 403, reaches, "{path}: {answer}");
            assert_eq!(caller.call("POST", path, &json!({})).await.0.as_u16(), 403, "{path}");
        }
    }
}
