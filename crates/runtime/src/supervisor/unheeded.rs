//! A stop signal that came before the program could take it.
//!
//! To the first process of a PID namespace the kernel delivers only signals that it handles (`pid_namespaces(7)`)
//! and drops all others. A program that is told to stop in its first moments has not come to set a handler, and would use
//! up its grace period. So in that time a signal that was dropped is sent again as soon as there is a handler for it.

use std::{
    fs,
    time::{Duration, Instant},
};

/// How long a program may take to set its handlers, from its exec and again from the signal.
const FIRST_MOMENTS: Duration = Duration::from_secs(2);
/// There is no event for a new handler, so it is looked for, ever less often.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(50);

/// A signal that the kernel dropped.
#[derive(Debug)]
pub struct Unheeded {
    pub signal: i32,
    wait: Duration,
    /// When to look again.
    pub due: Instant,
    until: Instant,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Send,
    Wait,
    /// The program does not mean to handle it.
    GiveUp,
}

impl Unheeded {
    /// For a signal sent just now to a program of this age; none if it is past its first moments.
    pub fn new(signal: i32, age: Duration, now: Instant) -> Option<Self> {
        let young = age < FIRST_MOMENTS;
        young.then(|| Self { signal, wait: SHORTEST, due: now + SHORTEST, until: now + FIRST_MOMENTS })
    }

    /// Decides what to do, and when to look again.
    pub fn next(&mut self, is_handled: bool, now: Instant) -> Next {
        if is_handled {
            return Next::Send;
        }
        if now >= self.until {
            return Next::GiveUp;
        }
        if now >= self.due {
            self.wait = (self.wait * 2).min(LONGEST);
            self.due = now + self.wait;
        }
        Next::Wait
    }
}

/// Whether the process handles the signal; yes if it cannot be told.
pub fn is_handled(pid: u32, signal: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    handles(&status, signal).unwrap_or(true)
}

fn handles(status: &str, signal: i32) -> Option<bool> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    let bit = u32::try_from(signal).ok()?.checked_sub(1)?;
    Some(mask.checked_shr(bit)? & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_read_from_the_status() {
        let status = "Name:\tsh\nSigIgn:\t0000000000004000\nSigCgt:\t0000000000014002\n";
        for (signal, expected) in [(2, Some(true)), (15, Some(true)), (17, Some(true)), (1, Some(false)), (0, None)] {
            assert_eq!(handles(status, signal), expected, "{signal}");
        }
        assert_eq!(handles("Name:\tsh\n", 15), None);
    }

    #[test]
    fn a_signal_is_sent_again_when_there_is_a_handler_and_not_for_ever() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert!(Unheeded::new(15, FIRST_MOMENTS, start).is_none(), "an old program knows what it does");
        let mut unheeded = Unheeded::new(15, Duration::ZERO, start).unwrap();
        let mut looks = 0;
        while unheeded.next(false, unheeded.due) == Next::Wait {
            looks += 1;
        }
        assert!((40..60).contains(&looks), "{looks}");
        assert!(unheeded.due >= at(2000) && unheeded.due < at(2100));
        let mut unheeded = Unheeded::new(15, Duration::ZERO, start).unwrap();
        assert_eq!(unheeded.next(false, at(1)), Next::Wait);
        assert_eq!(unheeded.next(true, at(3)), Next::Send);
    }
}
