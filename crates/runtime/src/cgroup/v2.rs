//! What is particular to cgroup version 2 (the kernel's `Documentation/admin-guide/cgroup-v2.rst`).

use super::Setting;
use oci_spec::runtime::LinuxResources;
use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

/// The controllers that containers need; those of them that the kernel has are enabled on the way down.
const CONTROLLERS: [&str; 5] = ["cpu", "cpuset", "hugetlb", "memory", "pids"];

/// Makes a cgroup, named from the root, and its ancestors, with the controllers enabled in each ancestor.
pub fn create(mount: &Path, cgroup: &str) -> io::Result<()> {
    let mut directory = mount.to_owned();
    for name in Path::new(cgroup) {
        enable_controllers(&directory)?;
        directory.push(name);
        match fs::create_dir(&directory) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => result?,
        }
    }
    Ok(())
}

/// The cgroup that a process is in by its `/proc/PID/cgroup`, if it is below another one.
pub fn below<'a>(text: &'a str, cgroup: &str) -> Option<&'a str> {
    let own = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    own.strip_prefix(cgroup).filter(|rest| rest.starts_with('/') && !rest.contains("/.."))?;
    Some(own)
}

fn enable_controllers(directory: &Path) -> io::Result<()> {
    let available = fs::read_to_string(directory.join("cgroup.controllers"))?;
    let control = directory.join("cgroup.subtree_control");
    let missing = missing_controllers(&available, &fs::read_to_string(&control)?);
    if missing.is_empty() {
        return Ok(());
    }
    match fs::write(&control, &missing) {
        Err(error) if error.kind() == ErrorKind::ResourceBusy => {
            move_processes_down(directory)?;
            fs::write(control, missing)
        }
        result => result,
    }
}

/// Moves the processes of a cgroup to one below it, as a cgroup with processes cannot have controllers for its children.
/// That is so when we run in a container, whose processes are in what looks like the root.
fn move_processes_down(directory: &Path) -> io::Result<()> {
    let leaf = directory.join("init");
    match fs::create_dir(&leaf) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        result => result?,
    }
    for process in fs::read_to_string(directory.join("cgroup.procs"))?.lines() {
        match fs::write(leaf.join("cgroup.procs"), process) {
            // It has ended meanwhile.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            result => result?,
        }
    }
    Ok(())
}

fn missing_controllers(available: &str, enabled: &str) -> String {
    let enabled: Vec<&str> = enabled.split_whitespace().collect();
    let missing = available.split_whitespace().filter(|one| CONTROLLERS.contains(one) && !enabled.contains(one));
    missing.map(|controller| format!("+{controller}")).collect::<Vec<_>>().join(" ")
}

/// The limits as values of files.
pub fn settings(resources: &LinuxResources) -> Vec<Setting> {
    let mut settings = Vec::new();
    if let Some(memory) = resources.memory() {
        if let Some(limit) = memory.limit() {
            settings.push(Setting::new("memory", "memory.max", &or_max(limit)));
        }
        if let (Some(swap), Some(limit)) = (memory.swap(), memory.limit()) {
            let swap = if swap < 0 { swap } else { swap.saturating_sub(limit) };
            settings.push(Setting::new("memory", "memory.swap.max", &or_max(swap)).optional());
        }
        if let Some(reservation) = memory.reservation() {
            settings.push(Setting::new("memory", "memory.low", &or_max(reservation)));
        }
    }
    if let Some(cpu) = resources.cpu() {
        if let Some(shares) = cpu.shares().filter(|shares| *shares != 0) {
            settings.push(Setting::new("cpu", "cpu.weight", &weight(shares)));
        }
        if cpu.quota().is_some() || cpu.period().is_some() {
            let quota = cpu.quota().filter(|quota| *quota > 0).map_or("max".to_owned(), |quota| quota.to_string());
            let period = cpu.period().filter(|period| *period != 0).unwrap_or(100_000);
            settings.push(Setting::new("cpu", "cpu.max", &format!("{quota} {period}")));
        }
        for (file, value) in [("cpuset.cpus", cpu.cpus()), ("cpuset.mems", cpu.mems())] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                settings.push(Setting::new("cpuset", file, &value));
            }
        }
    }
    if let Some(pids) = resources.pids() {
        let limit = pids.limit();
        settings.push(Setting::new("pids", "pids.max", &or_max(if limit > 0 { limit } else { -1 })));
    }
    for pages in resources.hugepage_limits().iter().flatten() {
        let file = format!("hugetlb.{}.max", pages.page_size());
        settings.push(Setting::new("hugetlb", &file, &pages.limit()).optional());
    }
    for (file, value) in resources.unified().iter().flatten() {
        settings.push(Setting::new("unified", file, value));
    }
    settings
}

/// -1 is "no limit" in the OCI specification.
fn or_max(limit: i64) -> String {
    if limit < 0 { "max".to_owned() } else { limit.to_string() }
}

/// The weight of version 2 (1 to 10000, 100 by default) for the shares of version 1 (2 to 262144, 1024 by default), so
/// that the minimum, the default and the maximum meet (opencontainers/cgroups, `ConvertCPUSharesToCgroupV2Value`).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the result is between 1 and 10000")]
fn weight(shares: u64) -> u64 {
    match shares {
        0..=2 => 1,
        262_144.. => 10_000,
        _ => {
            let logarithm = f64::from(shares as u32).log2();
            let exponent = (logarithm * logarithm + 125.0 * logarithm) / 612.0 - 7.0 / 34.0;
            10f64.powf(exponent).ceil() as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_weights() {
        for (shares, expected) in [(0, 1), (2, 1), (1024, 100), (262_144, 10_000), (1_000_000, 10_000), (512, 59)] {
            assert_eq!(weight(shares), expected, "{shares} shares");
        }
    }

    #[test]
    fn limits_become_files() {
        let resources: LinuxResources = serde_json::from_value(serde_json::json!({
            "memory": {"limit": 1000, "swap": 1500},
            "cpu": {"shares": 1024, "quota": -1, "period": 100_000},
            "pids": {"limit": 10},
            "unified": {"memory.oom.group": "1"}
        }))
        .unwrap();
        let files: Vec<String> =
            settings(&resources).into_iter().map(|setting| format!("{}={}", setting.file, setting.value)).collect();
        let expected = [
            "memory.max=1000",
            "memory.swap.max=500",
            "cpu.weight=100",
            "cpu.max=max 100000",
            "pids.max=10",
            "memory.oom.group=1",
        ];
        assert_eq!(files, expected);
    }

    #[test]
    fn only_controllers_that_exist_and_are_not_enabled_are_enabled() {
        let cases = [
            ("cpuset cpu io memory pids", "", "+cpuset +cpu +memory +pids"),
            ("cpu memory", "memory", "+cpu"),
            ("cpu", "cpu", ""),
        ];
        for (available, enabled, expected) in cases {
            assert_eq!(missing_controllers(available, enabled), expected);
        }
    }

    #[test]
    fn a_cgroup_of_many_levels_is_made_from_the_top() {
        let mount = tempfile::tempdir().unwrap();
        for level in ["", "a", "a/b"] {
            fs::create_dir_all(mount.path().join(level)).unwrap();
            fs::write(mount.path().join(level).join("cgroup.controllers"), "cpu memory").unwrap();
            fs::write(mount.path().join(level).join("cgroup.subtree_control"), "").unwrap();
        }
        create(mount.path(), "a/b/c").unwrap();
        assert!(mount.path().join("a/b/c").is_dir());
        assert_eq!(fs::read_to_string(mount.path().join("a/cgroup.subtree_control")).unwrap(), "+cpu +memory");
    }

    #[test]
    fn processes_that_are_in_the_way_are_moved_down() {
        let mounts = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(Path::new);
        let Some(mount) = mounts.into_iter().find(|mount| mount.join("cgroup.subtree_control").exists()) else {
            return;
        };
        let controllers = fs::read_to_string(mount.join("cgroup.controllers")).unwrap();
        if !rustix::process::geteuid().is_root() || missing_controllers(&controllers, "").is_empty() {
            return;
        }
        let before = fs::read_to_string(mount.join("cgroup.subtree_control")).unwrap();
        let name = format!("minke-test-busy-{}", std::process::id());
        let directory = mount.join(&name);
        create(mount, &name).unwrap();
        let mut process = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        fs::write(directory.join("cgroup.procs"), process.id().to_string()).unwrap();

        let created = create(&directory, "pod");
        let moved = fs::read_to_string(directory.join("init/cgroup.procs"));

        process.kill().unwrap();
        process.wait().unwrap();
        super::super::remove_tree(&directory).unwrap();
        for controller in controllers.split_whitespace().filter(|controller| !before.contains(controller)) {
            let _ = fs::write(mount.join("cgroup.subtree_control"), format!("-{controller}"));
        }
        created.unwrap();
        assert_eq!(moved.unwrap().trim(), process.id().to_string());
    }

    #[test]
    fn a_process_is_found_below_its_container_s_cgroup_only() {
        for (text, expected) in [
            ("0::/minke/pod1/c/init.scope\n", Some("/minke/pod1/c/init.scope")),
            ("12:pids:/x\n0::/minke/pod1/c/a/b\n", Some("/minke/pod1/c/a/b")),
            ("0::/minke/pod1/c\n", None),
            ("0::/minke/pod1/cc\n", None),
            ("0::/minke/pod1/c/../../other\n", None),
            ("0::/other\n", None),
            ("", None),
        ] {
            assert_eq!(below(text, "/minke/pod1/c"), expected, "{text}");
        }
    }
}
