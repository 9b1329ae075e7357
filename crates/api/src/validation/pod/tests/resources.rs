use super::{assert_container, assert_spec};
use serde_json::{Value, json};

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
        (
            json!({"limits": {"hugepages-x": "4Mi", "cpu": "1"}}),
            &[
                "resources.limits[hugepages-x]: Invalid value: \"4Mi\": 4Mi is not positive integer multiple of hugepages-x",
                "resources.requests[hugepages-x]: Invalid value: \"4Mi\": 4Mi is not positive integer multiple of hugepages-x",
            ],
        ),
    ];
    for (resources, expected) in cases {
        assert_container(&json!({"resources": resources}), expected);
    }
}

#[test]
fn resources_of_a_pod() {
    let with = |resources: Value, container: Value| json!({"resources": resources, "containers": [{"name": "c", "image": "i:1", "resources": container}]});
    let cases: &[(Value, &[&str])] = &[
        (with(json!({"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}), json!({"requests": {"cpu": "1"}})), &[]),
        (
            with(json!({"requests": {"cpu": "1"}, "limits": {"cpu": "3"}}), json!({"requests": {"cpu": "2"}})),
            &[
                "spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate container requests of 2",
            ],
        ),
        (
            with(
                json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}}),
                json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}),
            ),
            &[
                "spec.resources.containers[0][memory].limits: Invalid value: \"2Gi\": must be less than or equal to pod limits of 1Gi",
            ],
        ),
        (
            with(json!({"limits": {"ephemeral-storage": "1"}}), json!({})),
            &[
                "spec.resources.limits[ephemeral-storage]: Unsupported value: \"ephemeral-storage\": supported values: \"cpu\", \"hugepages-\", \"memory\"…",
            ],
        ),
        (
            json!({"resources": {"claims": [{"name": "c"}]}, "resourceClaims": [{"name": "c", "resourceClaimName": "r"}]}),
            &["spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level"],
        ),
        (
            json!({"resources": {"limits": {"cpu": "1"}}, "os": {"name": "windows"}}),
            &["spec.resources: Forbidden: may not be set for a windows pod"],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}

#[test]
fn claims() {
    let with = |used: Value| {
        let claims = json!([{"name": "a", "resourceClaimName": "r"}, {"name": "b", "resourceClaimTemplateName": "t"}]);
        json!({"resourceClaims": claims, "containers": [{"name": "c", "image": "i:1", "resources": {"claims": used}}]})
    };
    let path = "spec.containers[0].resources.claims";
    let cases: &[(Value, &[&str])] = &[
        (with(json!([{"name": "a", "request": "x"}, {"name": "a", "request": "y"}, {"name": "b"}])), &[]),
        (with(json!([{"name": ""}])), &[&format!("{path}[0]: Required value")]),
        (with(json!([{"name": "a"}, {"name": "a"}])), &[&format!("{path}[1]: Duplicate value: \"a\"")]),
        (with(json!([{"name": "a", "request": "x"}, {"name": "a"}])), &[&format!("{path}[1]: Duplicate value: \"a\"")]),
        (
            with(json!([{"name": "a", "request": "x"}, {"name": "a", "request": "x"}])),
            &[&format!("{path}[1]: Duplicate value: \"a/x\"")],
        ),
        (
            with(json!([{"name": "d"}])),
            &[&format!("{path}[0]: Not found: \"d\": must be one of the names in pod.spec.resourceClaims: a, b")],
        ),
        (
            json!({"resourceClaims": [{"name": "a", "resourceClaimName": "R"}, {"name": "a", "resourceClaimName": "r"}]}),
            &[
                "spec.resourceClaims[0].resourceClaimName: Invalid value: \"R\": a lowercase RFC 1123 subdomain must …",
                "spec.resourceClaims[1].name: Duplicate value: \"a\"",
            ],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}
