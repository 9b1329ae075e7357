//! From what the supervisor knows of a container that ended to what the pod's status says of it.

use crate::pod::{Exit, ExitCause};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Container;
use runtime::ContainerState as RuntimeState;
use std::{fs::File, io::Read, os::unix::fs::FileExt, path::Path};

/// The most of a termination message that a status shows, in bytes (KEP-less; pkg/kubelet/container/runtime.go).
const MESSAGE_BYTES: u64 = 4096;
/// What is shown of the log instead, when there is no message.
const LOG_BYTES: u64 = 2048;
const LOG_LINES: usize = 80;

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

/// The termination message of a container: its file, or with `FallbackToLogsOnError` the end of its log if it failed
/// without writing one.
pub fn termination_message(container: Option<&Container>, failed: bool, file: &Path, log: &Path) -> Option<String> {
    let mut message = Vec::new();
    if let Ok(file) = File::open(file) {
        // Unreadable is as good as empty: the message is a courtesy.
        let _ = file.take(MESSAGE_BYTES).read_to_end(&mut message);
    }
    if !message.is_empty() {
        return Some(String::from_utf8_lossy(&message).into_owned());
    }
    let policy = container.and_then(|container| container.termination_message_policy.as_deref());
    if !failed || policy != Some("FallbackToLogsOnError") {
        return None;
    }
    end_of_log(log).filter(|text| !text.is_empty())
}

fn end_of_log(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    // Records are longer than what they show by their time and tags; twice the size holds enough of them.
    let start = length.saturating_sub(LOG_BYTES * 2);
    let mut end = vec![0; usize::try_from(length - start).ok()?];
    file.read_exact_at(&mut end, start).ok()?;
    Some(crate::logs::last_lines(&end, LOG_LINES, LOG_BYTES))
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
        std::fs::write(&file, "x".repeat(5000)).unwrap();
        assert_eq!(termination_message(None, false, &file, &log).map(|message| message.len()), Some(4096));
    }
}
