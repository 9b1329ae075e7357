//! What the options of a mount mean (the OCI specification's "Linux mount options", mount(8)).

use oci_spec::runtime::Mount;

/// The options of a mount, sorted by who takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountOptions {
    /// `MOUNT_ATTR_*` to set and to clear on the mount itself.
    pub set: u64,
    pub clear: u64,
    /// The same for all mounts below, too.
    pub recursive_set: u64,
    pub recursive_clear: u64,
    /// `MS_PRIVATE` and its like, and whether it goes for all mounts below, too.
    pub propagation: Option<(u64, bool)>,
    pub bind: bool,
    /// Bind what is mounted below the source, too.
    pub recursive_bind: bool,
    /// What the file system itself is told, as name and value.
    pub data: Vec<(String, Option<String>)>,
}

/// The bits of `attr_clr` that stand for "whatever access times were set to".
const ACCESS_TIMES: u64 = 0x70;

const SET: [(&str, u64); 7] = [
    ("ro", libc::MOUNT_ATTR_RDONLY),
    ("nosuid", libc::MOUNT_ATTR_NOSUID),
    ("nodev", libc::MOUNT_ATTR_NODEV),
    ("noexec", libc::MOUNT_ATTR_NOEXEC),
    ("nodiratime", libc::MOUNT_ATTR_NODIRATIME),
    ("nosymfollow", libc::MOUNT_ATTR_NOSYMFOLLOW),
    ("noatime", libc::MOUNT_ATTR_NOATIME),
];
const CLEAR: [(&str, u64); 6] = [
    ("rw", libc::MOUNT_ATTR_RDONLY),
    ("suid", libc::MOUNT_ATTR_NOSUID),
    ("dev", libc::MOUNT_ATTR_NODEV),
    ("exec", libc::MOUNT_ATTR_NOEXEC),
    ("diratime", libc::MOUNT_ATTR_NODIRATIME),
    ("symfollow", libc::MOUNT_ATTR_NOSYMFOLLOW),
];
const PROPAGATION: [(&str, u64); 4] = [
    ("private", libc::MS_PRIVATE),
    ("slave", libc::MS_SLAVE),
    ("shared", libc::MS_SHARED),
    ("unbindable", libc::MS_UNBINDABLE),
];

impl MountOptions {
    /// Sorts options; of two that contradict each other the later one counts.
    pub fn parse<'a>(options: impl IntoIterator<Item = &'a str>) -> Self {
        let mut parsed = Self::default();
        for option in options {
            parsed.add(option);
        }
        parsed
    }

    fn add(&mut self, option: &str) {
        let recursive = option.strip_prefix('r').unwrap_or_default();
        let lookup = |table: &[(&str, u64)], name: &str| table.iter().find(|row| row.0 == name).map(|row| row.1);
        match option {
            "defaults" | "async" | "tmpcopyup" | "" => {}
            "bind" => self.bind = true,
            "rbind" => (self.bind, self.recursive_bind) = (true, true),
            "relatime" | "atime" => self.clear |= ACCESS_TIMES,
            "strictatime" => {
                (self.set, self.clear) = (self.set | libc::MOUNT_ATTR_STRICTATIME, self.clear | ACCESS_TIMES);
            }
            _ => {
                if let Some(attribute) = lookup(&SET, option) {
                    self.set |= attribute;
                    self.clear = if option == "noatime" { self.clear | ACCESS_TIMES } else { self.clear & !attribute };
                } else if let Some(attribute) = lookup(&CLEAR, option) {
                    (self.set, self.clear) = (self.set & !attribute, self.clear | attribute);
                } else if let Some(kind) = lookup(&PROPAGATION, option) {
                    self.propagation = Some((kind, false));
                } else if let Some(kind) = lookup(&PROPAGATION, recursive) {
                    self.propagation = Some((kind, true));
                } else if let Some(attribute) = lookup(&SET, recursive) {
                    self.recursive_set |= attribute;
                    if recursive == "noatime" {
                        self.recursive_clear |= ACCESS_TIMES;
                    }
                } else if let Some(attribute) = lookup(&CLEAR, recursive) {
                    self.recursive_clear |= attribute;
                } else {
                    self.data.push(match option.split_once('=') {
                        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                        None => (option.to_owned(), None),
                    });
                }
            }
        }
    }
}

/// Of a mount of the specification.
pub fn options(mount: &Mount) -> MountOptions {
    MountOptions::parse(mount.options().iter().flatten().map(String::as_str))
}

pub fn is_bind(mount: &Mount, options: &MountOptions) -> bool {
    options.bind || mount.typ().as_deref() == Some("bind")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &str) -> MountOptions {
        MountOptions::parse(options.split(','))
    }

    #[test]
    fn kubernetes_usual_mounts() {
        let nothing_dangerous = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOEXEC;
        let proc = parse("nosuid,noexec,nodev");
        assert_eq!((proc.set, proc.data.len()), (nothing_dangerous, 0));
        let volume = parse("rbind,rprivate,ro");
        assert!(volume.bind && volume.recursive_bind);
        assert_eq!(volume.propagation, Some((libc::MS_PRIVATE, true)));
        assert_eq!(volume.set, libc::MOUNT_ATTR_RDONLY);
        let dev = parse("nosuid,strictatime,mode=755,size=65536k");
        assert_eq!(dev.set, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_STRICTATIME);
        assert_eq!(dev.clear, ACCESS_TIMES);
        let expected =
            [("mode", "755"), ("size", "65536k")].map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        assert_eq!(dev.data, expected);
        assert_eq!(parse("newinstance").data, [("newinstance".to_owned(), None)]);
    }

    #[test]
    fn the_last_of_two_contradicting_options_counts() {
        assert_eq!(parse("ro,rw").set, 0);
        assert_eq!(parse("rw,ro").set, libc::MOUNT_ATTR_RDONLY);
        assert_eq!(parse("rw,ro").clear, 0);
    }

    #[test]
    fn an_r_in_front_means_everything_below_too() {
        assert_eq!(parse("rro").recursive_set, libc::MOUNT_ATTR_RDONLY);
        assert_eq!(parse("rro").set, 0);
        assert_eq!(parse("rw").recursive_set, 0);
        assert_eq!(parse("rslave").propagation, Some((libc::MS_SLAVE, true)));
    }
}
