use super::{assert_errors, merge, pod, texts, typed};
use crate::{
    kinds,
    validation::pod::{validate_ephemeral_containers_update, validate_update},
};
use machinery::strategy;
use serde_json::{Value, json};

const MAY_NOT_CHANGE: &str = "spec: Forbidden: pod updates may not change fields other than \
                              `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                              `spec.tolerations` (only additions to existing tolerations),\
                              `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously \
                              negative),`spec.schedulingGates` (only deletions of existing scheduling gates),\
                              `spec.nodeSelector` (only additions, and only while the pod has scheduling gates),\
                              `spec.affinity.nodeAffinity` (only while the pod has scheduling gates)\n";

const NODE_TERMS: &str = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";

#[test]
fn few_fields_of_a_specification_may_change() {
    let containers = |image: &str| json!([{"name": "ctr", "image": image}]);
    let toleration =
        |seconds: i64| json!({"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds});
    let os = |name: &str| json!({"matchExpressions": [{"key": "os", "operator": "In", "values": [name]}]});
    let zone = json!({"key": "zone", "operator": "Exists"});
    let gated = |terms: Value| {
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        json!({"schedulingGates": [{"name": "a"}], "affinity": {"nodeAffinity": required}})
    };
    let cases: &[(Value, Value, &[&str])] = &[
        (json!({}), json!({}), &[]),
        (json!({"containers": containers("a:1")}), json!({"containers": containers("a:2")}), &[]),
        (
            json!({"containers": containers("a:1")}),
            json!({"containers": containers(" a:2")}),
            &[
                "spec.containers[0].image: Invalid value: \" a:2\": must not have leading or trailing whitespace",
                "spec.containers[0].image: Invalid value: \" a:2\": must not have leading or trailing whitespace",
            ],
        ),
        (json!({}), json!({"activeDeadlineSeconds": 30}), &[]),
        (json!({"activeDeadlineSeconds": 30}), json!({"activeDeadlineSeconds": 20}), &[]),
        (
            json!({"activeDeadlineSeconds": 20}),
            json!({"activeDeadlineSeconds": 30}),
            &["spec.activeDeadlineSeconds: Invalid value: 30: must be less than or equal to previous value"],
        ),
        (
            json!({"activeDeadlineSeconds": 20}),
            json!({}),
            &[
                "spec.activeDeadlineSeconds: Invalid value: \"null\": must not update from a positive integer to nil value",
            ],
        ),
        (json!({}), json!({"tolerations": [toleration(1)]}), &[]),
        (json!({"tolerations": [toleration(1)]}), json!({"tolerations": [toleration(2)]}), &[]),
        (
            json!({"tolerations": [toleration(1)]}),
            json!({}),
            &["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
        ),
        (json!({"terminationGracePeriodSeconds": -1}), json!({"terminationGracePeriodSeconds": 1}), &[]),
        (
            json!({}),
            json!({"restartPolicy": "Never"}),
            &[&format!("{MAY_NOT_CHANGE}- spec.restartPolicy: \"Always\"\n+ spec.restartPolicy: \"Never\"\n")],
        ),
        (
            json!({"terminationGracePeriodSeconds": 5}),
            json!({"terminationGracePeriodSeconds": 1}),
            &[&format!("{MAY_NOT_CHANGE}…")],
        ),
        (
            json!({}),
            json!({"containers": [{"name": "ctr", "image": "image:1"}, {"name": "b", "image": "i:1"}]}),
            &["spec.containers: Forbidden: pod updates may not add or remove containers"],
        ),
        (json!({"hostNetwork": false}), json!({}), &[]),
        (
            json!({"containers": [{"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "0.5"}}}]}),
            json!({"containers": [{"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "500m"}}}]}),
            &[],
        ),
        (json!({"schedulingGates": [{"name": "a"}, {"name": "b"}]}), json!({"schedulingGates": [{"name": "b"}]}), &[]),
        (
            json!({}),
            json!({"schedulingGates": [{"name": "a"}]}),
            &["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
        ),
        (
            json!({"schedulingGates": [{"name": "a"}]}),
            json!({"schedulingGates": [{"name": "a"}], "nodeSelector": {"a": "b"}}),
            &[],
        ),
        (
            json!({"schedulingGates": [{"name": "a"}], "nodeSelector": {"a": "b"}}),
            json!({"schedulingGates": [{"name": "a"}], "nodeSelector": {"a": "c"}}),
            &[
                "spec.nodeSelector: Invalid value: {\"a\":\"c\"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)",
            ],
        ),
        (
            json!({}),
            json!({"nodeSelector": {"a": "b"}}),
            &[&format!("{MAY_NOT_CHANGE}+ spec.nodeSelector: {{\"a\":\"b\"}}\n")],
        ),
        (gated(json!([os("a")])), gated(json!([{"matchExpressions": [os("a")["matchExpressions"][0], zone]}])), &[]),
        (json!({"schedulingGates": [{"name": "a"}]}), gated(json!([os("a")])), &[]),
        (gated(json!([os("a")])), gated(json!([os("b")])), &[&format!("{NODE_TERMS}[0]: Invalid value: …")]),
        (gated(json!([os("a")])), gated(json!([os("a"), os("b")])), &[&format!("{NODE_TERMS}: Invalid value: …")]),
        (json!({}), json!({"nodeName": "n"}), &[&format!("{MAY_NOT_CHANGE}+ spec.nodeName: \"n\"\n")]),
    ];
    for (old, new, expected) in cases {
        let errors = validate_update(&typed(&pod(new)), &typed(&pod(old)));
        let case = json!([old, new]);
        assert_errors(&errors, expected, &case);
    }
}

#[test]
fn metadata_keeps_what_identifies_the_pod() {
    let pods = &kinds::POD;
    let cases = [
        (json!({"labels": {"a": "b"}}), vec![]),
        (json!({"uid": "2"}), vec!["metadata.uid: Invalid value: \"2\": field is immutable"]),
        (json!({"name": "b"}), vec!["metadata.name: Invalid value: \"b\": field is immutable"]),
        (
            json!({"resourceVersion": ""}),
            vec!["metadata.resourceVersion: Invalid value: \"\": must be specified for an update"],
        ),
        (
            json!({"annotations": {"kubernetes.io/config.mirror": "x"}}),
            vec![
                "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if mirror pod annotation is set",
                "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation",
                "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if mirror pod annotation is set",
            ],
        ),
    ];
    for (fragment, expected) in cases {
        let mut old = pod(&json!({}));
        old["metadata"]["uid"] = json!("1");
        let mut new = old.clone();
        merge(&mut new["metadata"], &fragment);
        assert_eq!(
            texts(&strategy::of(pods).validate_update(strategy::Part::Whole, &new, &old)),
            expected,
            "{fragment}"
        );
    }
}

#[test]
fn ephemeral_containers_are_only_added() {
    let container = |image: &str| json!({"name": "debug", "image": image});
    let with = |containers: Value| typed(&pod(&json!({"ephemeralContainers": containers})));
    let added = validate_ephemeral_containers_update(&with(json!([container("a:1")])), &with(json!([])));
    assert_eq!(texts(&added), Vec::<String>::new());
    let removed = validate_ephemeral_containers_update(&with(json!([])), &with(json!([container("a:1")])));
    assert_eq!(
        texts(&removed),
        ["spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not be removed\n"]
    );
    let changed =
        validate_ephemeral_containers_update(&with(json!([container("a:2")])), &with(json!([container("a:1")])));
    assert_eq!(changed.len(), 1);
    assert!(changed[0].detail.starts_with("existing ephemeral containers \"debug\" may not be changed\n"));
}
