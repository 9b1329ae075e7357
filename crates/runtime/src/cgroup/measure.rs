//! Reads what the kernel counts for a cgroup.

use super::Cgroups;
use crate::Stats;
use std::fs;

impl Cgroups {
    /// How often the kernel killed a process of this very cgroup for want of memory.
    pub fn oom_kills(&self, cgroup: &str) -> u64 {
        let file = match self {
            Self::V1(_) => "memory.oom_control",
            Self::V2(_) => "memory.events",
        };
        field(&self.read("memory", cgroup, file), "oom_kill")
    }

    /// What the cgroup uses now; zero where the kernel does not count.
    pub fn stats(&self, cgroup: &str) -> Stats {
        let number = |controller, file| self.read(controller, cgroup, file).trim().parse().unwrap_or(0);
        let memory = self.read("memory", cgroup, "memory.stat");
        let (usage, inactive, rss, cpu_nanoseconds) = match self {
            Self::V1(_) => (
                number("memory", "memory.usage_in_bytes"),
                field(&memory, "total_inactive_file"),
                field(&memory, "total_rss"),
                number("cpuacct", "cpuacct.usage"),
            ),
            Self::V2(_) => (
                number("memory", "memory.current"),
                field(&memory, "inactive_file"),
                field(&memory, "anon"),
                field(&self.read("cpu", cgroup, "cpu.stat"), "usage_usec").saturating_mul(1000),
            ),
        };
        Stats {
            cpu_nanoseconds,
            memory_usage_bytes: usage,
            memory_working_set_bytes: usage.saturating_sub(inactive),
            memory_rss_bytes: rss,
            processes: number("pids", "pids.current"),
        }
    }

    fn read(&self, controller: &str, cgroup: &str, file: &str) -> String {
        let directory = self.directory(controller, cgroup);
        directory.and_then(|directory| fs::read_to_string(directory.join(file)).ok()).unwrap_or_default()
    }
}

/// The number behind `key` in a file of lines `key number`.
fn field(text: &str, key: &str) -> u64 {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        assert_eq!(field(text, "oom_kill"), 3);
        assert_eq!(field(text, "absent"), 0);
    }

    #[test]
    fn the_working_set_of_a_v2_cgroup_leaves_out_the_cold_page_cache() {
        let mount = tempfile::tempdir().unwrap();
        let directory = mount.path().join("pod");
        fs::create_dir(&directory).unwrap();
        for (file, text) in [
            ("memory.current", "1000\n"),
            ("memory.stat", "anon 300\ninactive_file 400\n"),
            ("cpu.stat", "usage_usec 5\n"),
            ("pids.current", "2\n"),
        ] {
            fs::write(directory.join(file), text).unwrap();
        }
        let stats = Cgroups::V2(mount.path().to_owned()).stats("/pod");
        let expected = Stats {
            cpu_nanoseconds: 5000,
            memory_usage_bytes: 1000,
            memory_working_set_bytes: 600,
            memory_rss_bytes: 300,
            processes: 2,
        };
        assert_eq!(stats, expected);
    }
}
