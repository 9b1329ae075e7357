//! A container's log: a file that is rotated when it has grown (as the kubelet does, `pkg/kubelet/logs`).

mod cri;

use jiff::Timestamp;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

pub use cri::{Lines, Stream};

pub struct Log {
    path: PathBuf,
    max_size: u64,
    max_files: u32,
    file: File,
    size: u64,
}

impl Log {
    /// Opens the log to append to it.
    pub fn open(path: PathBuf, max_size: u64, max_files: u32) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let file = open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, max_size, max_files, file, size })
    }

    /// Appends whole lines. When the disk is full they are lost: a container must not stop because its log cannot be
    /// written.
    pub fn write(&mut self, lines: &[u8], now: Timestamp) {
        if lines.is_empty() {
            return;
        }
        if self.size > 0 && self.size.saturating_add(lines.len() as u64) > self.max_size {
            // A log that cannot be rotated grows on.
            let _ = self.rotate(now);
        }
        if self.file.write_all(lines).is_ok() {
            self.size = self.size.saturating_add(lines.len() as u64);
        }
    }

    fn rotate(&mut self, now: Timestamp) -> io::Result<()> {
        let (directory, name) = (self.path.parent(), self.path.file_name().and_then(|name| name.to_str()));
        let (Some(directory), Some(name)) = (directory, name) else { return Err(io::ErrorKind::InvalidInput.into()) };
        let existing = rotated(directory, name)?;
        fs::rename(&self.path, directory.join(new_name(name, now, &existing)))?;
        self.file = open(&self.path)?;
        self.size = 0;
        let kept = usize::try_from(self.max_files).unwrap_or(usize::MAX).saturating_sub(1);
        let rotated = rotated(directory, name)?;
        for old in rotated.iter().take(rotated.len().saturating_sub(kept)) {
            fs::remove_file(directory.join(old))?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// The names of the rotated files of a log, the oldest first.
fn rotated(directory: &Path, name: &str) -> io::Result<Vec<String>> {
    let prefix = format!("{name}.");
    let mut names: Vec<String> = fs::read_dir(directory)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|other| other.starts_with(&prefix))
        .collect();
    names.sort();
    Ok(names)
}

/// The kubelet's name for a rotated log, `0.log.20060102-150405`, and with a counter when a log is rotated more than once
/// a second.
fn new_name(name: &str, now: Timestamp, existing: &[String]) -> String {
    let base = format!("{name}.{}", now.strftime("%Y%m%d-%H%M%S"));
    // The last of this second, whose predecessors may be gone already.
    match existing.iter().rev().find_map(|other| other.strip_prefix(&base)) {
        None => base,
        Some(counter) => {
            let counter = counter.strip_prefix('.').and_then(|counter| counter.parse().ok()).unwrap_or(0_u32);
            format!("{base}.{:06}", counter + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_so_many_files_and_loses_the_oldest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pod/0.log");
        let mut log = Log::open(path.clone(), 10, 3).unwrap();
        for second in 0..5 {
            let now = Timestamp::from_second(1_700_000_000 + second).unwrap();
            log.write(format!("line {second}\n").as_bytes(), now);
        }
        let names = rotated(path.parent().unwrap(), "0.log").unwrap();
        assert_eq!(names, ["0.log.20231114-221323", "0.log.20231114-221324"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line 4\n");
        assert_eq!(fs::read_to_string(path.with_file_name(&names[1])).unwrap(), "line 3\n");
    }

    #[test]
    fn rotations_within_a_second_keep_their_order() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let mut names: Vec<String> = Vec::new();
        for _ in 0..12 {
            names.push(new_name("0.log", now, &names));
        }
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted, names);
        // Also when the first ones have been removed.
        assert_eq!(new_name("0.log", now, &names[11..]), "0.log.20231114-221320.000012");
    }

    #[test]
    fn an_existing_log_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0.log");
        for line in ["one\n", "two\n"] {
            Log::open(path.clone(), 1000, 2).unwrap().write(line.as_bytes(), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }
}
