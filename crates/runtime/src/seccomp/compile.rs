//! Compiles an OCI seccomp profile to a BPF program (seccomp(2), the kernel's `Documentation/userspace-api/seccomp_filter.rst`).
//!
//! The numbers of all system calls are cut into ranges that are treated alike, and the program looks for the range:
//! some fifty instructions instead of the 1,700 of a list of calls, and loading costs by the instruction.

use crate::{Error, Result};
use oci_spec::runtime::{
    LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSeccompFilterFlag, LinuxSeccompOperator, LinuxSyscall,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SYSCALLS: &str = include_str!("syscalls.tbl");
#[cfg(target_arch = "x86_64")]
const COLUMN: usize = 1;
#[cfg(target_arch = "aarch64")]
const COLUMN: usize = 2;
#[cfg(target_arch = "x86_64")]
const AUDIT_ARCH: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const AUDIT_ARCH: u32 = 0xC000_00B7;

/// From here on, `x86_64` counts the calls of the x32 ABI.
const X32: u32 = 0x4000_0000;

/// One instruction of classic BPF (`struct sock_filter`): code, jump if true, jump if false, operand.
pub type Instruction = (u16, u8, u8, u32);

/// A program for seccomp(2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub flags: u32,
    pub program: Vec<Instruction>,
}

const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_GREATER: u16 = 0x25;
const JUMP_IF_GREATER_OR_EQUAL: u16 = 0x35;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

/// What is done about one system call: the first alternative whose conditions all hold, else the last action.
#[derive(Clone, PartialEq, Eq)]
struct Treatment {
    alternatives: Vec<(Vec<LinuxSeccompArg>, u32)>,
    otherwise: u32,
}

/// Compiles a profile. Names of system calls that this machine's architecture does not have are skipped, as libseccomp
/// does.
pub fn compile(profile: &LinuxSeccomp) -> Result<Filter> {
    let default = action(profile.default_action(), profile.default_errno_ret())?;
    let segments = segments(profile, default)?;
    let mut program = vec![
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, AUDIT_ARCH),
        (RETURN, 0, 0, default),
        (LOAD, 0, 0, NUMBER),
    ];
    for (first, treatment) in segments.iter().rev() {
        let body = body(treatment)?;
        if *first == 0 {
            // What is left; a jump could only lead behind the end, which the kernel does not accept.
            program.extend(body);
            break;
        }
        if let Ok(length) = u8::try_from(body.len()) {
            program.push((JUMP_IF_GREATER_OR_EQUAL, 0, length, *first));
        } else {
            program.push((JUMP_IF_GREATER_OR_EQUAL, 1, 0, *first));
            program.push((JUMP, 0, 0, u32::try_from(body.len()).unwrap_or(u32::MAX)));
        }
        program.extend(body);
    }
    if program.len() > 4096 {
        return Err(Error::Seccomp(format!("{} instructions, but the kernel takes 4096", program.len())));
    }
    Ok(Filter { flags: flags(profile), program })
}

/// The ranges of numbers that are treated alike, by their first number; the first one starts at 0.
fn segments(profile: &LinuxSeccomp, default: u32) -> Result<Vec<(u32, Treatment)>> {
    let numbers: BTreeMap<&str, u32> = SYSCALLS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split(' ');
            let name = columns.next()?;
            Some((name, columns.nth(COLUMN - 1)?.parse().ok()?))
        })
        .collect();
    let mut treatments: BTreeMap<u32, Treatment> = BTreeMap::new();
    let untreated = |otherwise| Treatment { alternatives: Vec::new(), otherwise };
    for rule in profile.syscalls().iter().flatten() {
        let wanted = action(rule.action(), rule.errno_ret())?;
        for number in rule.names().iter().filter_map(|name| numbers.get(name.as_str())) {
            let treatment = treatments.entry(*number).or_insert_with(|| untreated(default));
            let alternatives = alternatives(rule);
            if alternatives.is_empty() {
                *treatment = untreated(wanted);
            } else {
                treatment.alternatives.extend(alternatives.into_iter().map(|conditions| (conditions, wanted)));
            }
        }
    }
    let highest = treatments.keys().next_back().copied();
    // Calls newer than the profile do not exist for programs, which then fall back to older ones (as runc does).
    let newer = if default & 0xffff_0000 == ERRNO { ERRNO | libc::ENOSYS.unsigned_abs() } else { default };
    let first_newer = highest.map_or(0, |highest| highest + 1);
    treatments.insert(first_newer, untreated(newer));
    treatments.insert(X32, untreated(default));

    let mut segments: Vec<(u32, Treatment)> = Vec::new();
    let mut next = 0;
    for (number, treatment) in treatments {
        let gap = (number > next && number <= first_newer).then(|| (next, untreated(default)));
        for (first, treatment) in gap.into_iter().chain([(number, treatment)]) {
            if segments.last().is_none_or(|(_, last)| *last != treatment) {
                segments.push((first, treatment));
            }
        }
        next = number + 1;
    }
    Ok(segments)
}

/// The conditions of a rule; several on the same argument are alternatives, on different ones they hold together (runc,
/// `libcontainer/seccomp/seccomp_linux.go`).
fn alternatives(rule: &LinuxSyscall) -> Vec<Vec<LinuxSeccompArg>> {
    let conditions = rule.args().as_deref().unwrap_or_default();
    let repeated =
        conditions.iter().any(|one| conditions.iter().filter(|other| other.index() == one.index()).count() > 1);
    match (conditions.is_empty(), repeated) {
        (true, _) => Vec::new(),
        (false, true) => conditions.iter().map(|condition| vec![*condition]).collect(),
        (false, false) => vec![conditions.to_vec()],
    }
}

fn body(treatment: &Treatment) -> Result<Vec<Instruction>> {
    let mut body = Vec::new();
    for (conditions, action) in &treatment.alternatives {
        let mut tail = vec![(RETURN, 0, 0, *action)];
        for condition in conditions.iter().rev() {
            let mut test = test(condition, tail.len())?;
            test.append(&mut tail);
            tail = test;
        }
        body.append(&mut tail);
    }
    body.push((RETURN, 0, 0, treatment.otherwise));
    Ok(body)
}

/// Compares an argument's two halves; goes on behind the next `rest` instructions when the condition does not hold.
fn test(condition: &LinuxSeccompArg, rest: usize) -> Result<Vec<Instruction>> {
    let index = u32::try_from(condition.index()).ok().filter(|index| *index < 6);
    let index = index.ok_or_else(|| Error::Seccomp(format!("there is no argument {}", condition.index())))?;
    let rest = u8::try_from(rest).map_err(|_| Error::Seccomp("too many conditions on one call".to_owned()))?;
    let (low, high) = (16 + 8 * index, 20 + 8 * index);
    let halves = |value: u64| ((value & 0xffff_ffff) as u32, (value >> 32) as u32);
    let (value_low, value_high) = halves(condition.value());
    Ok(match condition.op() {
        LinuxSeccompOperator::ScmpCmpEq => vec![
            (LOAD, 0, 0, high),
            (JUMP_IF_EQUAL, 0, rest + 2, value_high),
            (LOAD, 0, 0, low),
            (JUMP_IF_EQUAL, 0, rest, value_low),
        ],
        LinuxSeccompOperator::ScmpCmpNe => vec![
            (LOAD, 0, 0, high),
            (JUMP_IF_EQUAL, 0, 2, value_high),
            (LOAD, 0, 0, low),
            (JUMP_IF_EQUAL, rest, 0, value_low),
        ],
        LinuxSeccompOperator::ScmpCmpMaskedEq => {
            let (wanted_low, wanted_high) = halves(condition.value_two().unwrap_or(0));
            vec![
                (LOAD, 0, 0, high),
                (AND, 0, 0, value_high),
                (JUMP_IF_EQUAL, 0, rest + 3, wanted_high),
                (LOAD, 0, 0, low),
                (AND, 0, 0, value_low),
                (JUMP_IF_EQUAL, 0, rest, wanted_low),
            ]
        }
        LinuxSeccompOperator::ScmpCmpGt | LinuxSeccompOperator::ScmpCmpGe => {
            let comparison = if condition.op() == LinuxSeccompOperator::ScmpCmpGt {
                JUMP_IF_GREATER
            } else {
                JUMP_IF_GREATER_OR_EQUAL
            };
            vec![
                (LOAD, 0, 0, high),
                (JUMP_IF_GREATER, 3, 0, value_high),
                (JUMP_IF_EQUAL, 0, rest + 2, value_high),
                (LOAD, 0, 0, low),
                (comparison, 0, rest, value_low),
            ]
        }
        LinuxSeccompOperator::ScmpCmpLt | LinuxSeccompOperator::ScmpCmpLe => {
            let comparison = if condition.op() == LinuxSeccompOperator::ScmpCmpLt {
                JUMP_IF_GREATER_OR_EQUAL
            } else {
                JUMP_IF_GREATER
            };
            vec![
                (LOAD, 0, 0, high),
                (JUMP_IF_GREATER, rest + 3, 0, value_high),
                (JUMP_IF_EQUAL, 0, 2, value_high),
                (LOAD, 0, 0, low),
                (comparison, rest, 0, value_low),
            ]
        }
    })
}

const ERRNO: u32 = 0x0005_0000;

fn action(action: LinuxSeccompAction, errno: Option<u32>) -> Result<u32> {
    let errno = errno.unwrap_or(libc::EPERM.unsigned_abs()) & 0xffff;
    Ok(match action {
        LinuxSeccompAction::ScmpActKill | LinuxSeccompAction::ScmpActKillThread => 0x0000_0000,
        LinuxSeccompAction::ScmpActKillProcess => 0x8000_0000,
        LinuxSeccompAction::ScmpActTrap => 0x0003_0000,
        LinuxSeccompAction::ScmpActErrno => ERRNO | errno,
        LinuxSeccompAction::ScmpActTrace => 0x7ff0_0000 | errno,
        LinuxSeccompAction::ScmpActLog => 0x7ffc_0000,
        LinuxSeccompAction::ScmpActAllow => 0x7fff_0000,
        LinuxSeccompAction::ScmpActNotify => {
            return Err(Error::Seccomp("SCMP_ACT_NOTIFY needs an agent, which is not supported".to_owned()));
        }
    })
}

fn flags(profile: &LinuxSeccomp) -> u32 {
    profile.flags().iter().flatten().fold(0, |flags, flag| {
        flags
            | match flag {
                LinuxSeccompFilterFlag::SeccompFilterFlagLog => 2,
                LinuxSeccompFilterFlag::SeccompFilterFlagSpecAllow => 4,
                _ => 0,
            }
    })
}
