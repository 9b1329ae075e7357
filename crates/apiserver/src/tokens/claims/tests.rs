use super::*;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn object(name: &str, uid: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "n", "uid": uid}})
}

fn request<'a>(account: &'a Value, bound: Bound<'a>, audiences: &'a [String], lifetime: i64) -> Request<'a> {
    Request { account, bound, audiences, lifetime, id: "id" }
}

#[test]
fn a_token_says_whose_it_is_for_whom_and_for_how_long() {
    let (account, pod, node) = (object("robot", "u"), object("p", "pu"), json!({"metadata": {"name": "n1"}}));
    let (own, other) = ([ISSUER.to_owned()], ["vault".to_owned()]);
    for (bound, audiences, lifetime, expiry, private) in [
        (Bound::Nothing, &other, 600, 600, json!({})),
        (Bound::Pod(&pod, None), &own, 600, 600, json!({"pod": {"name": "p", "uid": "pu"}})),
        (
            Bound::Pod(&pod, Some(&node)),
            &own,
            RENEWED,
            EXTENDED,
            json!({"pod": {"name": "p", "uid": "pu"}, "node": {"name": "n1"}, "warnafter": NOW.as_second() + RENEWED}),
        ),
        (Bound::Pod(&pod, None), &other, RENEWED, RENEWED, json!({"pod": {"name": "p", "uid": "pu"}})),
        (Bound::Nothing, &own, RENEWED, RENEWED, json!({})),
        (Bound::Secret(&pod), &own, 600, 600, json!({"secret": {"name": "p", "uid": "pu"}})),
        (Bound::Node(&pod), &own, 600, 600, json!({"node": {"name": "p", "uid": "pu"}})),
    ] {
        let claims = issue(&request(&account, bound, audiences, lifetime), NOW);
        assert_eq!(claims["exp"], NOW.as_second() + expiry);
        assert_eq!((&claims["sub"], &claims["jti"]), (&json!("system:serviceaccount:n:robot"), &json!("id")));
        let mut expected = private;
        expected["namespace"] = json!("n");
        expected["serviceaccount"] = json!({"name": "robot", "uid": "u"});
        assert_eq!(claims["kubernetes.io"], expected);
    }
}

#[test]
fn a_token_is_good_as_long_as_what_it_is_bound_to_is_there() {
    let (account, pod, node) = (object("robot", "u"), object("p", "pu"), object("n1", "nu"));
    let audiences = [ISSUER.to_owned()];
    let of_pod = issue(&request(&account, Bound::Pod(&pod, Some(&node)), &audiences, 600), NOW);
    let of_node = issue(&request(&account, Bound::Node(&node), &audiences, 600), NOW);
    let deleted = |ago: i64| {
        let mut pod = pod.clone();
        pod["metadata"]["deletionTimestamp"] = json!((NOW - jiff::SignedDuration::from_secs(ago)).to_string());
        pod
    };
    let gone = Some(INVALIDATED);
    let (renamed, other) = (object("robot", "other"), object("p", "other"));
    for (claims, account, pod, node, refusal) in [
        (&of_pod, Some(&account), Some(&pod), None, None),
        (&of_pod, None, Some(&pod), None, Some("serviceaccounts \"robot\" not found")),
        (&of_pod, Some(&renamed), Some(&pod), None, Some("service account UID (other) does not match claim (u)")),
        (&of_pod, Some(&account), None, None, gone),
        (
            &of_pod,
            Some(&account),
            Some(&other),
            None,
            Some("Pod UID (other) does not match service account pod ref claim (pu)"),
        ),
        (&of_pod, Some(&account), Some(&deleted(30)), None, None),
        (&of_pod, Some(&account), Some(&deleted(61)), None, gone),
        (&of_node, Some(&account), None, Some(&node), None),
        (&of_node, Some(&account), None, None, gone),
    ] {
        let find = |kind: &Kind, _: &str, _: &str| match kind {
            kind if *kind == SERVICE_ACCOUNT => account.cloned(),
            kind if *kind == POD => pod.cloned(),
            _ => node.cloned(),
        };
        let user = user(claims, &find, NOW);
        assert_eq!(user.as_ref().err().map(String::as_str), refusal, "{claims}");
    }
}

#[test]
fn a_token_has_its_time() {
    let account = object("robot", "u");
    let claims = issue(&request(&account, Bound::Nothing, &[ISSUER.to_owned()], 600), NOW);
    let find = |_: &Kind, _: &str, _: &str| Some(account.clone());
    for (after, refusal) in [
        (0, None),
        (660, None),
        (661, Some("service account token has expired")),
        (-60, None),
        (-61, Some("service account token is not valid yet")),
    ] {
        let now = NOW + jiff::SignedDuration::from_secs(after);
        assert_eq!(user(&claims, &find, now).err().as_deref(), refusal, "{after}");
    }
    let mut endless = claims;
    endless["exp"] = json!(null);
    assert!(user(&endless, &find, NOW).is_err());
}

#[test]
fn a_token_is_for_whom_it_names() {
    let asked = [ISSUER.to_owned(), "vault".to_owned()];
    for (named, common) in [
        (json!([ISSUER]), Some(vec![ISSUER])),
        (json!(ISSUER), Some(vec![ISSUER])),
        (json!(["vault", "x", ISSUER]), Some(vec!["vault", ISSUER])),
        (json!(null), Some(vec![ISSUER])),
        (json!(["x"]), None),
    ] {
        let common = common.map(|common| common.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>());
        assert_eq!(audiences(&json!({"aud": named}), &asked).ok(), common, "{named}");
    }
}

#[test]
fn who_shows_a_token_is_known_by_its_pod_and_node() {
    let (account, pod, node) = (object("robot", "u"), object("p", "pu"), object("n1", "nu"));
    let claims = issue(&request(&account, Bound::Pod(&pod, Some(&node)), &[ISSUER.to_owned()], 600), NOW);
    let find = |kind: &Kind, _: &str, _: &str| Some(if *kind == POD { pod.clone() } else { account.clone() });
    let user = user(&claims, &find, NOW).unwrap();
    assert_eq!((user.name.as_str(), user.uid.as_str()), ("system:serviceaccount:n:robot", "u"));
    let groups = ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"];
    assert_eq!(user.groups, groups);
    let extra = [(POD_NAME, "p"), (POD_UID, "pu"), (NODE_NAME, "n1"), (NODE_UID, "nu"), (CREDENTIAL, "JTI=id")];
    let expected = extra.map(|(key, value)| (key.to_owned(), vec![value.to_owned()]));
    assert_eq!(user.extra, expected.into());
}
