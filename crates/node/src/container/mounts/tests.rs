//! Mounts of containers.

use super::{SubPath, sub_paths};
use crate::container::examples::{container, facts, first, machine, objects, pod_of, spec_of};
use oci_spec::runtime::Mount;
use serde_json::{Value, json};

/// The mount at a path as `source options`.
fn at(mounts: &[Mount], path: &str) -> Option<String> {
    let mount = mounts.iter().find(|mount| mount.destination() == path)?;
    let source = mount.source().as_ref().unwrap().display();
    Some(format!("{source} {}", mount.options().as_ref().unwrap().join(",")))
}

fn volume(fields: &Value) -> Value {
    let mut mount = json!({ "name": "v", "mountPath": "/data" });
    for (key, value) in fields.as_object().unwrap() {
        mount[key] = value.clone();
    }
    json!({ "env": [{ "name": "POD", "value": "web" }, { "name": "EMPTY", "value": "" }], "volumeMounts": [mount] })
}

#[test]
fn what_is_mounted_where() {
    let none = json!({});
    let privileged = json!({ "securityContext": { "privileged": true } });
    let read_only = json!({ "securityContext": { "readOnlyRootFilesystem": true } });
    let over = |path: &str| json!({ "volumeMounts": [{ "name": "v", "mountPath": path }] });
    let termination = |path: &str| json!({ "terminationMessagePath": path });
    let cases: Vec<(Value, &str, Option<&str>)> = vec![
        (none.clone(), "/proc", Some("proc nosuid,noexec,nodev")),
        (none.clone(), "/dev", Some("tmpfs nosuid,strictatime,mode=755,size=65536k")),
        (none.clone(), "/dev/pts", Some("devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5")),
        (none.clone(), "/dev/mqueue", Some("mqueue nosuid,noexec,nodev")),
        (none.clone(), "/sys", Some("sysfs nosuid,noexec,nodev,ro")),
        (privileged.clone(), "/sys", Some("sysfs nosuid,noexec,nodev,rw")),
        (none.clone(), "/sys/fs/cgroup", Some("cgroup nosuid,noexec,nodev,relatime,ro")),
        (privileged.clone(), "/sys/fs/cgroup", Some("cgroup nosuid,noexec,nodev,relatime,rw")),
        (none.clone(), "/dev/shm", Some("/p/shm rbind,rprivate,rw")),
        (none.clone(), "/etc/hosts", Some("/p/etc-hosts rbind,rprivate,rw")),
        (none.clone(), "/etc/hostname", Some("/p/hostname rbind,rprivate,rw")),
        (read_only.clone(), "/etc/hostname", Some("/p/hostname rbind,rprivate,ro")),
        (read_only.clone(), "/etc/resolv.conf", Some("/p/resolv.conf rbind,rprivate,ro")),
        (read_only.clone(), "/etc/hosts", Some("/p/etc-hosts rbind,rprivate,rw")),
        (none.clone(), "/dev/termination-log", None),
        (termination("/dev/termination-log"), "/dev/termination-log", Some("/p/termination-log rbind,rprivate,rw")),
        (termination("/tmp/end"), "/tmp/end", Some("/p/termination-log rbind,rprivate,rw")),
        (over("/etc/hosts"), "/etc/hosts", Some("/vol/v rbind,rprivate,rw")),
        (over("/dev/shm"), "/dev/shm", Some("/vol/v rbind,rprivate,rw")),
        (over("/sys/fs/cgroup"), "/sys/fs/cgroup", Some("/vol/v rbind,rprivate,rw")),
        (over("data"), "/data", Some("/vol/v rbind,rprivate,rw")),
        (volume(&json!({ "readOnly": true })), "/data", Some("/vol/v rbind,rprivate,ro")),
        (volume(&json!({ "name": "fixed" })), "/data", Some("/vol/fixed rbind,rprivate,ro")),
        (
            volume(&json!({ "readOnly": true, "recursiveReadOnly": "Enabled" })),
            "/data",
            Some("/vol/v rbind,rprivate,rro"),
        ),
        (
            volume(&json!({ "readOnly": true, "recursiveReadOnly": "Disabled" })),
            "/data",
            Some("/vol/v rbind,rprivate,ro"),
        ),
        (volume(&json!({ "mountPropagation": "HostToContainer" })), "/data", Some("/vol/v rbind,rslave,rw")),
        (volume(&json!({ "mountPropagation": "Bidirectional" })), "/data", Some("/vol/v rbind,rshared,rw")),
        (volume(&json!({ "subPath": "x/y" })), "/data", Some("/vol/v/x/y rbind,rprivate,rw")),
        (volume(&json!({ "subPathExpr": "$(POD)/y" })), "/data", Some("/vol/v/web/y rbind,rprivate,rw")),
    ];
    for (fields, path, expected) in cases {
        let spec = spec_of(&fields, &json!({})).unwrap();
        assert_eq!(at(spec.mounts().as_ref().unwrap(), path).as_deref(), expected, "{path}: {fields}");
    }
    let host_ipc = spec_of(&none, &json!({ "hostIPC": true })).unwrap();
    let shm = at(host_ipc.mounts().as_ref().unwrap(), "/dev/shm");
    assert_eq!(shm.as_deref(), Some("/dev/shm rbind,rprivate,rw"), "hostIPC");
}

#[test]
fn mounts_that_cannot_be() {
    let long = "$(POD)/".repeat(2000);
    for (fields, message) in [
        (volume(&json!({ "name": "none" })), "cannot find volume \"none\" to mount into container \"a\""),
        (volume(&json!({ "subPath": "/x" })), "error SubPath `/x` must not be an absolute path"),
        (volume(&json!({ "subPath": "x/../../y" })), "unable to provision SubPath `x/../../y`: must not contain '..'"),
        (volume(&json!({ "subPathExpr": "$(NONE)/$(EMPTY)" })), "missing value for EMPTY, NONE"),
        (volume(&json!({ "subPathExpr": long })), &format!("SubPath `{long}` is longer than a path can be")),
    ] {
        assert_eq!(spec_of(&fields, &json!({})).unwrap_err().to_string(), message, "{fields}");
    }
}

#[test]
fn mounts_lie_in_order() {
    let mounts = ["/a/b/c", "/a", "/a/b"].map(|path| json!({ "name": "v", "mountPath": path }));
    let spec = spec_of(&json!({ "volumeMounts": mounts }), &json!({})).unwrap();
    let paths: Vec<_> = spec.mounts().iter().flatten().map(|mount| mount.destination().display().to_string()).collect();
    let position = |path: &str| paths.iter().position(|found| found == path).unwrap();
    assert!(position("/a") < position("/a/b") && position("/a/b") < position("/a/b/c"), "{paths:?}");
    assert_eq!(position("/proc"), 0);
    assert!(position("/dev") < position("/dev/shm"), "{paths:?}");
}

#[test]
fn sub_paths_are_asked_for_and_then_used() {
    let pod = pod_of(&container(&volume(&json!({ "subPathExpr": "$(POD)/y" }))), &json!({}));
    let mut facts = facts();
    let asked = sub_paths(&pod, first(&pod), &facts, &objects(), &machine()).unwrap();
    assert_eq!(asked, [SubPath { position: 0, name: "v".to_owned(), volume: "/vol/v".into(), path: "web/y".into() }]);
    facts.sub_paths.insert(0, "/proc/self/fd/9".into());
    let image = crate::container::examples::image(json!({}));
    let spec = crate::container::spec(&pod, first(&pod), &image, &facts, &objects(), &machine()).unwrap();
    assert_eq!(at(spec.mounts().as_ref().unwrap(), "/data").as_deref(), Some("/proc/self/fd/9 rbind,rprivate,rw"));
}
