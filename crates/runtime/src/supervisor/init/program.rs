//! The program of process 1: names itself and waits for ever. An ELF file of a few instructions, written where it is
//! needed: it brings no memory, no libraries and no file of the machine along.

use crate::seccomp;
use oci_spec::runtime::{LinuxSeccomp, LinuxSeccompOperator};
use rustix::fs::{Mode, OFlags, openat};
use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
    slice,
};

/// Writes the program to a file without a name, and opens that to be executed.
pub fn write_to(directory: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = openat(directory, ".", flags, Mode::from_raw_mode(0o555))?;
    rustix::io::write(&file, &elf(code()))?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    // The kernel executes nothing that is open for writing: `file` is closed on return.
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

/// What the program needs: to be executed, a name, to wait.
pub fn profile() -> LinuxSeccomp {
    let name = seccomp::argument(0, LinuxSeccompOperator::ScmpCmpEq, libc::PR_SET_NAME.cast_unsigned().into(), None);
    let calls = ["execveat", "pause", "ppoll", "restart_syscall", "rt_sigreturn", "exit", "exit_group"];
    seccomp::profile(vec![seccomp::allow(&calls), seccomp::allow_if("prctl", name)])
}

/// Where the kernel puts the file; a multiple of the largest pages.
const ADDRESS: u64 = 0x40_0000;
const HEADERS: usize = 64 + 2 * 56;
#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

/// elf(5): the file's header, a segment that is the whole file, a stack that is not executable, the code.
fn elf(code: &[u8]) -> Vec<u8> {
    let size = (HEADERS + code.len()) as u64;
    let mut file = Vec::from(*b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    for half in [2, MACHINE] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    file.extend_from_slice(&1_u32.to_le_bytes());
    for word in [ADDRESS + HEADERS as u64, 64, 0] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(&0_u32.to_le_bytes());
    for half in [64_u16, 56, 2, 64, 0, 0] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    segment(&mut file, 1, READ | EXECUTE, [0, ADDRESS, ADDRESS, size, size, 0x1_0000]);
    segment(&mut file, 0x6474_e551, READ | WRITE, [0, 0, 0, 0, 0, 16]);
    file.extend_from_slice(code);
    file
}

const READ: u32 = 4;
const WRITE: u32 = 2;
const EXECUTE: u32 = 1;

fn segment(file: &mut Vec<u8>, kind: u32, flags: u32, words: [u64; 6]) {
    file.extend_from_slice(&kind.to_le_bytes());
    file.extend_from_slice(&flags.to_le_bytes());
    for word in words {
        file.extend_from_slice(&word.to_le_bytes());
    }
}

// prctl(PR_SET_NAME, "minke-init"), then pause for ever.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .rodata.minke_init, \"a\"",
    ".hidden minke_init_begin",
    ".globl minke_init_begin",
    "minke_init_begin:",
    "mov edi, 15",
    "lea rsi, [rip + 3f]",
    "mov eax, 157",
    "syscall",
    "2: mov eax, 34",
    "syscall",
    "jmp 2b",
    "3: .asciz \"minke-init\"",
    ".hidden minke_init_end",
    ".globl minke_init_end",
    "minke_init_end:",
    ".popsection",
);

// The same; this architecture has ppoll without descriptors in place of pause.
#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    ".pushsection .rodata.minke_init, \"a\"",
    ".hidden minke_init_begin",
    ".globl minke_init_begin",
    "minke_init_begin:",
    "mov x0, #15",
    "adr x1, 3f",
    "mov x8, #167",
    "svc #0",
    "2: mov x0, #0",
    "mov x1, #0",
    "mov x2, #0",
    "mov x3, #0",
    "mov x4, #0",
    "mov x8, #73",
    "svc #0",
    "b 2b",
    "3: .asciz \"minke-init\"",
    ".hidden minke_init_end",
    ".globl minke_init_end",
    "minke_init_end:",
    ".popsection",
);

unsafe extern "C" {
    #[link_name = "minke_init_begin"]
    static BEGIN: u8;
    #[link_name = "minke_init_end"]
    static END: u8;
}

fn code() -> &'static [u8] {
    let (begin, end) = (&raw const BEGIN, &raw const END);
    // SAFETY: both are labels of one read-only section, with nothing but the code above between them.
    unsafe { slice::from_raw_parts(begin, end.addr() - begin.addr()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_small_and_runs_where_its_header_ends() {
        let file = elf(code());
        assert!(file.len() < 300, "{}", file.len());
        assert_eq!(file[24..32], (ADDRESS + HEADERS as u64).to_le_bytes());
        assert!(file.ends_with(b"minke-init\0"));
    }
}
