//! The Service `kubernetes`: made at the start, and put right when somebody changes it.

use crate::support::Caller;
use apiserver::{ResponseBody, ServiceAddresses};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use store::MemoryStore;

const CORE: &str = "/api/v1/namespaces/default";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

fn addresses(endpoints: &[&str]) -> ServiceAddresses {
    let endpoints = endpoints.iter().map(|endpoint| endpoint.parse().unwrap()).collect();
    ServiceAddresses { service: "10.96.0.1".parse().unwrap(), endpoints }
}

/// The next object of this type that a watch tells.
async fn next(body: &mut ResponseBody, wanted: &str) -> Value {
    loop {
        let frame = body.frame().await.unwrap().unwrap();
        let event: Value = serde_json::from_slice(frame.data_ref().unwrap()).unwrap();
        if event["type"] == wanted {
            return event["object"].clone();
        }
    }
}

#[tokio::test]
async fn pods_find_the_api_server() {
    let admin = Caller::admin().await;
    admin.server().publish(addresses(&["10.0.0.1:6443"])).await.unwrap();
    let service = admin.ok("GET", &format!("{CORE}/services/kubernetes"), Value::Null).await;
    assert_eq!(service["metadata"]["labels"], json!({"component": "apiserver", "provider": "kubernetes"}));
    assert_eq!(service["spec"]["clusterIPs"], json!(["10.96.0.1"]));
    assert_eq!(
        service["spec"]["ports"],
        json!([{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}])
    );
    let endpoints = admin.ok("GET", &format!("{CORE}/endpoints/kubernetes"), Value::Null).await;
    assert_eq!(
        endpoints["subsets"],
        json!([{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}])
    );
    let slice = admin.ok("GET", &format!("{SLICES}/kubernetes"), Value::Null).await;
    assert_eq!((&slice["addressType"], &slice["endpoints"][0]["addresses"]), (&json!("IPv4"), &json!(["10.0.0.1"])));
    assert_eq!(slice["metadata"]["labels"]["kubernetes.io/service-name"], "kubernetes");
}

#[tokio::test]
async fn what_is_changed_is_put_right() {
    let admin = Caller::admin().await;
    admin.server().publish(addresses(&["10.0.0.1:6443"])).await.unwrap();
    for (path, change) in
        [(format!("{CORE}/endpoints"), json!({"subsets": null})), (SLICES.to_owned(), json!({"endpoints": []}))]
    {
        let object = admin.ok("GET", &format!("{path}/kubernetes"), Value::Null).await;
        let version = object["metadata"]["resourceVersion"].as_str().unwrap();
        let watch = format!("{path}?watch=true&fieldSelector=metadata.name%3Dkubernetes&resourceVersion={version}");
        let mut body = admin.send("GET", &watch, &[], "").await.into_body();
        admin.ok("PATCH", &format!("{path}/kubernetes"), change).await;
        next(&mut body, "MODIFIED").await;
        let right = next(&mut body, "MODIFIED").await;
        assert_eq!((&right["subsets"], &right["endpoints"]), (&object["subsets"], &object["endpoints"]));
        admin.ok("DELETE", &format!("{path}/kubernetes"), Value::Null).await;
        next(&mut body, "DELETED").await;
        next(&mut body, "ADDED").await;
    }
}

#[tokio::test]
async fn another_run_may_have_other_addresses() {
    let store = Arc::new(MemoryStore::new());
    let first = Caller::admin_over(store.clone()).await;
    first.server().publish(addresses(&[])).await.unwrap();
    let endpoints = first.ok("GET", &format!("{CORE}/endpoints/kubernetes"), Value::Null).await;
    assert!(endpoints["subsets"].is_null(), "no pod reaches this server");
    drop(first);
    let second = Caller::admin_over(store).await;
    let moved = ServiceAddresses { service: "10.97.0.1".parse().unwrap(), ..addresses(&["[fd00::1]:7000"]) };
    second.server().publish(moved).await.unwrap();
    let service = second.ok("GET", &format!("{CORE}/services/kubernetes"), Value::Null).await;
    assert_eq!(service["spec"]["clusterIP"], "10.97.0.1");
    let slice = second.ok("GET", &format!("{SLICES}/kubernetes"), Value::Null).await;
    assert_eq!((&slice["addressType"], &slice["endpoints"][0]["addresses"]), (&json!("IPv6"), &json!(["fd00::1"])));
}
