//! Ending containers: the stop signal now, SIGKILL when the grace period is over.

use crate::pod::KillReason;
use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use std::collections::HashMap;

/// How long to wait after a SIGKILL that could not be sent.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// The kills under way in one pod.
#[derive(Debug, Default)]
pub struct Kills {
    /// By container id.
    under_way: HashMap<String, Kill>,
    /// Nobody waits any more: every grace period is over as it begins.
    hurried: bool,
}

#[derive(Debug)]
struct Kill {
    since: Timestamp,
    deadline: Timestamp,
    forced: bool,
}

/// What a kill begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Send the stop signal; the grace period has begun.
    Signal,
    /// A kill is under way; only its deadline has moved.
    Nothing,
}

impl Kills {
    /// Begins a kill, or moves the end of one under way. The grace period counts from the first time.
    pub fn begin(&mut self, id: &str, grace_seconds: i64, now: Timestamp) -> First {
        let first = if self.under_way.contains_key(id) { First::Nothing } else { First::Signal };
        let grace_seconds = if self.hurried { 0 } else { grace_seconds };
        let kill =
            self.under_way.entry(id.to_owned()).or_insert(Kill { since: now, deadline: Timestamp::MAX, forced: false });
        let deadline = kill.since.saturating_add(SignedDuration::from_secs(grace_seconds)).unwrap_or(Timestamp::MAX);
        kill.deadline = kill.deadline.min(deadline);
        first
    }

    /// Ends all grace periods, also those that begin later.
    pub fn hurry(&mut self, now: Timestamp) {
        self.hurried = true;
        self.under_way.values_mut().for_each(|kill| kill.deadline = kill.deadline.min(now));
    }

    /// The containers whose time is over now. Each is told once, unless the kill is missed.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<String> {
        let overdue = self.under_way.iter_mut().filter(|(_, kill)| !kill.forced && kill.deadline <= now);
        overdue
            .map(|(id, kill)| {
                kill.forced = true;
                id.clone()
            })
            .collect()
    }

    /// A signal did not arrive. A container that was to be killed and lives on is overdue again a little later.
    pub fn missed(&mut self, id: &str, now: Timestamp) {
        if let Some(kill) = self.under_way.get_mut(id).filter(|kill| kill.forced) {
            kill.forced = false;
            kill.deadline = now.saturating_add(AGAIN_AFTER).unwrap_or(Timestamp::MAX);
        }
    }

    /// When the next container's time is over.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.under_way.values().filter(|kill| !kill.forced).map(|kill| kill.deadline).min()
    }

    /// The container has ended.
    pub fn forget(&mut self, id: &str) {
        self.under_way.remove(id);
    }
}

/// The kubelet's message of the `Killing` event.
pub fn message(container: &str, reason: KillReason) -> String {
    match reason {
        KillReason::PodTerminated | KillReason::NeverStarted => format!("Stopping container {container}"),
        KillReason::SandboxChanged => format!("Stopping container {container}: its pod sandbox changed"),
        KillReason::DefinitionChanged => format!("Container {container} definition changed, will be restarted"),
        KillReason::LivenessProbe => format!("Container {container} failed liveness probe, will be restarted"),
        KillReason::StartupProbe => format!("Container {container} failed startup probe, will be restarted"),
    }
}

/// The number of a signal that an image (`STOPSIGNAL`) or a pod (`lifecycle.stopSignal`) names: `SIGQUIT`, `QUIT`, `3`.
pub fn stop_signal(name: Option<&str>) -> i32 {
    let name = name.unwrap_or_default().trim();
    let number = name.parse().ok().filter(|number| (1..=64).contains(number));
    number.or_else(|| signal_number(name.strip_prefix("SIG").unwrap_or(name))).unwrap_or(Signal::TERM.as_raw())
}

fn signal_number(name: &str) -> Option<i32> {
    if let Some(offset) = name.strip_prefix("RTMIN") {
        let offset = if offset.is_empty() { 0 } else { offset.strip_prefix('+')?.parse().ok()? };
        // The C library keeps the first two real-time signals for itself; images count from the third.
        return Some(34).and_then(|first: i32| first.checked_add(offset)).filter(|number| (34..=64).contains(number));
    }
    let signal = match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "ABRT" => Signal::ABORT,
        "KILL" => Signal::KILL,
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "ALRM" => Signal::ALARM,
        "TERM" => Signal::TERM,
        "CONT" => Signal::CONT,
        "STOP" => Signal::STOP,
        "TSTP" => Signal::TSTP,
        "WINCH" => Signal::WINCH,
        "PWR" => Signal::POWER,
        _ => return None,
    };
    Some(signal.as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_kill_is_cut_short_but_never_made_longer() {
        let mut kills = Kills::default();
        assert_eq!(kills.begin("c", 30, at(0)), First::Signal);
        assert_eq!(kills.next_deadline(), Some(at(30)));
        assert_eq!(kills.begin("c", 60, at(5)), First::Nothing);
        assert_eq!(kills.next_deadline(), Some(at(30)));
        assert_eq!(kills.begin("c", 10, at(5)), First::Nothing);
        assert_eq!(kills.next_deadline(), Some(at(10)));
    }

    #[test]
    fn a_grace_period_without_end_can_be_cut_short() {
        let mut kills = Kills::default();
        kills.begin("c", i64::MAX, at(0));
        assert_eq!(kills.next_deadline(), Some(Timestamp::MAX));
        kills.begin("c", 2, at(5));
        assert_eq!(kills.overdue(at(5)), ["c"]);
    }

    #[test]
    fn who_does_not_want_to_wait_ends_all_grace_periods() {
        let mut kills = Kills::default();
        kills.begin("c", 30, at(0));
        kills.hurry(at(1));
        assert_eq!(kills.begin("d", 30, at(1)), First::Signal);
        let mut overdue = kills.overdue(at(1));
        overdue.sort();
        assert_eq!(overdue, ["c", "d"]);
    }

    #[test]
    fn what_is_overdue_is_told_once() {
        let mut kills = Kills::default();
        kills.begin("c", 2, at(0));
        kills.begin("d", 9, at(0));
        assert!(kills.overdue(at(1)).is_empty());
        assert_eq!(kills.overdue(at(2)), ["c"]);
        assert!(kills.overdue(at(3)).is_empty());
        assert_eq!(kills.next_deadline(), Some(at(9)));
        kills.forget("d");
        assert_eq!(kills.next_deadline(), None);
    }

    #[test]
    fn a_kill_that_did_not_arrive_is_overdue_again() {
        let mut kills = Kills::default();
        kills.begin("c", 2, at(0));
        kills.missed("c", at(1));
        assert_eq!(kills.next_deadline(), Some(at(2)), "the stop signal is not sent twice");
        assert_eq!(kills.overdue(at(2)), ["c"]);
        kills.missed("c", at(4));
        assert_eq!(kills.next_deadline(), Some(at(5)));
        assert_eq!(kills.overdue(at(5)), ["c"]);
        kills.forget("c");
        kills.missed("c", at(6));
        assert_eq!(kills.next_deadline(), None);
    }

    #[test]
    fn stop_signals_have_names_and_numbers() {
        for (name, number) in [
            (None, 15),
            (Some("SIGQUIT"), 3),
            (Some("INT"), 2),
            (Some("9"), 9),
            (Some("SIGRTMIN+3"), 37),
            (Some("SIGNONSENSE"), 15),
            (Some("99"), 15),
            (Some("SIGRTMIN+2147483647"), 15),
            (Some("RTMIN+-9"), 15),
        ] {
            assert_eq!(stop_signal(name), number, "{name:?}");
        }
    }
}
