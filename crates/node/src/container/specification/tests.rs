//! Specifications of containers: command, user, capabilities, security.

use crate::container::{
    UserFromImage,
    examples::{container, facts, first, image, machine, objects, pod_of, spec_of},
    spec, user,
};
use oci_spec::runtime::{Capability, LinuxNamespaceType, Spec};
use serde_json::{Value, json};

fn security(context: &Value) -> Value {
    json!({ "securityContext": context })
}

#[test]
fn commands() {
    let (entrypoint, cmd) = (json!({ "Entrypoint": ["e", "1"], "Cmd": ["c"] }), json!({ "Cmd": ["c"] }));
    let env = json!([{ "name": "X", "value": "x" }]);
    let cases = [
        (json!({}), &entrypoint, "e 1 c", "/"),
        (json!({ "command": ["n"] }), &entrypoint, "n", "/"),
        (json!({ "args": ["m"] }), &entrypoint, "e 1 m", "/"),
        (json!({ "command": ["n"], "args": ["m"] }), &entrypoint, "n m", "/"),
        (json!({ "command": [], "args": [] }), &entrypoint, "e 1 c", "/"),
        (json!({}), &cmd, "c", "/"),
        (json!({ "args": ["m"] }), &cmd, "m", "/"),
        (json!({ "command": ["$(X)"], "args": ["$(X)$(Y)", "$$(X)"], "env": env }), &cmd, "x x$(Y) $(X)", "/"),
        (json!({ "command": ["$(KUBERNETES_SERVICE_HOST)"] }), &cmd, "10.43.0.1", "/"),
        (json!({}), &json!({ "Cmd": ["c"], "WorkingDir": "/w" }), "c", "/w"),
        (json!({ "workingDir": "/v" }), &json!({ "Cmd": ["c"], "WorkingDir": "/w" }), "c", "/v"),
        (json!({ "args": ["$(PATH)"] }), &json!({ "Env": ["PATH=/bin"] }), "$(PATH)", "/"),
    ];
    for (fields, config, arguments, directory) in cases {
        let pod = pod_of(&container(&fields), &json!({}));
        let spec = spec(&pod, first(&pod), &image(config.clone()), &facts(), &objects(), &machine()).unwrap();
        let process = spec.process().clone().unwrap();
        assert_eq!(process.args().clone().unwrap().join(" "), arguments, "{fields} {config}");
        assert_eq!(process.cwd().to_str().unwrap(), directory, "{fields} {config}");
    }
}

#[test]
fn users() {
    let nobody = || UserFromImage { uid: 65534, gid: 100, groups: vec![7], home: "/".to_owned() };
    let cases = [
        (json!({}), json!({}), (65534, 100, vec![100, 7])),
        (json!({ "runAsGroup": 5 }), json!({}), (65534, 5, vec![5, 7])),
        (json!({}), json!({ "runAsGroup": 6 }), (65534, 6, vec![6, 7])),
        (json!({ "runAsGroup": 5 }), json!({ "runAsGroup": 6 }), (65534, 5, vec![5, 7])),
        (json!({}), json!({ "fsGroup": 9, "supplementalGroups": [8, 7, 100] }), (65534, 100, vec![100, 7, 9, 8])),
        (
            json!({}),
            json!({ "supplementalGroups": [8], "supplementalGroupsPolicy": "Strict" }),
            (65534, 100, vec![100, 8]),
        ),
    ];
    for (of_container, of_pod, expected) in cases {
        let pod = pod_of(&container(&security(&of_container)), &security(&of_pod));
        let mut image = image(json!({ "User": "nobody" }));
        image.user = nobody();
        let user = user::user(&pod, first(&pod), &image).unwrap();
        let found = (user.uid(), user.gid(), user.additional_gids().clone().unwrap());
        assert_eq!(found, expected, "{of_container} {of_pod}");
    }
}

#[test]
fn the_user_to_look_up() {
    for (of_container, of_pod, of_image, expected) in [
        (json!({}), json!({}), json!({}), ""),
        (json!({}), json!({}), json!({ "User": "web:www" }), "web:www"),
        (json!({ "runAsUser": 5 }), json!({ "runAsUser": 6 }), json!({ "User": "web" }), "5"),
        (json!({}), json!({ "runAsUser": 6 }), json!({ "User": "web" }), "6"),
    ] {
        let pod = pod_of(&container(&security(&of_container)), &security(&of_pod));
        assert_eq!(user::requested(&pod, first(&pod), &image(of_image).config), expected);
    }
}

#[test]
fn run_as_non_root() {
    let pod_name = "(pod: \"web_shop(u-1)\", container: a)";
    let cases = [
        (json!({ "runAsNonRoot": true, "runAsUser": 5 }), json!({}), None),
        (json!({ "runAsNonRoot": true }), json!({ "User": "5:6" }), None),
        (json!({ "runAsNonRoot": false }), json!({}), None),
        (
            json!({ "runAsNonRoot": true, "runAsUser": 0 }),
            json!({}),
            Some("container's runAsUser breaks non-root policy"),
        ),
        (json!({ "runAsNonRoot": true }), json!({}), Some("container has runAsNonRoot and image will run as root")),
        (
            json!({ "runAsNonRoot": true }),
            json!({ "User": "0" }),
            Some("container has runAsNonRoot and image will run as root"),
        ),
        (
            json!({ "runAsNonRoot": true }),
            json!({ "User": "web:www" }),
            Some("container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root"),
        ),
    ];
    for (context, config, message) in cases {
        for (of_container, of_pod) in [(context.clone(), json!({})), (json!({}), context.clone())] {
            let pod = pod_of(&container(&security(&of_container)), &security(&of_pod));
            let found = user::user(&pod, first(&pod), &image(config.clone())).err().map(|error| error.to_string());
            assert_eq!(found, message.map(|message| format!("{message} {pod_name}")), "{context} {config}");
        }
    }
}

fn bounding(spec: &Spec) -> Vec<String> {
    let capabilities = spec.process().clone().unwrap().capabilities().clone().unwrap();
    assert_eq!(capabilities.bounding(), capabilities.effective());
    assert_eq!(capabilities.bounding(), capabilities.permitted());
    assert_eq!((capabilities.inheritable(), capabilities.ambient()), (&None, &None));
    let mut names: Vec<_> = capabilities.bounding().iter().flatten().map(Capability::to_string).collect();
    names.sort();
    names
}

#[test]
fn capabilities() {
    let default = "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID \
                   SETPCAP SETUID SYS_CHROOT";
    let asked = |add: Value, drop: Value| security(&json!({ "capabilities": { "add": add, "drop": drop } }));
    let without = |name: &str| default.replace(&format!("{name} "), "");
    for (fields, expected) in [
        (json!({}), default.to_owned()),
        (asked(json!(["SYS_TIME"]), json!([])), format!("{default} SYS_TIME")),
        (asked(json!(["CAP_SYS_TIME"]), json!([])), format!("{default} SYS_TIME")),
        (asked(json!(["sys_time"]), json!([])), format!("{default} SYS_TIME")),
        (asked(json!(["KILL"]), json!([])), default.to_owned()),
        (asked(json!([]), json!(["NET_RAW"])), without("NET_RAW")),
        (asked(json!(["NET_RAW"]), json!(["NET_RAW"])), without("NET_RAW")),
        (asked(json!([]), json!(["ALL"])), String::new()),
        (asked(json!(["NET_RAW"]), json!(["ALL"])), "NET_RAW".to_owned()),
        (asked(json!(["ALL"]), json!(["ALL"])), String::new()),
    ] {
        assert_eq!(bounding(&spec_of(&fields, &json!({})).unwrap()).join(" "), expected, "{fields}");
    }
    for (fields, count) in [
        (asked(json!(["ALL"]), json!([])), 41),
        (asked(json!(["all"]), json!(["SYS_ADMIN", "SYS_MODULE"])), 39),
        (security(&json!({ "privileged": true })), 41),
    ] {
        assert_eq!(bounding(&spec_of(&fields, &json!({})).unwrap()).len(), count, "{fields}");
    }
    let error = spec_of(&asked(json!(["FLY"]), json!([])), &json!({})).unwrap_err();
    assert_eq!(error.to_string(), "unknown capability \"FLY\"");
}

#[test]
fn what_keeps_a_container_in() {
    let seccomp = |kind: &str| json!({ "seccompProfile": { "type": kind, "localhostProfile": "p.json" } });
    // No new privileges, number of masked paths, number of read-only paths, whether there is a filter.
    let cases = [
        (json!({}), json!({}), (false, 12, 5, false)),
        (json!({ "allowPrivilegeEscalation": false }), json!({}), (true, 12, 5, false)),
        (json!({ "allowPrivilegeEscalation": true }), json!({}), (false, 12, 5, false)),
        (json!({ "privileged": true }), json!({}), (false, 0, 0, false)),
        (json!({ "procMount": "Unmasked" }), json!({}), (false, 0, 0, false)),
        (json!({ "procMount": "Default" }), json!({}), (false, 12, 5, false)),
        (seccomp("RuntimeDefault"), json!({}), (false, 12, 5, true)),
        (json!({}), seccomp("RuntimeDefault"), (false, 12, 5, true)),
        (seccomp("Unconfined"), seccomp("RuntimeDefault"), (false, 12, 5, false)),
        (json!({ "privileged": true }), seccomp("RuntimeDefault"), (false, 0, 0, false)),
    ];
    for (of_container, of_pod, expected) in cases {
        let spec = spec_of(&security(&of_container), &security(&of_pod)).unwrap();
        let linux = spec.linux().clone().unwrap();
        let found = (
            spec.process().clone().unwrap().no_new_privileges().unwrap(),
            linux.masked_paths().clone().unwrap().len(),
            linux.readonly_paths().clone().unwrap().len(),
            linux.seccomp().is_some(),
        );
        assert_eq!(found, expected, "{of_container} {of_pod}");
    }
    let missing = spec_of(&security(&seccomp("Localhost")), &json!({})).unwrap_err();
    assert_eq!(missing.to_string(), "seccomp profile \"p.json\" of the node could not be used: it was not read");
}

#[test]
fn namespaces_devices_and_root() {
    let kinds = |spec: &Spec| {
        let namespaces = spec.linux().clone().unwrap().namespaces().clone().unwrap();
        namespaces.iter().map(oci_spec::runtime::LinuxNamespace::typ).collect::<Vec<_>>()
    };
    let own = [LinuxNamespaceType::Mount, LinuxNamespaceType::Cgroup, LinuxNamespaceType::Pid];
    let plain = spec_of(&json!({}), &json!({})).unwrap();
    assert_eq!(kinds(&plain), own);
    assert_eq!(kinds(&spec_of(&json!({}), &json!({ "hostPID": true })).unwrap()), own[..2]);
    assert_eq!(plain.linux().clone().unwrap().devices().clone().unwrap().len(), 0);
    assert_eq!(plain.linux().clone().unwrap().cgroups_path().clone().unwrap().to_str(), Some("/minke/podu-1/c1"));
    assert_eq!(plain.root().clone().unwrap().readonly(), None);

    let privileged = spec_of(&security(&json!({ "privileged": true, "readOnlyRootFilesystem": true })), &json!({}));
    let privileged = privileged.unwrap();
    assert_eq!(privileged.linux().clone().unwrap().devices().clone().unwrap().len(), 1);
    assert_eq!(privileged.root().clone().unwrap().readonly(), Some(true));
}

#[test]
fn shared_process_namespaces_are_joined() {
    let pod = pod_of(&container(&json!({})), &json!({ "shareProcessNamespace": true }));
    let mut facts = facts();
    facts.pid_namespace = Some("/proc/9/ns/pid".into());
    let spec = spec(&pod, first(&pod), &image(json!({})), &facts, &objects(), &machine()).unwrap();
    let namespaces = spec.linux().clone().unwrap().namespaces().clone().unwrap();
    let pid = namespaces.iter().find(|namespace| namespace.typ() == LinuxNamespaceType::Pid).unwrap();
    assert_eq!(pid.path().as_ref().unwrap().to_str(), Some("/proc/9/ns/pid"));
}

#[test]
fn raw_block_volumes_are_refused() {
    let fields = json!({ "volumeDevices": [{ "name": "disk", "devicePath": "/dev/xvda" }] });
    let message = "cannot find volume \"disk\" to pass into container \"a\"";
    assert_eq!(spec_of(&fields, &json!({})).unwrap_err().to_string(), message);
}
