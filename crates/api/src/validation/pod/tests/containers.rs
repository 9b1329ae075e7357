use serde_json::{Value, json};

use super::{assert_spec, merge};

/// Validates a pod whose only container has the fragment's fields; paths are relative to the container.
fn assert_container(fragment: &Value, expected: &[&str]) {
    let mut container = json!({"name": "ctr", "image": "image:1"});
    merge(&mut container, fragment);
    let expected: Vec<String> = expected.iter().map(|text| format!("spec.containers[0].{text}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_spec(&json!({"containers": [container], "volumes": [{"name": "v"}, {"name": "w"}]}), &expected);
}

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
fn environment() {
    let from = |source: Value| json!([{"name": "A", "valueFrom": source}]);
    let cases: &[(Value, &[&str])] = &[
        (json!([{"name": "abc", "value": "v"}, {"name": "a.b", "value": ""}, {"name": "1"}]), &[]),
        (json!([{"name": ""}]), &["env[0].name: Required value"]),
        (
            json!([{"name": "a=b"}]),
            &[
                "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
            ],
        ),
        (from(json!({"fieldRef": {"fieldPath": "metadata.name"}})), &[]),
        (from(json!({"fieldRef": {"fieldPath": "metadata.labels['a']"}})), &[]),
        (from(json!({"fieldRef": {"fieldPath": "status.podIP"}})), &[]),
        (
            from(json!({"fieldRef": {"fieldPath": "metadata.labels"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\"…",
            ],
        ),
        (
            from(json!({"fieldRef": {"fieldPath": "metadata.whoops"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.whoops\": error converting fieldPath: field label not supported: metadata.whoops",
            ],
        ),
        (
            from(json!({"fieldRef": {"fieldPath": "spec.nodeName['a']"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nodeName['a']\": error converting fieldPath: field label does not support subscript…",
            ],
        ),
        (from(json!({"fieldRef": {"fieldPath": ""}})), &["env[0].valueFrom.fieldRef.fieldPath: Required value"]),
        (from(json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}})), &[]),
        (
            from(json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}})),
            &[
                "env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource",
            ],
        ),
        (
            from(json!({"resourceFieldRef": {"resource": "limits.time"}})),
            &[
                "env[0].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.time\": supported values: \"limits.cpu\"…",
            ],
        ),
        (from(json!({"secretKeyRef": {"name": "s", "key": "k"}})), &[]),
        (
            from(json!({"secretKeyRef": {"name": "s", "key": "a/b"}})),
            &["env[0].valueFrom.secretKeyRef.key: Invalid value: \"a/b\": a valid config key must consist of …"],
        ),
        (from(json!({"configMapKeyRef": {"name": "s"}})), &["env[0].valueFrom.configMapKeyRef.key: Required value"]),
        (
            from(json!({})),
            &[
                "env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            ],
        ),
        (
            json!([{"name": "A", "value": "v", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            &["env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"],
        ),
        (
            from(json!({"fieldRef": {"fieldPath": "metadata.name"}, "secretKeyRef": {"name": "s", "key": "k"}})),
            &["env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time"],
        ),
    ];
    for (env, expected) in cases {
        assert_container(&json!({"env": env}), expected);
    }
    let cases: &[(Value, &[&str])] = &[
        (json!([{"configMapRef": {"name": "c"}}, {"prefix": "p_", "secretRef": {"name": "s"}}]), &[]),
        (json!([{"configMapRef": {"name": ""}}]), &["envFrom[0].configMapRef.name: Required value"]),
        (
            json!([{"secretRef": {"name": "$"}}]),
            &["envFrom[0].secretRef.name: Invalid value: \"$\": a lowercase RFC 1123 subdomain must consist of …"],
        ),
        (json!([{}]), &["envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"]),
        (
            json!([{"configMapRef": {"name": "c"}, "secretRef": {"name": "s"}}]),
            &["envFrom: Invalid value: \"\": may not have more than one field specified at a time"],
        ),
    ];
    for (env_from, expected) in cases {
        assert_container(&json!({"envFrom": env_from}), expected);
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
fn resources() {
    let cases: &[(Value, &[&str])] = &[
        (json!({"limits": {"cpu": "10", "memory": "10G", "example.com/gpu": "1"}, "requests": {"cpu": "1500m"}}), &[]),
        (
            json!({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
            &["resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"],
        ),
        (
            json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}),
            &["resources.requests: Invalid value: \"1Gi\": must be less than or equal to memory limit of 512Mi"],
        ),
        (
            json!({"requests": {"cpu": "-10"}}),
            &["resources.requests[cpu]: Invalid value: \"-10\": must be greater than or equal to 0"],
        ),
        (
            json!({"requests": {"disk": "1"}}),
            &[
                "resources.requests[disk]: Invalid value: \"disk\": must be a standard resource type or fully qualified",
                "resources.requests[disk]: Invalid value: \"disk\": must be a standard resource for containers",
            ],
        ),
        (
            json!({"requests": {"storage": "1Gi"}}),
            &["resources.requests[storage]: Invalid value: \"storage\": must be a standard resource for containers"],
        ),
        (
            json!({"requests": {"example.com/gpu": "1"}}),
            &["resources.limits: Required value: Limit must be set for non overcommitable resources"],
        ),
        (
            json!({"limits": {"example.com/gpu": "2"}, "requests": {"example.com/gpu": "1"}}),
            &["resources.requests: Invalid value: \"1\": must be equal to example.com/gpu limit of 2"],
        ),
        (
            json!({"limits": {"example.com/gpu": "500m"}}),
            &[
                "resources.limits[example.com/gpu]: Invalid value: \"500m\": must be an integer",
                "resources.requests[example.com/gpu]: Invalid value: \"500m\": must be an integer",
            ],
        ),
        (json!({"limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi"}}), &[]),
        (json!({"limits": {"hugepages-2Mi": "4Mi"}}), &["resources: Forbidden: HugePages require cpu or memory"]),
        (
            json!({"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}}),
            &[
                "resources.limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi",
                "resources.requests[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi",
            ],
        ),
        (
            json!({"claims": [{"name": "c"}]}),
            &[
                "resources.claims[0]: Not found: \"c\": must be one of the names in pod.spec.resourceClaims which is empty",
            ],
        ),
    ];
    for (resources, expected) in cases {
        assert_container(&json!({"resources": resources}), expected);
    }
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
