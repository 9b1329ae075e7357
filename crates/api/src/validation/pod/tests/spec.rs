use super::{assert_errors, assert_spec, pod};
use crate::kinds;
use machinery::strategy;
use serde_json::{Value, json};

#[test]
fn policies_and_names() {
    let cases: &[(Value, &[&str])] = &[
        (
            json!({"restartPolicy": "Never", "dnsPolicy": "Default", "nodeName": "n", "hostname": "h", "subdomain": "s"}),
            &[],
        ),
        (
            json!({"restartPolicy": "UnknownPolicy"}),
            &[
                "spec.restartPolicy: Unsupported value: \"UnknownPolicy\": supported values: \"Always\", \"OnFailure\", \"Never\"",
            ],
        ),
        (
            json!({"dnsPolicy": "invalid"}),
            &[
                "spec.dnsPolicy: Unsupported value: \"invalid\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"",
            ],
        ),
        (
            json!({"activeDeadlineSeconds": 0}),
            &["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
        ),
        (
            json!({"serviceAccountName": "invalidName"}),
            &[
                "spec.serviceAccountName: Invalid value: \"invalidName\": a lowercase RFC 1123 subdomain must consist of …",
            ],
        ),
        (
            json!({"nodeName": "-"}),
            &["spec.nodeName: Invalid value: \"-\": a lowercase RFC 1123 subdomain must consist of …"],
        ),
        (json!({"hostname": "a.b"}), &["spec.hostname: Invalid value: \"a.b\": must not contain dots"]),
        (
            json!({"nodeSelector": {"a b": "c"}}),
            &["spec.nodeSelector: Invalid value: \"a b\": name part must consist of …"],
        ),
        (
            json!({"preemptionPolicy": "Sometimes"}),
            &[
                "spec.preemptionPolicy: Unsupported value: \"Sometimes\": supported values: \"PreemptLowerPriority\", \"Never\"",
            ],
        ),
        (json!({"os": {"name": ""}}), &["spec.os.name: Required value"]),
        (
            json!({"os": {"name": "dummy"}}),
            &["spec.os: Unsupported value: \"dummy\": supported values: \"linux\", \"windows\""],
        ),
        (
            json!({"os": {"name": "windows"}, "securityContext": {"fsGroup": 1}}),
            &["spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod"],
        ),
        (
            json!({"os": {"name": "linux"}, "securityContext": {"windowsOptions": {"runAsUserName": "a"}}}),
            &["spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"],
        ),
        (
            json!({"securityContext": {"windowsOptions": {"hostProcess": true, "runAsUserName": ""}}}),
            &[
                "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"\": runAsUserName cannot be an empty string",
                "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
            ],
        ),
        (
            json!({"hostnameOverride": "a", "setHostnameAsFQDN": true}),
            &["spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true"],
        ),
        (
            json!({"readinessGates": [{"conditionType": "invalid///type"}]}),
            &["spec.readinessGates[0].conditionType: Invalid value: \"invalid///type\": a qualified name …"],
        ),
        (
            json!({"schedulingGates": [{"name": "a"}, {"name": "a"}]}),
            &["spec.schedulingGates[1]: Duplicate value: \"a\""],
        ),
        (
            json!({"schedulingGates": [{"name": "a"}], "nodeName": "n"}),
            &["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
        ),
        (
            json!({"resourceClaims": [{"name": "c"}]}),
            &[
                "spec.resourceClaims[0]: Invalid value: {\"name\":\"c\"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            ],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}

#[test]
fn networks_and_namespaces_of_the_host() {
    let port = |host_port: i32| json!([{"name": "c", "image": "i:1", "ports": [{"containerPort": 80, "hostPort": host_port}]}]);
    let cases: &[(Value, &[&str])] = &[
        (json!({"hostNetwork": true, "containers": port(80)}), &[]),
        (
            json!({"hostNetwork": true, "containers": port(81)}),
            &[
                "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
            ],
        ),
        (
            json!({"hostUsers": false, "hostNetwork": true, "hostPID": true}),
            &[
                "spec.hostNetwork: Forbidden: when `hostUsers` is false",
                "spec.HostPID: Forbidden: when `hostUsers` is false",
            ],
        ),
        (
            json!({"hostUsers": false, "containers": [
                {"name": "c", "image": "i:1", "volumeDevices": [{"name": "v", "devicePath": "/d"}]},
            ], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}),
            &["spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false"],
        ),
        (
            json!({"hostAliases": [{"ip": "010.0.0.1"}]}),
            &["spec.hostAliases[0].ip: Invalid value: \"010.0.0.1\": must not have leading 0s"],
        ),
        (
            json!({"hostPID": true, "shareProcessNamespace": true}),
            &[
                "spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
            ],
        ),
        (
            json!({"securityContext": {"supplementalGroups": [-1]}}),
            &[
                "spec.securityContext.supplementalGroups[0]: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            ],
        ),
        (
            json!({"securityContext": {"fsGroupChangePolicy": "Never"}}),
            &[
                "spec.securityContext.fsGroupChangePolicy: Unsupported value: \"Never\": supported values: \"Always\", \"OnRootMismatch\"",
            ],
        ),
        (json!({"securityContext": {"sysctls": [{"name": "net.ipv4/ip_forward", "value": "1"}]}}), &[]),
        (
            json!({"securityContext": {"sysctls": [{"name": "i..n.v", "value": "1"}]}}),
            &[
                "spec.securityContext.sysctls[0].name: Invalid value: \"i..n.v\": must have at most 253 characters and match regex …",
            ],
        ),
        (
            json!({"securityContext": {"sysctls": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}}),
            &["spec.securityContext.sysctls[1].name: Duplicate value: \"a\""],
        ),
        (
            json!({"hostNetwork": true, "securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]}}),
            &[
                "spec.securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when 'hostNetwork' is true",
            ],
        ),
        (json!({"hostAliases": [{"ip": "12.34.56.78", "hostnames": ["host1", "host2"]}]}), &[]),
        (
            json!({"hostAliases": [{"ip": "999.999.999.999", "hostnames": ["@#$^#@#$"]}]}),
            &[
                "spec.hostAliases[0].ip: Invalid value: \"999.999.999.999\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                "spec.hostAliases[0].hostnames[0]: Invalid value: \"@#$^#@#$\": a lowercase RFC 1123 subdomain …",
            ],
        ),
        (
            json!({"dnsPolicy": "None"}),
            &["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
        ),
        (
            json!({"dnsPolicy": "None", "dnsConfig": {}}),
            &[
                "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
            ],
        ),
        (
            json!({"dnsConfig": {"nameservers": ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]}}),
            &[
                "spec.dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]: must not have more than 3 nameservers",
            ],
        ),
        (
            json!({"dnsConfig": {"nameservers": ["a"], "searches": ["_ok.a.", ".", "A"], "options": [{"value": "1"}]}}),
            &[
                "spec.dnsConfig.nameservers[0]: Invalid value: \"a\": must be a valid IP address…",
                "spec.dnsConfig.searches[2]: Invalid value: \"A\": a lowercase RFC 1123 subdomain …",
                "spec.dnsConfig.options[0]: Required value: must not be empty",
            ],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}

#[test]
fn metadata() {
    let pods = &kinds::POD;
    let cases: &[(&str, Value, &[&str])] = &[
        ("/metadata/name", json!(""), &["metadata.name: Required value: name or generateName is required"]),
        (
            "/metadata/name",
            json!("Bad_Name"),
            &[
                "metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ],
        ),
        ("/metadata/namespace", json!(""), &["metadata.namespace: Required value"]),
    ];
    for (pointer, value, expected) in cases {
        let mut pod = pod(&json!({}));
        *pod.pointer_mut(pointer).unwrap() = value.clone();
        assert_errors(&strategy::of(pods).validate(&pod), expected, value);
    }
    let cases: &[(Value, &[&str])] = &[
        (json!({"labels": {"a": "b c"}}), &["metadata.labels: Invalid value: \"b c\": a valid label must be …"]),
        (json!({"annotations": {"a b": ""}}), &["metadata.annotations: Invalid value: \"a b\": name part must …"]),
        (
            json!({"annotations": {"kubernetes.io/config.mirror": ""}}),
            &[
                "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"\": must set spec.nodeName if mirror pod annotation is set",
            ],
        ),
        (
            json!({"annotations": {"scheduler.alpha.kubernetes.io/tolerations": "[{\"operator\": \"Equal\"}]"}}),
            &[
                "metadata.annotations.scheduler.alpha.kubernetes.io/tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty…",
            ],
        ),
        (
            json!({"annotations": {"controller.kubernetes.io/pod-deletion-cost": "1.5"}}),
            &[
                "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"1.5\": must be a 32bit integer",
            ],
        ),
        (
            json!({"finalizers": ["one"]}),
            &[
                "metadata.finalizers[0]: Invalid value: \"one\": name is neither a standard finalizer name nor is it fully qualified",
            ],
        ),
        (
            json!({"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": ""}]}),
            &["metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty"],
        ),
    ];
    for (fragment, expected) in cases {
        let mut pod = pod(&json!({}));
        super::merge(&mut pod["metadata"], fragment);
        assert_errors(&strategy::of(pods).validate(&pod), expected, fragment);
    }
}
