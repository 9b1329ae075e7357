//! What the machine says about itself: small parsers for the kernel's and the distribution's text files.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use std::path::Path;

/// What the kubelet keeps back from pods: its default hard eviction threshold for memory.
const MEMORY_KEPT_FREE: u64 = 100 << 20;

/// The unchanging facts of a machine that go into the Node object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Usable processors, in whole units.
    pub processors: u64,
    /// Memory in bytes.
    pub memory: u64,
    /// The file system that holds the pods, in bytes.
    pub storage: u64,
    /// Size of a huge page and the bytes reserved for that size.
    pub huge_pages: Vec<(u64, u64)>,
    pub machine_id: String,
    pub system_uuid: String,
    pub boot_id: String,
    pub kernel: String,
    pub os_image: String,
}

impl Facts {
    /// The bytes of memory that pods may have.
    #[must_use]
    pub fn allocatable_memory(&self) -> u64 {
        self.memory.saturating_sub(MEMORY_KEPT_FREE)
    }

    /// Reads the facts; what the machine does not tell stays empty.
    #[must_use]
    pub fn read(data_dir: &Path) -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let word = |path: &str| text(path).trim().to_owned();
        let machine_id = word("/etc/machine-id");
        let system_uuid = match word("/sys/class/dmi/id/product_uuid") {
            uuid if uuid.is_empty() => machine_id.clone(),
            uuid => uuid,
        };
        Self {
            processors: std::thread::available_parallelism().map_or(1, |count| count.get() as u64),
            memory: memory_total(&text("/proc/meminfo")).unwrap_or_default(),
            storage: rustix::fs::statvfs(data_dir).map_or(0, |fs| fs.f_blocks.saturating_mul(fs.f_frsize)),
            huge_pages: read_huge_pages(Path::new("/sys/kernel/mm/hugepages")),
            machine_id,
            system_uuid,
            boot_id: word("/proc/sys/kernel/random/boot_id"),
            kernel: word("/proc/sys/kernel/osrelease"),
            os_image: os_image(&text("/etc/os-release")),
        }
    }
}

/// `MemTotal` of /proc/meminfo (proc(5)) in bytes.
fn memory_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// `PRETTY_NAME` of os-release(5), without its quotes.
fn os_image(os_release: &str) -> String {
    os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or_else(|| "Linux".to_owned(), |name| name.trim().trim_matches(['"', '\'']).to_owned())
}

/// The size in bytes that a folder under /sys/kernel/mm/hugepages stands for: `hugepages-2048kB`.
fn huge_page_size(folder: &str) -> Option<u64> {
    let kibibytes: u64 = folder.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn read_huge_pages(folder: &Path) -> Vec<(u64, u64)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut pages: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let size = huge_page_size(entry.file_name().to_str()?)?;
            let count: u64 = std::fs::read_to_string(entry.path().join("nr_hugepages")).ok()?.trim().parse().ok()?;
            Some((size, size.checked_mul(count)?))
        })
        .collect();
    pages.sort_unstable();
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let meminfo = "MemTotal:       24689988 kB\nMemFree:         1024 kB\n";
        assert_eq!(memory_total(meminfo), Some(24_689_988 * 1024));
        for broken in ["", "MemFree: 1 kB", "MemTotal: many kB", "MemTotal: 12"] {
            assert_eq!(memory_total(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn the_operating_system_is_named_as_it_names_itself() {
        for (os_release, name) in [
            ("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "Debian GNU/Linux 12 (bookworm)"),
            ("PRETTY_NAME=Alpine", "Alpine"),
            ("ID=unknown", "Linux"),
        ] {
            assert_eq!(os_image(os_release), name);
        }
    }

    #[test]
    fn huge_page_folders_tell_their_size() {
        assert_eq!(huge_page_size("hugepages-2048kB"), Some(2 << 20));
        assert_eq!(huge_page_size("hugepages-1048576kB"), Some(1 << 30));
        assert_eq!(huge_page_size("hugepages-kB"), None);
        assert_eq!(huge_page_size("transparent"), None);
    }
}
