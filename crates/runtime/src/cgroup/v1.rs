//! What is particular to cgroup version 1 (the kernel's `Documentation/admin-guide/cgroup-v1`).

use super::Setting;
use oci_spec::runtime::LinuxResources;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The controllers whose cgroups containers get. `freezer` also for killing; the others limit or measure.
const CONTROLLERS: [&str; 8] = ["cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "pids"];

/// Where the controllers are mounted, from `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`).
pub fn mounts(mountinfo: &str) -> BTreeMap<String, PathBuf> {
    let mut mounts = BTreeMap::new();
    for line in mountinfo.lines() {
        let Some((mount, file_system)) = line.split_once(" - ") else { continue };
        let Some(point) = mount.split(' ').nth(4) else { continue };
        let mut file_system = file_system.split(' ');
        if file_system.next() != Some("cgroup") {
            continue;
        }
        let options = file_system.nth(1).unwrap_or_default().split(',');
        for controller in options.filter(|option| CONTROLLERS.contains(option)) {
            mounts.entry(controller.to_owned()).or_insert_with(|| PathBuf::from(point));
        }
    }
    mounts
}

/// The limits as values of files.
pub fn settings(resources: &LinuxResources) -> Vec<Setting> {
    let mut settings = Vec::new();
    if let Some(memory) = resources.memory() {
        if let Some(limit) = memory.limit() {
            settings.push(Setting::new("memory", "memory.limit_in_bytes", &limit));
        }
        if let Some(swap) = memory.swap() {
            settings.push(Setting::new("memory", "memory.memsw.limit_in_bytes", &swap).optional());
        }
        if let Some(reservation) = memory.reservation() {
            settings.push(Setting::new("memory", "memory.soft_limit_in_bytes", &reservation));
        }
    }
    if let Some(cpu) = resources.cpu() {
        if let Some(shares) = cpu.shares().filter(|shares| *shares != 0) {
            settings.push(Setting::new("cpu", "cpu.shares", &shares));
        }
        if let Some(period) = cpu.period().filter(|period| *period != 0) {
            settings.push(Setting::new("cpu", "cpu.cfs_period_us", &period));
        }
        if let Some(quota) = cpu.quota().filter(|quota| *quota != 0) {
            settings.push(Setting::new("cpu", "cpu.cfs_quota_us", &quota));
        }
        for (file, value) in [("cpuset.cpus", cpu.cpus()), ("cpuset.mems", cpu.mems())] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                settings.push(Setting::new("cpuset", file, &value));
            }
        }
    }
    if let Some(pids) = resources.pids() {
        let limit = pids.limit();
        let limit = if limit > 0 { limit.to_string() } else { "max".to_owned() };
        settings.push(Setting::new("pids", "pids.max", &limit));
    }
    for pages in resources.hugepage_limits().iter().flatten() {
        let file = format!("hugetlb.{}.limit_in_bytes", pages.page_size());
        settings.push(Setting::new("hugetlb", &file, &pages.limit()).optional());
    }
    settings
}

/// A new cpuset has no processors and takes no process; gives it and its ancestors those of their parents.
pub fn inherit_cpuset(directory: &Path) -> io::Result<()> {
    let Some(parent) = directory.parent().filter(|parent| parent.join("cpuset.cpus").exists()) else { return Ok(()) };
    for file in ["cpuset.cpus", "cpuset.mems"] {
        if !fs::read_to_string(directory.join(file))?.trim().is_empty() {
            continue;
        }
        inherit_cpuset(parent)?;
        fs::write(directory.join(file), fs::read_to_string(parent.join(file))?.trim())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_are_found_where_they_are_mounted_also_together() {
        let mountinfo = "\
25 1 0:21 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
26 25 0:22 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
27 25 0:23 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
28 25 0:24 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
29 25 0:25 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
        let together = PathBuf::from("/sys/fs/cgroup/cpu,cpuacct");
        let expected = BTreeMap::from([
            ("cpu".to_owned(), together.clone()),
            ("cpuacct".to_owned(), together),
            ("memory".to_owned(), PathBuf::from("/sys/fs/cgroup/memory")),
        ]);
        assert_eq!(mounts(mountinfo), expected);
    }

    #[test]
    fn limits_become_files() {
        let resources: LinuxResources = serde_json::from_value(serde_json::json!({
            "memory": {"limit": 1000, "swap": 1000},
            "cpu": {"shares": 512, "quota": 50000, "period": 100_000, "cpus": "0-1"},
            "pids": {"limit": 0},
            "hugepageLimits": [{"pageSize": "2MB", "limit": 0}]
        }))
        .unwrap();
        let files: Vec<String> =
            settings(&resources).into_iter().map(|setting| format!("{}={}", setting.file, setting.value)).collect();
        let expected = [
            "memory.limit_in_bytes=1000",
            "memory.memsw.limit_in_bytes=1000",
            "cpu.shares=512",
            "cpu.cfs_period_us=100000",
            "cpu.cfs_quota_us=50000",
            "cpuset.cpus=0-1",
            "pids.max=max",
            "hugetlb.2MB.limit_in_bytes=0",
        ];
        assert_eq!(files, expected);
    }
}
