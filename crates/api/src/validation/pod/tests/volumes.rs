use super::assert_spec;
use serde_json::{Value, json};

#[test]
fn names_and_sources() {
    let cases: &[(Value, &[&str])] = &[
        (json!([{"name": "a"}, {"name": "b", "hostPath": {"path": "/a"}}]), &[]),
        (json!([{"name": ""}]), &["spec.volumes[0].name: Required value"]),
        (
            json!([{"name": "A"}]),
            &["spec.volumes[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of …"],
        ),
        (json!([{"name": "a.b"}]), &["spec.volumes[0].name: Invalid value: \"a.b\": must not contain dots"]),
        (json!([{"name": "a"}, {"name": "a"}]), &["spec.volumes[1].name: Duplicate value: \"a\""]),
        (
            json!([{"name": "a", "emptyDir": {}, "hostPath": {"path": "/a"}}]),
            &["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
        ),
        (json!([{"name": "a", "hostPath": {"path": ""}}]), &["spec.volumes[0].hostPath.path: Required value"]),
        (
            json!([{"name": "a", "hostPath": {"path": "/a/../b"}}]),
            &["spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"],
        ),
        (
            json!([{"name": "a", "hostPath": {"path": "/a", "type": "Fifo"}}]),
            &["spec.volumes[0].hostPath.type: Unsupported value: \"Fifo\": supported values: \"\", \"BlockDevice\"…"],
        ),
        (
            json!([{"name": "a", "emptyDir": {"sizeLimit": "-1"}}]),
            &["spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"],
        ),
        (json!([{"name": "a", "secret": {}}]), &["spec.volumes[0].secret.secretName: Required value"]),
        (
            json!([{"name": "a", "secret": {"secretName": "s", "defaultMode": 512}}]),
            &[
                "spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
            ],
        ),
        (
            json!([{"name": "a", "configMap": {"name": "c", "items": [{"key": "", "path": ""}]}}]),
            &[
                "spec.volumes[0].configMap.items[0].key: Required value",
                "spec.volumes[0].configMap.items[0].path: Required value",
            ],
        ),
        (
            json!([{"name": "a", "configMap": {"name": "c", "items": [{"key": "k", "path": "..p"}]}}]),
            &["spec.volumes[0].configMap.items[0].path: Invalid value: \"..p\": must not start with '..'"],
        ),
        (
            json!([{"name": "a", "nfs": {"server": "", "path": "p"}}]),
            &[
                "spec.volumes[0].nfs.server: Required value",
                "spec.volumes[0].nfs.path: Invalid value: \"p\": must be an absolute path",
            ],
        ),
        (
            json!([{"name": "a", "nfs": {"server": "s", "path": ""}}]),
            &[
                "spec.volumes[0].nfs.path: Required value",
                "spec.volumes[0].nfs.path: Invalid value: \"\": must be an absolute path",
            ],
        ),
        (
            json!([{"name": "a", "configMap": {"name": "c"}, "secret": {"secretName": "s"}}]),
            &["spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type"],
        ),
        (
            json!([{"name": "a", "emptyDir": {}, "downwardAPI": {"items": []}}]),
            &["spec.volumes[0].downwarAPI: Forbidden: may not specify more than 1 volume type"],
        ),
        (
            json!([{"name": "a", "persistentVolumeClaim": {"claimName": ""}}]),
            &["spec.volumes[0].persistentVolumeClaim.claimName: Required value"],
        ),
        (
            json!([
                {"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}},
                {"name": "b", "persistentVolumeClaim": {"claimName": "abc-a"}},
            ]),
            &[
                "spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: \"abc-a\": must not reference a PVC that gets created for an ephemeral volume",
            ],
        ),
    ];
    for (volumes, expected) in cases {
        assert_spec(&json!({"volumes": volumes}), expected);
    }
}

#[test]
fn sources_made_for_the_pod() {
    let cases: &[(Value, &[&str])] = &[
        (
            json!([{"name": "a", "csi": {"driver": "Bad Driver"}}]),
            &["spec.volumes[0].csi.driver: Invalid value: \"Bad Driver\": a lowercase RFC 1123 subdomain must …"],
        ),
        (
            json!([{"name": "a", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "A"}}}]),
            &["spec.volumes[0].csi.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must …"],
        ),
        (
            json!([{"name": "a", "ephemeral": {"volumeClaimTemplate": {"metadata": {"name": "n"}, "spec": {"accessModes": ["Any"], "resources": {"requests": {"storage": "0"}}}}}}]),
            &[
                "spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
                "spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: \"Any\": supported values: …",
                "spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: \"0\": must be greater than zero",
            ],
        ),
        (json!([{"name": "a", "ephemeral": {}}]), &["spec.volumes[0].ephemeral.volumeClaimTemplate: Required value"]),
        (json!([{"name": "a", "image": {}}]), &["spec.volumes[0].image.reference: Required value"]),
    ];
    for (volumes, expected) in cases {
        assert_spec(&json!({"volumes": volumes}), expected);
    }
}

#[test]
fn files_from_the_pod() {
    let downward = |file: Value| json!({"volumes": [{"name": "a", "downwardAPI": {"items": [file]}}]});
    let projected = |sources: Value| json!({"volumes": [{"name": "a", "projected": {"sources": sources}}]});
    let cases: &[(Value, &[&str])] = &[
        (downward(json!({"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}})), &[]),
        (
            downward(json!({"path": "a", "fieldRef": {"fieldPath": "status.podIP"}})),
            &[
                "spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: \"status.podIP\": supported values: …",
            ],
        ),
        (
            downward(json!({"path": "a"})),
            &["spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required"],
        ),
        (
            downward(json!({"path": "/a", "fieldRef": {"fieldPath": "metadata.name"}})),
            &["spec.volumes[0].downwardAPI.path: Invalid value: \"/a\": must be a relative path"],
        ),
        (
            downward(json!({"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}})),
            &["spec.volumes[0].downwardAPI.resourceFieldRef.containerName: Required value"],
        ),
        (projected(json!([{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "c"}}])), &[]),
        (
            projected(json!([{"serviceAccountToken": {"path": "token", "expirationSeconds": 10}}])),
            &[
                "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes",
            ],
        ),
        (
            projected(json!([
                {"secret": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
                {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
            ])),
            &["spec.volumes[0].projected: Invalid value: \"c\": conflicting duplicate paths"],
        ),
        (
            projected(json!([{"clusterTrustBundle": {"name": "a", "signerName": "b.c/d", "path": "p"}}])),
            &["spec.volumes[0].projected.sources[0].clusterTrustBundle: Invalid value: {…"],
        ),
        (
            projected(json!([{"clusterTrustBundle": {"name": "a/b", "labelSelector": {}, "path": ""}}])),
            &[
                "spec.volumes[0].projected.sources[0].clusterTrustBundle.name: Invalid value: \"a/b\": not a valid clustertrustbundlename: a lowercase…",
                "spec.volumes[0].projected.sources[0].clusterTrustBundle.labelSelector: Invalid value: {}: labelSelector must be unset if name is specified",
                "spec.volumes[0].projected.sources[0].clusterTrustBundle.path: Required value",
            ],
        ),
        (
            projected(
                json!([{"clusterTrustBundle": {"path": "p"}}, {"clusterTrustBundle": {"signerName": "a.b/c", "path": "p"}}]),
            ),
            &[
                "spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified",
                "spec.volumes[0].projected: Invalid value: \"p\": conflicting duplicate paths",
            ],
        ),
        (
            projected(
                json!([{"podCertificate": {"signerName": "a.b/c", "keyType": "ED25519", "credentialBundlePath": "p"}}]),
            ),
            &[],
        ),
        (
            projected(json!([{"podCertificate": {
                "signerName": "kubernetes.io/c", "keyType": "DSA", "maxExpirationSeconds": 86401, "userAnnotations": {"a": ""},
            }}])),
            &[
                "spec.volumes[0].projected.sources[0].podCertificate.userAnnotations: Invalid value: \"a\": must be a domain-prefixed key (such as \"acme.io/foo\")",
                "spec.volumes[0].projected.sources[0].podCertificate.keyType: Unsupported value: \"DSA\": supported values: \"RSA3072\"…",
                "spec.volumes[0].projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 86401: if provided, maxExpirationSeconds must be <= 86400",
                "spec.volumes[0].projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
            ],
        ),
        (
            projected(json!([{"podCertificate": {
                "signerName": "a.b/c", "keyType": "RSA4096", "maxExpirationSeconds": 1, "keyPath": "p", "certificateChainPath": "p",
            }}])),
            &[
                "spec.volumes[0].projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 1: if provided, maxExpirationSeconds must be >= 3600",
                "spec.volumes[0].projected: Invalid value: \"p\": conflicting duplicate paths",
            ],
        ),
        (
            projected(json!([{"secret": {"name": "s"}, "configMap": {"name": "c"}}])),
            &["spec.volumes[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source"],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}
