//! The version of the kernel, as far as features depend on it.

/// Major and minor number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelVersion(pub u32, pub u32);

impl KernelVersion {
    /// Reads a release such as `6.1.0-18-amd64`; one that makes no sense counts as older than all others.
    pub fn parse(release: &str) -> Self {
        let mut numbers =
            release.split(|character: char| !character.is_ascii_digit()).map_while(|part| part.parse().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), minor) => Self(major, minor.unwrap_or_default()),
            (None, _) => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_distributions_are_read() {
        for (release, version) in [
            ("6.1.0-18-amd64", KernelVersion(6, 1)),
            ("5.15.167.4-microsoft-standard-WSL2", KernelVersion(5, 15)),
            ("4.19-rc3", KernelVersion(4, 19)),
            ("7", KernelVersion(7, 0)),
            ("", KernelVersion(0, 0)),
            ("next", KernelVersion(0, 0)),
        ] {
            assert_eq!(KernelVersion::parse(release), version, "{release}");
        }
        assert!(KernelVersion(4, 15) > KernelVersion(4, 5) && KernelVersion(5, 0) > KernelVersion(4, 15));
    }
}
