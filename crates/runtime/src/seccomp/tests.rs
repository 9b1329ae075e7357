//! Profiles, compiled and run on an interpreter of BPF.

use super::*;
use serde_json::json;

const ALLOWED: u32 = 0x7fff_0000;
const NATIVE: u32 = if cfg!(target_arch = "x86_64") { 0xC000_003E } else { 0xC000_00B7 };

fn errno(number: i32) -> u32 {
    0x0005_0000 | number.unsigned_abs()
}

/// What the kernel would do about a call.
fn decide(filter: &Filter, architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut data = vec![number, architecture, 0, 0];
    data.extend(arguments.iter().flat_map(|argument| [(*argument & 0xffff_ffff) as u32, (*argument >> 32) as u32]));
    let (mut at, mut value) = (0, 0);
    loop {
        let (code, if_true, if_false, operand) = filter.program[at];
        at += 1;
        let mut jump = |condition: bool| at += usize::from(if condition { if_true } else { if_false });
        match code {
            0x20 => value = data[operand as usize / 4],
            0x54 => value &= operand,
            0x05 => at += operand as usize,
            0x15 => jump(value == operand),
            0x25 => jump(value > operand),
            0x35 => jump(value >= operand),
            0x06 => return operand,
            other => panic!("instruction {other:#x}"),
        }
    }
}

fn call(filter: &Filter, number: i64, first: u64) -> u32 {
    decide(filter, NATIVE, u32::try_from(number).unwrap(), [first, 0, 0, 0, 0, 0])
}

#[test]
fn the_default_profile_lets_containers_do_what_they_need() {
    let filter = compile(&default_profile(&[])).unwrap();
    let (eperm, enosys) = (errno(libc::EPERM), errno(libc::ENOSYS));
    for (what, number, argument, expected) in [
        ("read", libc::SYS_read, 0, ALLOWED),
        ("execve", libc::SYS_execve, 0, ALLOWED),
        ("fork", libc::SYS_clone, libc::SIGCHLD as u64, ALLOWED),
        ("a new user namespace", libc::SYS_clone, libc::CLONE_NEWUSER as u64, eperm),
        ("clone3", libc::SYS_clone3, 0, enosys),
        ("unshare", libc::SYS_unshare, 0, eperm),
        ("mount", libc::SYS_mount, 0, eperm),
        ("bpf", libc::SYS_bpf, 0, eperm),
        ("keyctl", libc::SYS_keyctl, 0, eperm),
        ("an internet socket", libc::SYS_socket, libc::AF_INET as u64, ALLOWED),
        ("a packet socket", libc::SYS_socket, libc::AF_PACKET as u64, ALLOWED),
        ("a crypto socket", libc::SYS_socket, libc::AF_ALG as u64, eperm),
        ("a hypervisor socket", libc::SYS_socket, libc::AF_VSOCK as u64, eperm),
        ("the last family", libc::SYS_socket, libc::AF_XDP as u64, ALLOWED),
        ("personality as it is", libc::SYS_personality, 0xffff_ffff, ALLOWED),
        ("personality without ASLR", libc::SYS_personality, 0x0004_0000, eperm),
        ("io_uring", libc::SYS_io_uring_setup, 0, eperm),
        ("a call of the future", 5000, 0, enosys),
        ("a call of the x32 ABI", 0x4000_0000, 0, eperm),
    ] {
        assert_eq!(call(&filter, number, argument), expected, "{what}");
    }
    assert_eq!(decide(&filter, 0x4000_0003, 0, [0; 6]), eperm, "a call of the 32-bit ABI");
}

#[test]
fn capabilities_add_calls() {
    let admin = compile(&default_profile(&[Capability::SysAdmin])).unwrap();
    assert_eq!(call(&admin, libc::SYS_mount, 0), ALLOWED);
    assert_eq!(call(&admin, libc::SYS_clone, libc::CLONE_NEWUSER as u64), ALLOWED);
    assert_eq!(call(&admin, libc::SYS_clone3, 0), ALLOWED);
    let time = compile(&default_profile(&[Capability::SysTime])).unwrap();
    assert_eq!(call(&time, libc::SYS_clock_settime, 0), ALLOWED);
    assert_eq!(call(&time, libc::SYS_mount, 0), errno(libc::EPERM));
}

#[test]
fn the_default_profile_is_short_and_names_only_known_calls() {
    let filter = compile(&default_profile(&[])).unwrap();
    assert!(filter.program.len() < 200, "{} instructions", filter.program.len());
    let table = include_str!("syscalls.tbl");
    for name in super::ALLOWED.split_whitespace() {
        assert!(table.lines().any(|line| line.split(' ').next() == Some(name)), "{name}");
    }
}

#[test]
fn every_operator_compares_whole_arguments() {
    let big = 0x1_0000_0005_u64;
    let cases = [
        ("SCMP_CMP_EQ", big, 0, [(big, true), (5, false), (big + 1, false)]),
        ("SCMP_CMP_NE", big, 0, [(big, false), (5, true), (big + 1, true)]),
        ("SCMP_CMP_LT", big, 0, [(big, false), (0xffff_ffff, true), (big - 1, true)]),
        ("SCMP_CMP_LE", big, 0, [(big, true), (0xffff_ffff, true), (0x2_0000_0000, false)]),
        ("SCMP_CMP_GT", big, 0, [(big, false), (0xffff_ffff, false), (0x2_0000_0000, true)]),
        ("SCMP_CMP_GE", big, 0, [(big, true), (0xffff_ffff, false), (0x2_0000_0000, true)]),
        (
            "SCMP_CMP_MASKED_EQ",
            0x1_0000_00f0,
            0x1_0000_0010_u64,
            [(0x1_0000_0013, true), (0x13, false), (0x1_0000_0023, false)],
        ),
    ];
    for (operator, value, second, arguments) in cases {
        let profile = serde_json::from_value(json!({
            "defaultAction": "SCMP_ACT_KILL_PROCESS",
            "syscalls": [{"names": ["read", "no_such_call"], "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "value": value, "valueTwo": second, "op": operator}]}]
        }))
        .unwrap();
        let filter = compile(&profile).unwrap();
        for (argument, holds) in arguments {
            let expected = if holds { ALLOWED } else { 0x8000_0000 };
            assert_eq!(call(&filter, libc::SYS_read, argument), expected, "{argument:#x} {operator} {value:#x}");
        }
    }
}

#[test]
fn conditions_on_one_argument_are_alternatives_and_on_several_hold_together() {
    let profile = |second_index: usize| {
        let profile = serde_json::from_value(json!({
            "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
            "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [
                {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": second_index, "value": 2, "op": "SCMP_CMP_EQ"}]}]
        }))
        .unwrap();
        compile(&profile).unwrap()
    };
    let read = u32::try_from(libc::SYS_read).unwrap();
    for (index, first, second, expected) in [
        (0, 1, 0, ALLOWED),
        (0, 2, 0, ALLOWED),
        (0, 3, 0, errno(libc::EACCES)),
        (1, 1, 2, ALLOWED),
        (1, 1, 3, errno(libc::EACCES)),
    ] {
        assert_eq!(decide(&profile(index), NATIVE, read, [first, second, 0, 0, 0, 0]), expected);
    }
}

#[test]
fn a_profile_without_calls_treats_all_alike() {
    let profile = serde_json::from_value(json!({"defaultAction": "SCMP_ACT_LOG"})).unwrap();
    let filter = compile(&profile).unwrap();
    assert_eq!(call(&filter, libc::SYS_read, 0), 0x7ffc_0000);
    assert_eq!(call(&filter, 100_000, 0), 0x7ffc_0000);
}

#[test]
fn a_profile_that_needs_an_agent_is_refused() {
    let profile = serde_json::from_value(json!({"defaultAction": "SCMP_ACT_NOTIFY"})).unwrap();
    assert!(compile(&profile).is_err());
}
