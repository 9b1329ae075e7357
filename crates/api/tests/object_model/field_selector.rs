//! Field selectors on Kubernetes' own kinds.

use crate::find_kind;
use api::kinds;
use machinery::selector::FieldSelector;
use serde_json::json;

#[test]
fn conditions_hold_or_not() {
    let pod = json!({
        "metadata": {"name": "a", "namespace": "n"},
        "spec": {"nodeName": "x", "restartPolicy": "Always"},
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    });
    let event = json!({
        "metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "a"}, "reason": "Started",
        "source": {"component": "kubelet"},
    });
    let node = json!({"metadata": {"name": "x"}, "spec": {}});
    let job = json!({"status": {"succeeded": 2}});
    for (group, kind, object, selector, matches) in [
        ("", "Pod", &pod, "", true),
        ("", "Pod", &pod, "metadata.name=a,metadata.namespace==n", true),
        ("", "Pod", &pod, "metadata.name!=a", false),
        ("", "Pod", &pod, "spec.nodeName=x,status.phase!=Failed,", true),
        ("", "Pod", &pod, "spec.nodeName=", false),
        ("", "Pod", &pod, "spec.hostNetwork=false", true),
        ("", "Pod", &pod, "status.nominatedNodeName=", true),
        ("", "Event", &event, "involvedObject.kind=Pod,reason=Started,source=kubelet", true),
        ("events.k8s.io", "Event", &event, "regarding.name=a", true),
        ("events.k8s.io", "Event", &event, "regarding.name=b", false),
        ("", "Node", &node, "spec.unschedulable=false", true),
        ("batch", "Job", &job, "status.successful=2", true),
    ] {
        let selector = FieldSelector::parse(find_kind(group, "v1", kind).unwrap(), selector).unwrap();
        assert_eq!(selector.matches(object), matches, "{kind} {selector:?}");
    }
}

#[test]
fn errors_are_those_of_kubernetes() {
    for (kind, selector, text) in [
        ("Pod", "spec.foo=a", "field label not supported: spec.foo"),
        (
            "ConfigMap",
            "data.a=b",
            "\"data.a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
        ("Pod", "metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("Pod", r"metadata.name=\a", r"invalid field selector: invalid escape sequence: \a"),
        ("Pod", "metadata.name=a=b", "invalid field selector: unescaped character in value: ="),
    ] {
        let status = FieldSelector::parse(find_kind("", "v1", kind).unwrap(), selector).unwrap_err();
        assert_eq!((status.code(), status.message.as_str()), (400, text));
    }
}

#[test]
fn values_may_be_escaped() {
    let selector = FieldSelector::parse(&kinds::POD, r"metadata.name=a\,b\=c,status.phase!=x").unwrap();
    assert!(selector.matches(&json!({"metadata": {"name": "a,b=c"}})));
    assert!(!selector.matches(&json!({"metadata": {"name": "a"}})));
    assert!(!selector.is_empty());
}
