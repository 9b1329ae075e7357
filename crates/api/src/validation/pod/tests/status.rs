use super::{assert_errors, merge, pod, texts, typed};
use crate::validation::pod::validate_status_update;
use serde_json::{Value, json};

#[test]
fn a_status_does_not_bring_containers_back() {
    let ended =
        |code: i32| json!({"containerStatuses": [{"name": "ctr", "state": {"terminated": {"exitCode": code}}}]});
    let running = json!({"containerStatuses": [{"name": "ctr", "state": {"running": {}}}]});
    let revived = "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state";
    let cases = [
        ("Always", ended(0), running.clone(), vec![]),
        ("OnFailure", ended(0), running.clone(), vec![revived]),
        ("OnFailure", ended(1), running.clone(), vec![]),
        ("Never", ended(1), running, vec![revived]),
        (
            "Never",
            json!({"qosClass": "Burstable"}),
            json!({}),
            vec!["status.qosClass: Invalid value: \"null\": field is immutable"],
        ),
        (
            "Never",
            json!({}),
            json!({"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]}),
            vec![
                "status.podIPs: Invalid value: [{\"ip\":\"10.0.0.1\"},{\"ip\":\"10.0.0.2\"}]: may specify no more than one IP for each IP family",
            ],
        ),
        ("Never", json!({}), json!({"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}), vec![]),
        ("Never", json!({"podIPs": [{"ip": "010.0.0.1"}]}), json!({"podIPs": [{"ip": "010.0.0.1"}]}), vec![]),
        (
            "Never",
            json!({}),
            json!({"hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.2"}]}),
            vec!["status.hostIPs[0].ip: Invalid value: \"10.0.0.2\": must be equal to `hostIP`"],
        ),
        (
            "Never",
            json!({}),
            json!({"conditions": [{"type": "a b", "status": "True"}]}),
            vec![
                "status.conditions[0].Type: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ],
        ),
    ];
    for (policy, old_status, new_status, expected) in cases {
        let mut old = pod(&json!({"restartPolicy": policy}));
        let mut new = old.clone();
        (old["status"], new["status"]) = (old_status, new_status);
        assert_eq!(texts(&validate_status_update(&typed(&new), &typed(&old))), expected, "{policy} {new}");
    }
}

#[test]
fn containers_come_back_as_their_rules_say() {
    let ended =
        |code: i32| json!({"containerStatuses": [{"name": "ctr", "state": {"terminated": {"exitCode": code}}}]});
    let running = json!({"containerStatuses": [{"name": "ctr", "state": {"running": {}}}]});
    let rule = |action: &str| json!([{"action": action, "exitCodes": {"operator": "In", "values": [42]}}]);
    let ctr = |policy: &str, rules: Value| json!([{"name": "ctr", "image": "i:1", "restartPolicy": policy, "restartPolicyRules": rules}]);
    let cases = [
        (ctr("Never", rule("Restart")), 42, true),
        (ctr("Never", rule("Restart")), 1, false),
        (ctr("OnFailure", rule("Restart")), 1, true),
        (ctr("Never", rule("RestartAllContainers")), 1, true),
        (ctr("Always", json!([])), 0, true),
        (json!([{"name": "other", "image": "i:1"}]), 1, false),
    ];
    for (containers, code, allowed) in cases {
        let mut old = pod(&json!({"containers": containers}));
        let mut new = old.clone();
        (old["status"], new["status"]) = (ended(code), running.clone());
        let errors = validate_status_update(&typed(&new), &typed(&old));
        assert_eq!(errors.is_empty(), allowed, "{containers} {code}");
    }
}

#[test]
fn what_nodes_and_controllers_report() {
    let spec = json!({
        "nodeName": "n",
        "resourceClaims": [{"name": "a", "resourceClaimTemplateName": "t"}],
        "containers": [{
            "name": "ctr", "image": "i:1",
            "resources": {"claims": [{"name": "a", "request": "x"}], "limits": {"example.com/gpu": "1"}},
        }],
    });
    let of_container = |fragment: Value| {
        let mut status = json!({"name": "ctr"});
        merge(&mut status, &fragment);
        json!({"containerStatuses": [status]})
    };
    let device = |name: &str, health: Value| {
        of_container(json!({"allocatedResourcesStatus": [{"name": name, "resources": [health]}]}))
    };
    let mapping = |resource: &str| json!([{"containerName": "ctr", "resourceName": resource, "requestName": "r"}]);
    let cases: &[(Value, &[&str])] = &[
        (json!({"conditions": [{"type": "Ready", "status": "True"}]}), &[]),
        (
            json!({"observedGeneration": -1, "conditions": [{"type": "a", "status": "True", "observedGeneration": -1}]}),
            &[
                "status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer",
                "status.observedGeneration: Invalid value: -1: must be a non-negative integer",
            ],
        ),
        (
            json!({"nominatedNodeName": "m"}),
            &["status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node"],
        ),
        (
            json!({"resourceClaimStatuses": [{"name": "a", "resourceClaimName": "A"}]}),
            &["status.resourceClaimStatuses[0].resourceClaimName: Invalid value: \"A\": a lowercase RFC 1123 …"],
        ),
        (
            json!({"extendedResourceClaimStatus": {"resourceClaimName": "", "requestMappings": mapping("cpu")}}),
            &[
                "status.extendedResourceClaimStatus.requestMappings[0].resourceName: Invalid value: \"cpu\": must match the extended resource name of …",
                "status.extendedResourceClaimStatus.resourceClaimName: Required value",
            ],
        ),
        (of_container(json!({"user": {"linux": {"uid": 4_294_967_295_i64, "gid": 0}}})), &[]),
        (
            of_container(json!({"user": {"linux": {"uid": -1, "gid": 2_147_483_648_i64}}})),
            &[
                "status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 4294967295, inclusive",
                "status.containerStatuses[0].user.linux.gid: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive",
            ],
        ),
        (device("claim:a/x", json!({"resourceID": "1", "health": "Healthy"})), &[]),
        (device("example.com/gpu", json!({"resourceID": "1", "health": "Unknown"})), &[]),
        (
            device("claim:a", json!({"resourceID": "1", "health": "Sick", "message": ""})),
            &[
                "status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: \"claim:a\": must match one of the container's resource claims …",
                "status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: \"Sick\": supported values: \"Healthy\", \"Unhealthy\", \"Unknown\"",
                "status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].message: Required value: must be non-empty if specified",
            ],
        ),
        (
            json!({"ephemeralContainerStatuses": [{"name": "e", "allocatedResourcesStatus": [{"name": "cpu"}]}]}),
            &[
                "status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status",
            ],
        ),
    ];
    for (status, expected) in cases {
        let old = pod(&spec);
        let mut new = old.clone();
        new["status"] = status.clone();
        assert_errors(&validate_status_update(&typed(&new), &typed(&old)), expected, status);
    }
}
