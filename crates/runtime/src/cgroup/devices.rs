//! Which devices a container may make and open: lists on cgroup version 1, a small BPF program on version 2.

use crate::kernel;
use oci_spec::runtime::{LinuxDeviceCgroup, LinuxDeviceType};
use rustix::fs::{Mode, OFlags};
use std::{io, path::Path};

/// What every container may use besides what its specification allows: making any device node, and using the harmless
/// ones (the OCI specification's default devices, terminals).
const DEFAULTS: [(Kind, Option<u32>, Option<u32>, &str); 10] = [
    (Kind::Character, None, None, "m"),
    (Kind::Block, None, None, "m"),
    (Kind::Character, Some(1), Some(3), "rwm"),
    (Kind::Character, Some(1), Some(5), "rwm"),
    (Kind::Character, Some(1), Some(7), "rwm"),
    (Kind::Character, Some(1), Some(8), "rwm"),
    (Kind::Character, Some(1), Some(9), "rwm"),
    (Kind::Character, Some(5), Some(0), "rwm"),
    (Kind::Character, Some(5), Some(2), "rwm"),
    (Kind::Character, Some(136), None, "rwm"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    All,
    Block,
    Character,
}

/// A rule; of two that fit, the later one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    allow: bool,
    kind: Kind,
    major: Option<u32>,
    minor: Option<u32>,
    access: String,
}

/// Nothing, then what the specification says, then the defaults.
pub fn rules(specified: &[LinuxDeviceCgroup]) -> Vec<Rule> {
    let nothing = Rule { allow: false, kind: Kind::All, major: None, minor: None, access: "rwm".to_owned() };
    let specified = specified.iter().map(|rule| Rule {
        allow: rule.allow(),
        kind: match rule.typ() {
            None | Some(LinuxDeviceType::A) => Kind::All,
            Some(LinuxDeviceType::B) => Kind::Block,
            Some(LinuxDeviceType::C | LinuxDeviceType::U | LinuxDeviceType::P) => Kind::Character,
        },
        // -1 is "any", as is leaving it out.
        major: rule.major().and_then(|major| u32::try_from(major).ok()),
        minor: rule.minor().and_then(|minor| u32::try_from(minor).ok()),
        access: rule.access().clone().filter(|access| !access.is_empty()).unwrap_or_else(|| "rwm".to_owned()),
    });
    let defaults = DEFAULTS.into_iter().map(|(kind, major, minor, access)| Rule {
        allow: true,
        kind,
        major,
        minor,
        access: access.to_owned(),
    });
    [nothing].into_iter().chain(specified).chain(defaults).collect()
}

/// What to write to which file on version 1 (`Documentation/admin-guide/cgroup-v1/devices.rst`).
pub fn v1_writes(rules: &[Rule]) -> Vec<(&'static str, String)> {
    let number = |number: Option<u32>| number.map_or("*".to_owned(), |number| number.to_string());
    rules
        .iter()
        .map(|rule| {
            let file = if rule.allow { "devices.allow" } else { "devices.deny" };
            let kind = match rule.kind {
                Kind::All => return (file, "a".to_owned()),
                Kind::Block => 'b',
                Kind::Character => 'c',
            };
            (file, format!("{kind} {}:{} {}", number(rule.major), number(rule.minor), rule.access))
        })
        .collect()
}

/// Restricts a cgroup of version 2.
pub fn attach(directory: &Path, rules: &[Rule]) -> io::Result<()> {
    let program = kernel::load_device_program(&program(rules))?;
    let directory = rustix::fs::open(directory, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    kernel::attach_device_program(&directory, &program)
}

/// The rules as eBPF (`struct bpf_cgroup_dev_ctx`): asks the last rule first and returns what the first fitting one says.
fn program(rules: &[Rule]) -> Vec<u64> {
    const LOAD: u8 = 0x61;
    const AND: u8 = 0x54;
    const SHIFT_RIGHT: u8 = 0x74;
    const COPY: u8 = 0xbc;
    const SET: u8 = 0xb7;
    const JUMP_IF_EQUAL: u8 = 0x15;
    const JUMP_UNLESS_EQUAL: u8 = 0x55;
    const EXIT: u8 = 0x95;
    const RESULT: u8 = 0;
    const SCRATCH: u8 = 1;
    const KIND: u8 = 2;
    const ACCESS: u8 = 3;
    const MAJOR: u8 = 4;
    const MINOR: u8 = 5;
    // The context is in the scratch register when the program starts.
    let mut program = vec![
        instruction(LOAD, KIND, SCRATCH, 0, 0),
        instruction(AND, KIND, 0, 0, 0xffff),
        instruction(LOAD, ACCESS, SCRATCH, 0, 0),
        instruction(SHIFT_RIGHT, ACCESS, 0, 0, 16),
        instruction(LOAD, MAJOR, SCRATCH, 4, 0),
        instruction(LOAD, MINOR, SCRATCH, 8, 0),
    ];
    for rule in rules.iter().rev() {
        // Tests as (code, register, operand), the first of each preceded by what fills the scratch register.
        let mut tests: Vec<(Vec<u64>, u8, u8, u32)> = Vec::new();
        if let Some(kind) = match rule.kind {
            Kind::All => None,
            Kind::Block => Some(1),
            Kind::Character => Some(2),
        } {
            tests.push((Vec::new(), JUMP_UNLESS_EQUAL, KIND, kind));
        }
        let access = access(&rule.access);
        if access != 7 {
            // An allowance must cover all that is asked for; a ban hits whatever touches it.
            let (mask, code) = if rule.allow { (!access & 7, JUMP_UNLESS_EQUAL) } else { (access, JUMP_IF_EQUAL) };
            let fill = vec![instruction(COPY, SCRATCH, ACCESS, 0, 0), instruction(AND, SCRATCH, 0, 0, mask)];
            tests.push((fill, code, SCRATCH, 0));
        }
        for (register, wanted) in [(MAJOR, rule.major), (MINOR, rule.minor)] {
            if let Some(wanted) = wanted {
                tests.push((Vec::new(), JUMP_UNLESS_EQUAL, register, wanted));
            }
        }
        let decides_all = tests.is_empty();
        let mut block = vec![instruction(SET, RESULT, 0, 0, u32::from(rule.allow)), instruction(EXIT, 0, 0, 0, 0)];
        for (fill, code, register, operand) in tests.into_iter().rev() {
            block.insert(0, instruction(code, register, 0, block.len(), operand));
            block.splice(0..0, fill);
        }
        program.append(&mut block);
        if decides_all {
            // The kernel refuses instructions that are never reached.
            return program;
        }
    }
    program.extend([instruction(SET, RESULT, 0, 0, 0), instruction(EXIT, 0, 0, 0, 0)]);
    program
}

/// `struct bpf_insn` as one number.
fn instruction(code: u8, destination: u8, source: u8, offset: usize, operand: u32) -> u64 {
    let offset = offset as u64 & 0xffff;
    u64::from(code) | u64::from(destination | source << 4) << 8 | offset << 16 | u64::from(operand) << 32
}

/// `BPF_DEVCG_ACC_*`.
fn access(letters: &str) -> u32 {
    letters.chars().fold(0, |access, letter| {
        access
            | match letter {
                'm' => 1,
                'r' => 2,
                'w' => 4,
                _ => 0,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specified(rules: serde_json::Value) -> Vec<Rule> {
        let specified: Vec<LinuxDeviceCgroup> = serde_json::from_value(rules).unwrap();
        super::rules(&specified)
    }

    #[test]
    fn version_1_gets_everything_denied_first() {
        let rules = specified(serde_json::json!([
            {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"},
            {"allow": true, "type": "b", "major": 8, "access": ""}
        ]));
        let writes = v1_writes(&rules);
        assert_eq!(writes[0], ("devices.deny", "a".to_owned()));
        assert_eq!(writes[1], ("devices.allow", "c 10:229 rw".to_owned()));
        assert_eq!(writes[2], ("devices.allow", "b 8:* rwm".to_owned()));
        assert!(writes.contains(&("devices.allow", "c 1:3 rwm".to_owned())));
    }

    #[test]
    fn privileged_is_one_rule_for_all() {
        let rules = specified(serde_json::json!([{"allow": true, "access": "rwm"}]));
        assert_eq!(v1_writes(&rules)[1], ("devices.allow", "a".to_owned()));
    }

    #[test]
    fn the_program_asks_the_last_rule_first_and_ends_with_the_first_that_fits_all() {
        let exits = |rules: &[Rule]| program(rules).iter().filter(|instruction| **instruction & 0xff == 0x95).count();
        let default = specified(serde_json::json!([]));
        assert_eq!(exits(&default), default.len());
        // The first test after the prologue: a character device (2), as the last default rule wants.
        assert_eq!(program(&default)[6] >> 32, 2);
        let privileged = specified(serde_json::json!([{"allow": true}]));
        assert_eq!(exits(&privileged), privileged.len() - 1);
    }

    #[test]
    fn the_kernel_accepts_and_obeys_the_program() {
        let mounts = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
        let Some(mount) = mounts.into_iter().find(|mount| Path::new(mount).join("cgroup.procs").exists()) else {
            return;
        };
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let cgroup = Path::new(mount).join(format!("minke-test-devices-{}", std::process::id()));
        std::fs::create_dir(&cgroup).unwrap();
        attach(
            &cgroup,
            &specified(serde_json::json!([{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "w"}])),
        )
        .unwrap();
        let script = "echo $$ > $0/cgroup.procs; for try in '/dev/zero' '/dev/full' '/dev/mem'; do \
                      (: < $try) 2>/dev/null && echo read $try; done; (: > /dev/kmsg) && echo write kmsg; \
                      (: < /dev/kmsg) 2>/dev/null || echo not read kmsg";
        let output = std::process::Command::new("sh").args(["-c", script]).arg(&cgroup).output().unwrap();
        std::fs::remove_dir(&cgroup).unwrap();
        let expected = "read /dev/zero\nread /dev/full\nwrite kmsg\nnot read kmsg\n";
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
