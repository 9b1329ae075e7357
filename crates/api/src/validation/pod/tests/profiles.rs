use super::{assert_errors, pod, typed};
use crate::{kinds, validation::pod::validate_create};
use machinery::strategy;
use serde_json::{Value, json};

#[test]
fn annotations_of_profiles_are_well_formed() {
    let cases: &[(Value, &[&str])] = &[
        (json!({"seccomp.security.alpha.kubernetes.io/pod": "localhost/a.json"}), &[]),
        (
            json!({"seccomp.security.alpha.kubernetes.io/pod": "localhost/../a"}),
            &[
                "metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: \"../a\": must not contain '..'",
            ],
        ),
        (
            json!({"container.seccomp.security.alpha.kubernetes.io/ctr": "strict"}),
            &[
                "metadata.annotations.container.seccomp.security.alpha.kubernetes.io/ctr: Invalid value: \"strict\": must be a valid seccomp profile",
            ],
        ),
        (json!({"container.apparmor.security.beta.kubernetes.io/ctr": "runtime/default"}), &[]),
        (
            json!({"container.apparmor.security.beta.kubernetes.io/gone": "strict"}),
            &[
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/gone]: Invalid value: \"gone\": container not found",
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/gone]: Invalid value: \"strict\": invalid AppArmor profile name: \"strict\"",
            ],
        ),
    ];
    for (annotations, expected) in cases {
        let mut pod = pod(&json!({}));
        pod["metadata"]["annotations"] = annotations.clone();
        assert_errors(&validate_create(&typed(&pod)), expected, annotations);
    }
}

#[test]
fn annotations_of_profiles_say_what_fields_say() {
    let cases: &[(Value, Value, &[&str])] = &[
        (
            json!({"seccomp.security.alpha.kubernetes.io/pod": "docker/default"}),
            json!({"seccompProfile": {"type": "RuntimeDefault"}}),
            &[],
        ),
        (
            json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}),
            json!({"seccompProfile": {"type": "RuntimeDefault"}}),
            &["spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match"],
        ),
        (
            json!({"seccomp.security.alpha.kubernetes.io/pod": "localhost/a"}),
            json!({"seccompProfile": {"type": "Localhost", "localhostProfile": "b"}}),
            &[
                "spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match",
            ],
        ),
        (
            json!({"container.apparmor.security.beta.kubernetes.io/ctr": "unconfined"}),
            json!({"appArmorProfile": {"type": "RuntimeDefault"}}),
            &[
                "spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match",
            ],
        ),
    ];
    for (annotations, context, expected) in cases {
        let mut pod = pod(&json!({"securityContext": context}));
        pod["metadata"]["annotations"] = annotations.clone();
        assert_errors(&validate_create(&typed(&pod)), expected, annotations);
    }
}

#[test]
fn templates_are_checked_too() {
    let mut object = json!({"template": {
        "metadata": {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}},
        "spec": {
            "containers": [{"name": "c", "image": "i:1"}],
            "ephemeralContainers": [{"name": "e", "image": "i:1"}],
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        },
    }});
    strategy::of(&kinds::POD_TEMPLATE).default(&mut object);
    let errors = strategy::of(&kinds::POD_TEMPLATE).validate_content(&object);
    assert_errors(
        &errors,
        &[
            "template.spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
            "template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template",
        ],
        &object,
    );
}
