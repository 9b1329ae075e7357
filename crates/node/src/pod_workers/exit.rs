//! From what the supervisor knows of a container that ended to what the pod's status says of it.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    logs,
    pod::{Exit, ExitCause},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Container;
use runtime::ContainerState as RuntimeState;
use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// The most of a termination message, in bytes, and of what is shown of the log instead
/// (`pkg/kubelet/container/runtime.go`).
const MESSAGE_BYTES: usize = 4096;
const LOG_BYTES: usize = 2048;
const LOG_LINES: u64 = 80;

/// How a container ended. `now` stands in for a time that the supervisor did not tell.
pub fn exit(state: &RuntimeState, message: Option<String>, now: Timestamp) -> Exit {
    Exit {
        exit_code: state.exit_code.unwrap_or_default(),
        signal: state.signal,
        cause: if state.oom_killed { ExitCause::OutOfMemory } else { ExitCause::Process },
        message,
        started_at: state.started_at,
        finished_at: state.finished_at.unwrap_or(now),
    }
}

/// The termination message of a container: the end of its file, or with `FallbackToLogsOnError` the end of its log if it
/// failed without writing one. What cannot be read is as good as empty: the message is a courtesy.
pub fn termination_message(container: Option<&Container>, failed: bool, file: &Path, log: &Path) -> Option<String> {
    let message = end_of_file(file, MESSAGE_BYTES).unwrap_or_default();
    if !message.is_empty() {
        return Some(message);
    }
    let policy = container.and_then(|container| container.termination_message_policy.as_deref());
    if !failed || policy != Some("FallbackToLogsOnError") {
        return None;
    }
    logs::last_lines(log, LOG_LINES, LOG_BYTES).ok().filter(|text| !text.is_empty())
}

fn end_of_file(path: &Path, bytes: usize) -> io::Result<String> {
    let file = File::open(path)?;
    let mut end = vec![0; bytes];
    let read = file.read_at(&mut end, file.metadata()?.len().saturating_sub(bytes as u64))?;
    Ok(String::from_utf8_lossy(end.get(..read).unwrap_or_default()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::Status;

    fn state(exit_code: i32, oom_killed: bool) -> RuntimeState {
        RuntimeState {
            id: "c".to_owned(),
            pid: 0,
            status: Status::Exited,
            created_at: Timestamp::UNIX_EPOCH,
            started_at: None,
            finished_at: None,
            exit_code: Some(exit_code),
            signal: None,
            oom_killed,
            cgroup: String::new(),
        }
    }

    #[test]
    fn the_cause_is_told_apart() {
        let now = Timestamp::from_second(5).unwrap();
        assert_eq!(exit(&state(3, false), None, now).cause, ExitCause::Process);
        let killed = exit(&state(137, true), None, now);
        assert_eq!((killed.cause, killed.exit_code, killed.finished_at), (ExitCause::OutOfMemory, 137, now));
    }

    #[test]
    fn the_message_comes_from_the_file_or_on_failure_from_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let (file, log) = (folder.path().join("termination-log"), folder.path().join("0.log"));
        std::fs::write(&log, "2026-01-01T00:00:00Z stdout F no such table\n").unwrap();
        let falls_back =
            Container { termination_message_policy: Some("FallbackToLogsOnError".to_owned()), ..Container::default() };
        let plain = Container::default();
        for (container, failed, expected) in
            [(&plain, true, None), (&falls_back, false, None), (&falls_back, true, Some("no such table\n"))]
        {
            assert_eq!(termination_message(Some(container), failed, &file, &log).as_deref(), expected);
        }
        std::fs::write(&file, format!("{}the end", "x".repeat(5000))).unwrap();
        let message = termination_message(None, false, &file, &log).unwrap();
        assert!(message.len() == 4096 && message.ends_with("xthe end"), "{message}");
    }

    #[test]
    fn of_a_log_the_end_is_shown_however_long_its_lines_are() {
        let folder = tempfile::tempdir().unwrap();
        let (file, log) = (folder.path().join("termination-log"), folder.path().join("0.log"));
        let falls_back =
            Container { termination_message_policy: Some("FallbackToLogsOnError".to_owned()), ..Container::default() };
        let record = |tag: &str, text: &str| format!("2026-01-01T00:00:00Z stdout {tag} {text}\n");
        let short = (0..100).map(|number| record("F", &number.to_string())).collect::<String>();
        let last_80 = (20..100).map(|number| number.to_string() + "\n").collect::<String>();
        let line = format!("{}the end", "x".repeat(16_000));
        let end_of_line = format!("{}the end\n", "x".repeat(2048 - 8));
        for (records, expected) in [
            (short, last_80),
            (record("F", &line), end_of_line.clone()),
            (record("P", &"y".repeat(16_000)) + &record("F", &line), end_of_line),
        ] {
            std::fs::write(&log, records).unwrap();
            assert_eq!(termination_message(Some(&falls_back), true, &file, &log), Some(expected));
        }
    }
}
