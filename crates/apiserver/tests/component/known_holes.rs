//! Holes that API servers have had, each with what closes it here. Their names are CVE numbers.

use crate::support::{CONFIG_MAPS, Caller, config_map};
use serde_json::{Value, json};

/// CVE-2022-3162: a name with `..` in it led to objects of another kind, which the caller may not have been allowed to
/// read.
#[tokio::test]
async fn cve_2022_3162_a_name_leads_to_no_other_kind() {
    let admin = Caller::admin().await;
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "word"}});
    admin.ok("POST", "/api/v1/namespaces/default/secrets", secret).await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    for name in [
        "../../secrets/default/s",
        "..%2F..%2Fsecrets%2Fdefault%2Fs",
        "%2e%2e%2f%2e%2e%2fsecrets%2fdefault%2fs",
        "..%2Fsecrets%2Fs",
        "a%2F..%2F..%2F..%2Fsecrets%2Fdefault%2Fs",
        "..",
        "%2e%2e",
    ] {
        let (code, answer) = admin.call("GET", &format!("{CONFIG_MAPS}/{name}"), &Value::Null).await;
        assert!(code.is_client_error(), "{name}: {code} {answer}");
        assert_ne!(answer["kind"], "Secret", "{name}");
    }
    for namespace in ["..%2Fsecrets%2Fdefault", "..", "default%2F.."] {
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        let (_, answer) = admin.call("GET", &path, &Value::Null).await;
        assert_eq!(answer["items"].as_array().map_or(0, Vec::len), 0, "{namespace}: {answer}");
    }
}
