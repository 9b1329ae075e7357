//! What a specification may ask for and this runtime does not do. It says so, for a container that is less confined than
//! it was meant to be is worse than none.

use oci_spec::runtime::Spec;

/// The first thing in the specification that would be ignored, by its name there.
pub fn find(spec: &Spec) -> Option<&'static str> {
    let process = spec.process().as_ref();
    let linux = spec.linux().as_ref();
    let resources = linux.and_then(|linux| linux.resources().as_ref());
    let asked = [
        ("hooks", spec.hooks().is_some()),
        ("domainname", spec.domainname().is_some()),
        ("process.apparmorProfile", process.is_some_and(|process| process.apparmor_profile().is_some())),
        ("process.selinuxLabel", process.is_some_and(|process| process.selinux_label().is_some())),
        ("process.ioPriority", process.is_some_and(|process| process.io_priority().is_some())),
        ("process.scheduler", process.is_some_and(|process| process.scheduler().is_some())),
        ("linux.uidMappings", linux.is_some_and(|linux| linux.uid_mappings().is_some())),
        ("linux.mountLabel", linux.is_some_and(|linux| linux.mount_label().is_some())),
        ("linux.intelRdt", linux.is_some_and(|linux| linux.intel_rdt().is_some())),
        ("linux.personality", linux.is_some_and(|linux| linux.personality().is_some())),
        ("linux.timeOffsets", linux.is_some_and(|linux| linux.time_offsets().is_some())),
        ("linux.resources.blockIO", resources.is_some_and(|resources| resources.block_io().is_some())),
        ("linux.resources.network", resources.is_some_and(|resources| resources.network().is_some())),
        ("linux.resources.rdma", resources.is_some_and(|resources| resources.rdma().is_some())),
    ];
    asked.into_iter().find(|(_, asked)| *asked).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_would_be_ignored_is_named() {
        let process = |field: &str, value| json!({"ociVersion": "1.2.0", "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", field: value}});
        for (spec, expected) in [
            (process("noNewPrivileges", json!(true)), None),
            (process("apparmorProfile", json!("strict")), Some("process.apparmorProfile")),
            (process("selinuxLabel", json!("system_u")), Some("process.selinuxLabel")),
            (json!({"ociVersion": "1.2.0", "hooks": {"prestart": []}}), Some("hooks")),
        ] {
            let spec: Spec = serde_json::from_value(spec).unwrap();
            assert_eq!(find(&spec), expected);
        }
    }
}
