use super::*;
use crate::cache::Cache;
use http::HeaderName;
use std::sync::Arc;
use store::MemoryStore;

async fn act(caller: User, headers: &[(&str, &str)]) -> Result<User, String> {
    let authorizer = Authorizer::new(Cache::start(Arc::new(MemoryStore::new())).await.unwrap());
    let pairs = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()));
    let request = Attributes { verb: "list", resource: "pods", ..Attributes::default() };
    let acting = act_as(&authorizer, caller, &pairs.collect(), &request).await;
    acting.map_err(|status| format!("{} {status}", status.code()))
}

#[tokio::test]
async fn who_may_do_everything_becomes_who_the_headers_say() {
    assert_eq!(act(User::admin(), &[]).await.unwrap(), User::admin());
    let headers = [
        ("Impersonate-User", "joe"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Uid", "u"),
        ("Impersonate-Extra-Scopes", "view"),
        ("Impersonate-Extra-Scopes", "edit"),
        ("Impersonate-Extra-Acme.com%2fproject", "p"),
    ];
    let extra = [("acme.com/project", vec!["p"]), ("scopes", vec!["view", "edit"])];
    let extra = extra.map(|(key, values)| (key.to_string(), values.iter().map(ToString::to_string).collect()));
    let joe = User { uid: "u".into(), extra: extra.into(), ..User::new("joe", ["a", "b"]) };
    assert_eq!(act(User::admin(), &headers).await.unwrap(), joe);
    let master = act(User::admin(), &[("Impersonate-User", "joe"), ("Impersonate-Group", "system:masters")]).await;
    assert!(Authorizer::is_superuser(&master.unwrap()), "as with Kubernetes, in the old way");
}

#[tokio::test]
async fn only_who_may_impersonate_does() {
    let eve = || User::new("eve", Vec::<String>::new());
    for (headers, refusal) in [
        (
            &[("Impersonate-User", "joe")][..],
            r#"403 pods is forbidden: User "eve" cannot impersonate-on:user-info:list resource "pods" in API group "" at the cluster scope"#,
        ),
        (
            &[("Impersonate-User", "system:serviceaccount:a:b"), ("Impersonate-Group", "x")],
            r#"403 serviceaccounts "b" is forbidden: User "eve" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a""#,
        ),
    ] {
        assert_eq!(act(eve(), headers).await.unwrap_err(), refusal);
    }
    assert!(act(eve(), &[]).await.is_ok());
}

#[tokio::test]
async fn all_else_needs_a_user() {
    for (name, refusal) in [
        (
            "Impersonate-Group",
            r#"&user.DefaultInfo{Name:"", UID:"", Groups:[]string{"x"}, Extra:map[string][]string(nil)}"#,
        ),
        (
            "Impersonate-Extra-Y",
            r#"&user.DefaultInfo{Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"y":[]string{"x"}}}"#,
        ),
    ] {
        let expected = format!("400 requested {refusal} without impersonating a user name");
        assert_eq!(act(User::admin(), &[(name, "x")]).await.unwrap_err(), expected);
    }
}
