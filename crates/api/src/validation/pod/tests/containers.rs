use super::{assert_container, assert_spec};
use serde_json::{Value, json};

#[test]
fn names_images_and_policies() {
    let cases: &[(Value, &[&str])] = &[
        (json!({}), &[]),
        (json!({"name": ""}), &["name: Required value"]),
        (
            json!({"name": "Capital_Name"}),
            &["name: Invalid value: \"Capital_Name\": a lowercase RFC 1123 label must consist of …"],
        ),
        (json!({"name": "a.b.c"}), &["name: Invalid value: \"a.b.c\": must not contain dots"]),
        (
            json!({"name": "a".repeat(64)}),
            &[
                "name: Invalid value: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": must be no more than 63 bytes",
            ],
        ),
        (json!({"image": ""}), &["image: Required value"]),
        (json!({"image": null}), &["image: Required value"]),
        (json!({"image": " i:1"}), &["image: Invalid value: \" i:1\": must not have leading or trailing whitespace"]),
        (
            json!({"imagePullPolicy": "Sometimes"}),
            &[
                "imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            ],
        ),
        (
            json!({"terminationMessagePolicy": "Unknown"}),
            &[
                "terminationMessagePolicy: Unsupported value: \"Unknown\": supported values: \"File\", \"FallbackToLogsOnError\"",
            ],
        ),
        (json!({"restartPolicy": "Always"}), &[]),
        (
            json!({"restartPolicy": "Maybe"}),
            &["restartPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"Never\", \"OnFailure\""],
        ),
        (
            json!({"restartPolicy": "Never", "restartPolicyRules": [{"action": "Stop"}]}),
            &[
                "restartPolicyRules[0].action: Unsupported value: \"Stop\": supported values: \"Restart\", \"RestartAllContainers\"",
                "restartPolicyRules[0].exitCodes: Required value: must be specified",
            ],
        ),
        (
            json!({"restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}]}),
            &["restartPolicy: Required value: must specify restartPolicy when restart rules are used"],
        ),
    ];
    for (fragment, expected) in cases {
        assert_container(fragment, expected);
    }
}

#[test]
fn ports() {
    let cases: &[(Value, &[&str])] = &[
        (json!([{"containerPort": 80}, {"containerPort": 80, "name": "p"}]), &[]),
        (json!([{"containerPort": 80, "hostPort": 80}, {"containerPort": 80, "hostPort": 81, "protocol": "UDP"}]), &[]),
        (json!([{"name": "p"}]), &["ports[0].containerPort: Required value"]),
        (
            json!([{"containerPort": 65536}]),
            &["ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"],
        ),
        (
            json!([{"containerPort": 80, "hostPort": -1}]),
            &["ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive"],
        ),
        (
            json!([{"containerPort": 80, "protocol": "tcp"}]),
            &["ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\""],
        ),
        (
            json!([{"containerPort": 80, "name": "p"}, {"containerPort": 81, "name": "p"}]),
            &["ports[1].name: Duplicate value: \"p\""],
        ),
        (
            json!([{"containerPort": 80, "name": "a.b.c"}]),
            &[
                "ports[0].name: Invalid value: \"a.b.c\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
            ],
        ),
        (
            json!([{"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}]),
            &["ports[1].hostPort: Duplicate value: \"TCP//80\""],
        ),
        (
            json!([{"containerPort": 80, "hostPort": 80, "hostIP": "10.0.0.1"}, {"containerPort": 80, "hostPort": 80}]),
            &[],
        ),
    ];
    for (ports, expected) in cases {
        assert_container(&json!({"ports": ports}), expected);
    }
}

#[test]
fn volume_mounts() {
    let cases: &[(Value, &[&str])] = &[
        (json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b", "subPath": "c/d"}]), &[]),
        (json!([{"name": "gone", "mountPath": "/a"}]), &["volumeMounts[0].name: Not found: \"gone\""]),
        (
            json!([{"name": "", "mountPath": "/a"}]),
            &["volumeMounts[0].name: Required value", "volumeMounts[0].name: Not found: \"\""],
        ),
        (json!([{"name": "v", "mountPath": ""}]), &["volumeMounts[0].mountPath: Required value"]),
        (
            json!([{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/a"}]),
            &["volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique"],
        ),
        (
            json!([{"name": "v", "mountPath": "/a", "subPath": "/x"}]),
            &["volumeMounts.subPath: Invalid value: \"/x\": must be a relative path"],
        ),
        (
            json!([{"name": "v", "mountPath": "/a", "subPath": "x/../y"}]),
            &["volumeMounts.subPath: Invalid value: \"x/../y\": must not contain '..'"],
        ),
        (
            json!([{"name": "v", "mountPath": "/a", "subPath": "x", "subPathExpr": "$(Y)"}]),
            &["volumeMounts[0].subPathExpr: Invalid value: \"$(Y)\": subPathExpr and subPath are mutually exclusive"],
        ),
        (
            json!([{"name": "v", "mountPath": "/a", "mountPropagation": "Bidirectional"}]),
            &[
                "volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers",
            ],
        ),
        (
            json!([{"name": "v", "mountPath": "/a", "mountPropagation": "Sideways"}]),
            &[
                "volumeMounts.mountPropagation: Unsupported value: \"Sideways\": supported values: \"Bidirectional\", \"HostToContainer\", \"None\"",
            ],
        ),
        (
            json!([{"name": "v", "mountPath": "/a", "recursiveReadOnly": "Enabled"}]),
            &["volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true"],
        ),
    ];
    for (mounts, expected) in cases {
        assert_container(&json!({"volumeMounts": mounts}), expected);
    }
    assert_container(
        &json!({"volumeDevices": [{"name": "v", "devicePath": "/dev/a"}]}),
        &[
            "volumeDevices[0].name: Invalid value: \"v\": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        ],
    );
    assert_container(
        &json!({"volumeDevices": [{"name": "gone", "devicePath": ""}]}),
        &["volumeDevices[0].name: Not found: \"gone\"", "volumeDevices[0].devicePath: Required value"],
    );
}

#[test]
fn probes_and_hooks() {
    let cases: &[(Value, &[&str])] = &[
        (json!({"livenessProbe": {"exec": {"command": ["true"]}}}), &[]),
        (json!({"livenessProbe": {}}), &["livenessProbe: Required value: must specify a handler type"]),
        (json!({"livenessProbe": {"exec": {"command": []}}}), &["livenessProbe.exec.command: Required value"]),
        (
            json!({"livenessProbe": {"exec": {"command": ["a"]}, "tcpSocket": {"port": 80}}}),
            &["livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
        ),
        (
            json!({"livenessProbe": {"tcpSocket": {"port": 80}, "successThreshold": 2}}),
            &["livenessProbe.successThreshold: Invalid value: 2: must be 1"],
        ),
        (
            json!({"startupProbe": {"tcpSocket": {"port": 80}, "periodSeconds": -1}}),
            &["startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            json!({"readinessProbe": {"tcpSocket": {"port": 80}, "terminationGracePeriodSeconds": 5}}),
            &["readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes"],
        ),
        (
            json!({"livenessProbe": {"tcpSocket": {"port": 80}, "terminationGracePeriodSeconds": 0}}),
            &["livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0"],
        ),
        (
            json!({"readinessProbe": {"httpGet": {"port": 0, "scheme": "FTP"}}}),
            &[
                "readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "readinessProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: \"HTTP\", \"HTTPS\"",
            ],
        ),
        (
            json!({"readinessProbe": {"httpGet": {"port": "80"}}}),
            &["readinessProbe.httpGet.port: Invalid value: \"80\": must contain at least one letter (a-z)"],
        ),
        (
            json!({"readinessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "X_A", "value": ""}]}}}),
            &["readinessProbe.httpGet.httpHeaders: Invalid value: \"X_A\": a valid HTTP header must consist of …"],
        ),
        (
            json!({"readinessProbe": {"grpc": {"port": 70000}}}),
            &["readinessProbe.grpc.port: Invalid value: 70000: must be between 1 and 65535, inclusive"],
        ),
        (json!({"lifecycle": {"preStop": {"sleep": {"seconds": 5}}, "postStart": {"exec": {"command": ["a"]}}}}), &[]),
        (
            json!({"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}}),
            &[
                "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)",
            ],
        ),
        (json!({"lifecycle": {"preStop": {}}}), &["lifecycle.preStop: Required value: must specify a handler type"]),
        (
            json!({"lifecycle": {"stopSignal": "SIGUSR1"}}),
            &["lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"],
        ),
    ];
    for (fragment, expected) in cases {
        assert_container(fragment, expected);
    }
}

#[test]
fn security() {
    let cases: &[(Value, &[&str])] = &[
        (json!({"privileged": true, "runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}}), &[]),
        (
            json!({"runAsUser": -5}),
            &["securityContext.runAsUser: Invalid value: -5: must be between 0 and 2147483647, inclusive"],
        ),
        (
            json!({"privileged": true, "allowPrivilegeEscalation": false}),
            &[
                "securityContext: Invalid value: {\"allowPrivilegeEscalation\":false,\"privileged\":true}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
            ],
        ),
        (
            json!({"capabilities": {"add": ["CAP_SYS_ADMIN"]}, "allowPrivilegeEscalation": false}),
            &["securityContext: Invalid value: …"],
        ),
        (
            json!({"procMount": "Unmasked"}),
            &["securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"],
        ),
        (json!({"seccompProfile": {"type": "RuntimeDefault"}}), &[]),
        (
            json!({"seccompProfile": {"type": "Localhost"}}),
            &[
                "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
            ],
        ),
        (
            json!({"seccompProfile": {"type": "Whatever"}}),
            &[
                "securityContext.seccompProfile.type: Unsupported value: \"Whatever\": supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"",
            ],
        ),
        (
            json!({"appArmorProfile": {"type": "Unconfined", "localhostProfile": "a"}}),
            &[
                "securityContext.appArmorProfile.localhostProfile: Invalid value: \"a\": can only be set when AppArmor type is Localhost",
            ],
        ),
    ];
    for (context, expected) in cases {
        assert_container(&json!({"securityContext": context}), expected);
    }
}

#[test]
fn lists_of_containers() {
    let container = |name: &str| json!({"name": name, "image": "i:1"});
    let cases: &[(Value, &[&str])] = &[
        (json!({"containers": []}), &["spec.containers: Required value"]),
        (json!({"containers": [container("a"), container("a")]}), &["spec.containers[1].name: Duplicate value: \"a\""]),
        (
            json!({"containers": [container("a")], "initContainers": [container("a")]}),
            &["spec.initContainers[0].name: Duplicate value: \"a\""],
        ),
        (
            json!({"initContainers": [{"name": "i", "image": "i:1", "livenessProbe": {"tcpSocket": {"port": 1}}}]}),
            &[
                "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ],
        ),
        (
            json!({"initContainers": [{"name": "i", "image": "i:1", "lifecycle": {"preStop": {"sleep": {"seconds": 1}}}}]}),
            &[
                "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always",
            ],
        ),
        (
            json!({"initContainers": [{"name": "i", "image": "i:1", "restartPolicy": "Always", "livenessProbe": {"tcpSocket": {"port": 1}}}]}),
            &[],
        ),
        (
            json!({"initContainers": [
                {"name": "i", "image": "i:1", "ports": [{"containerPort": 1, "hostPort": 1}]},
                {"name": "j", "image": "i:1", "ports": [{"containerPort": 1, "hostPort": 1}]},
            ]}),
            &[],
        ),
        (
            json!({"containers": [
                {"name": "i", "image": "i:1", "ports": [{"containerPort": 1, "hostPort": 1}]},
                {"name": "j", "image": "i:1", "ports": [{"containerPort": 1, "hostPort": 1}]},
            ]}),
            &["spec.containers[1].ports[0].hostPort: Duplicate value: \"TCP//1\""],
        ),
        (
            json!({"ephemeralContainers": [container("debug")]}),
            &["spec.ephemeralContainers: Forbidden: cannot be set on create"],
        ),
        (
            json!({"ephemeralContainers": [{"name": "debug", "image": "i:1", "targetContainerName": "gone", "ports": [{"containerPort": 1}]}]}),
            &[
                "spec.ephemeralContainers[0].targetContainerName: Not found: \"gone\"",
                "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
                "spec.ephemeralContainers: Forbidden: cannot be set on create",
            ],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}
