use super::assert_spec;
use serde_json::{Value, json};

/// Validates volumes, one for each source; paths are relative to the volume.
fn assert_sources(cases: &[(Value, &[&str])]) {
    for (source, expected) in cases {
        let mut volume = source.clone();
        volume["name"] = json!("a");
        let expected: Vec<String> = expected.iter().map(|text| format!("spec.volumes[0]{text}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        assert_spec(&json!({"volumes": [volume]}), &expected);
    }
}

#[test]
fn disks_of_clouds() {
    assert_sources(&[
        (json!({"gcePersistentDisk": {"pdName": "d", "partition": 0}}), &[]),
        (
            json!({"gcePersistentDisk": {"pdName": "", "partition": 256}}),
            &[
                ".persistentDisk.pdName: Required value",
                ".persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive",
            ],
        ),
        (
            json!({"awsElasticBlockStore": {"volumeID": "", "partition": -1}}),
            &[
                ".awsElasticBlockStore.volumeID: Required value",
                ".awsElasticBlockStore.partition: Invalid value: -1: must be between 1 and 255, inclusive",
            ],
        ),
        (
            json!({"cinder": {"volumeID": "", "secretRef": {"name": ""}}}),
            &[".cinder.volumeID: Required value", ".cinder.secretRef.name: Required value"],
        ),
        (json!({"azureDisk": {"diskName": "d", "diskURI": "https://blob/vhds/d.vhd"}}), &[]),
        (
            json!({"azureDisk": {"diskName": "d", "diskURI": "https://b", "kind": "Managed", "cachingMode": "All"}}),
            &[
                ".azureDisk.cachingMode: Unsupported value: \"All\": supported values: \"None\", \"ReadOnly\", \"ReadWrite\"",
                ".azureDisk.diskURI: Unsupported value: \"https://b\": supported values: \"/subscriptions/{sub-id}/…",
            ],
        ),
        (
            json!({"azureDisk": {"diskName": "", "diskURI": "", "kind": "New"}}),
            &[
                ".azureDisk.diskName: Required value",
                ".azureDisk.diskURI: Required value",
                ".azureDisk.kind: Unsupported value: \"New\": supported values: \"Dedicated\", \"Managed\", \"Shared\"",
                ".azureDisk.diskURI: Unsupported value: \"\": supported values: \"https://{account-name}.blob…",
            ],
        ),
    ]);
}

#[test]
fn disks_of_networks() {
    let portal = "1".repeat(70);
    assert_sources(&[
        (json!({"iscsi": {"targetPortal": "p", "iqn": "iqn.2015-02.example.com:test", "lun": 1}}), &[]),
        (
            json!({"iscsi": {"targetPortal": "", "iqn": "", "lun": 256, "chapAuthSession": true}}),
            &[
                ".iscsi.targetPortal: Required value",
                ".iscsi.iqn: Required value",
                ".iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive",
                ".iscsi.secretRef: Required value",
            ],
        ),
        (
            json!({"iscsi": {"targetPortal": portal, "iqn": "iqn.2015-02.example.com:a", "lun": 1, "initiatorName": "host"}}),
            &[
                ".iscsi.initiatorname: Invalid value: \"host\": must be valid format starting with iqn, eui, or naa",
                ".name: Invalid value: \"a\": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
            ],
        ),
        (json!({"fc": {"wwids": ["w"]}}), &[]),
        (json!({"fc": {}}), &[".fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"]),
        (
            json!({"fc": {"targetWWNs": ["t"], "wwids": ["w"]}}),
            &[
                ".fc.targetWWNs: Invalid value: [\"t\"]: targetWWNs and wwids can not be specified simultaneously",
                ".fc.lun: Required value: lun is required if targetWWNs is specified",
            ],
        ),
        (
            json!({"fc": {"targetWWNs": ["t"], "lun": 256}}),
            &[".fc.lun: Invalid value: 256: must be between 0 and 255, inclusive"],
        ),
        (
            json!({"rbd": {"monitors": [], "image": ""}}),
            &[".rbd.monitors: Required value", ".rbd.image: Required value"],
        ),
        (json!({"cephfs": {"monitors": []}}), &[".cephfs.monitors: Required value"]),
        (
            json!({"rbd": {"monitors": ["m"], "image": "i"}, "cephfs": {"monitors": []}}),
            &[".cephFS: Forbidden: may not specify more than 1 volume type"],
        ),
    ]);
}

#[test]
fn storage_of_clusters() {
    assert_sources(&[
        (
            json!({"glusterfs": {"endpoints": "", "path": ""}}),
            &[".glusterfs.endpoints: Required value", ".glusterfs.path: Required value"],
        ),
        (json!({"quobyte": {"registry": "a:1,[::1]:2", "volume": "v"}}), &[]),
        (
            json!({"quobyte": {"registry": "a:1,b", "volume": ""}}),
            &[
                ".quobyte.registry: Invalid value: \"a:1,b\": must be a host:port pair or multiple pairs separated by commas",
                ".quobyte.volume: Required value",
            ],
        ),
        (
            json!({"quobyte": {"registry": "a:1", "tenant": "t".repeat(65), "volume": "v"}}),
            &[".quobyte.tenant: Required value: must be a UUID and may not exceed a length of 64 characters"],
        ),
        (json!({"flocker": {}}), &[".flocker: Required value: one of datasetName and datasetUUID is required"]),
        (
            json!({"flocker": {"datasetName": "a/b", "datasetUUID": "u"}}),
            &[
                ".flocker: Invalid value: \"resource\": datasetName and datasetUUID can not be specified simultaneously",
                ".flocker.datasetName: Invalid value: \"a/b\": must not contain '/'",
            ],
        ),
        (
            json!({"flexVolume": {"driver": "", "options": {"a.b/c": "", "x.Kubernetes.io/y": "", "k8s.io": ""}}}),
            &[
                ".flexVolume.driver: Required value",
                ".flexVolume.options[k8s.io]: Invalid value: \"k8s.io\": kubernetes.io and k8s.io namespaces are reserved",
                ".flexVolume.options[x.Kubernetes.io/y]: Invalid value: \"x.Kubernetes.io/y\": kubernetes.io and k8s.io namespaces are reserved",
            ],
        ),
        (
            json!({"storageos": {"volumeName": "A", "volumeNamespace": "a.b", "secretRef": {"name": ""}}}),
            &[
                ".storageos.volumeName: Invalid value: \"A\": a lowercase RFC 1123 label must consist of …",
                ".storageos.volumeNamespace: Invalid value: \"a.b\": must not contain dots",
                ".storageos.secretRef.name: Required value",
            ],
        ),
        (
            json!({"scaleIO": {"gateway": "", "system": "", "secretRef": {"name": "s"}}}),
            &[
                ".scaleIO.gateway: Required value",
                ".scaleIO.system: Required value",
                ".scaleIO.volumeName: Required value",
            ],
        ),
        (json!({"azureFile": {"secretName": "", "shareName": "s"}}), &[".azureFile.secretName: Required value"]),
    ]);
}
