//! The system calls that need `unsafe` and have no safe wrapper. Nothing here decides anything.

use crate::seccomp::Filter;
use rustix::process::Pid;
use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    ptr,
};

/// A process that was just made, seen from its parent.
pub struct Child {
    pub pid: Pid,
    /// Becomes readable when the process has ended.
    pub pidfd: OwnedFd,
}

/// Forks, with the child in new namespaces (`flags` as in clone(2)) and, on cgroup v2, in the cgroup whose directory is
/// given. Returns `None` in the child.
///
/// To be called by a single-threaded process only: the child of another one would deadlock in the allocator.
pub fn clone3(flags: i32, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Option<Child>> {
    // SAFETY: clone_args is plain data, for which zero means "not used".
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    let mut pidfd: i32 = -1;
    arguments.flags = u64::from(flags.cast_unsigned()) | libc::CLONE_PIDFD as u64;
    arguments.pidfd = ptr::from_mut(&mut pidfd) as u64;
    arguments.exit_signal = libc::SIGCHLD as u64;
    if let Some(cgroup) = cgroup {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = u64::from(cgroup.as_raw_fd().cast_unsigned());
    }
    // SAFETY: the arguments are valid for the length given, and without CLONE_VM the child has its own copy of
    // everything, as after fork.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of::<libc::clone_args>()) };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
            // SAFETY: the kernel has put a new descriptor there, which nobody else owns.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Some(Child { pid, pidfd }))
        }
    }
}

/// Forks a sibling: a child of this process' parent. Returns a pidfd for it, `None` in the sibling.
///
/// By clone(2), whose flags a seccomp filter can see; clone3 is hidden from most programs. Single-threaded processes only.
pub fn clone_sibling() -> io::Result<Option<OwnedFd>> {
    let flags = libc::CLONE_PARENT | libc::CLONE_PIDFD;
    let mut pidfd: i32 = -1;
    // SAFETY: without CLONE_VM and a stack the child has its own copy of everything, as after fork; the third argument
    // is where CLONE_PIDFD puts the descriptor, on all architectures.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, &raw mut pidfd, 0_usize, 0_usize) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        // SAFETY: the kernel has put a new descriptor there, which nobody else owns.
        _ => Ok(Some(unsafe { OwnedFd::from_raw_fd(pidfd) })),
    }
}

const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Sets and clears attributes and the propagation of the mount that `mount` refers to, and of all below it when
/// `recursive` (`mount_setattr(2)`). The constants are `MOUNT_ATTR_*` and `MS_PRIVATE` and its like.
pub fn mount_setattr(mount: BorrowedFd<'_>, set: u64, clear: u64, propagation: u64, recursive: bool) -> io::Result<()> {
    let attributes = libc::mount_attr { attr_set: set, attr_clr: clear, propagation, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path and the attributes are valid for the call, which keeps neither.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives every signal its default effect and blocks none: what a new program expects. (The Rust library ignores SIGPIPE,
/// and an ignored signal stays ignored across an exec.)
pub fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL runs no code; for SIGKILL, SIGSTOP and the C library's own signals the call fails, as it may.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: the set is initialised by sigemptyset before it is used.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
    }
}

/// Ignores a signal, until the process executes something else or resets it.
pub fn ignore_signal(signal: i32) {
    // SAFETY: SIG_IGN runs no code.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Lets the kernel reap children at once: nobody asks for how they ended.
pub fn ignore_children() {
    ignore_signal(libc::SIGCHLD);
}

/// Closes all descriptors from `first` on.
pub fn close_from(first: u32) {
    // SAFETY: called before anything of ours is open there; who has inherited descriptors does not use them.
    unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
}

/// Marks all descriptors from `first` on to be closed by the next exec.
pub fn close_on_exec_from(first: u32) -> io::Result<()> {
    // SAFETY: only a flag of the descriptors changes.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Closes standard input, output and error: for a process that never says anything again.
pub fn close_standard_streams() {
    // SAFETY: nothing reads or writes them any more, and nothing is opened in their place before an exec.
    unsafe { libc::syscall(libc::SYS_close_range, 0, 2, 0) };
}

/// Closes all descriptors but standard input, output and error and this one.
pub fn close_all_but(kept: BorrowedFd<'_>) -> io::Result<()> {
    let kept = kept.as_raw_fd().cast_unsigned();
    for (first, last) in [(3, kept.saturating_sub(1)), (kept.saturating_add(1), u32::MAX)] {
        if first > last {
            continue;
        }
        // SAFETY: whoever owns one of them does not use it any more: this process is about to execute a program.
        if unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Installs a seccomp filter for this thread and what it executes.
pub fn load_seccomp(filter: &Filter) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> =
        filter.program.iter().map(|&(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k }).collect();
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let description = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    // SAFETY: the description and the program it points to live until the call returns; the kernel copies them.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, filter.flags, &raw const description)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Executes a program in place of this one. Returns only when that fails.
pub fn execute(path: &CStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| {
        strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect::<Vec<*const libc::c_char>>()
    };
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: both arrays end with a null pointer and their strings outlive the call.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// Executes what a descriptor refers to, without arguments (but a name) and environment. Returns only when that fails.
pub fn execute_descriptor(program: BorrowedFd<'_>) -> io::Error {
    let (arguments, environment) = ([c"minke-init".as_ptr(), ptr::null()], [ptr::null::<libc::c_char>()]);
    // SAFETY: both arrays end with a null pointer and their strings outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    io::Error::last_os_error()
}

/// Sends any signal, also a real-time one, to the process a pidfd stands for.
pub fn send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    send_signal_with(pidfd, signal, 0)
}

/// Kills the process a pidfd stands for and those of its process group, or before Linux 6.9 that process alone.
pub fn kill_group(pidfd: BorrowedFd<'_>) -> io::Result<()> {
    match send_signal_with(pidfd, libc::SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => send_signal(pidfd, libc::SIGKILL),
        result => result,
    }
}

const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 1 << 2;

fn send_signal_with(pidfd: BorrowedFd<'_>, signal: i32, flags: u32) -> io::Result<()> {
    // SAFETY: no memory is passed.
    let result =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, ptr::null::<u8>(), flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Ends this process without running destructors or exit handlers, which belong to the parent it was forked from.
pub fn exit(code: i32) -> ! {
    // SAFETY: does not return and touches no memory.
    unsafe { libc::_exit(code) }
}

/// `IFF_UP | IFF_RUNNING` (netdevice(7)).
const IFF_UP_AND_RUNNING: i16 = 0x41;

/// Brings the loopback device of the current network namespace up.
pub fn bring_loopback_up(socket: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: ifreq is plain data; the name is shorter than its field and the rest stays zero.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes()) {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = IFF_UP_AND_RUNNING;
    // SAFETY: the request is valid for the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Loads a program of type `BPF_PROG_TYPE_CGROUP_DEVICE`; the kernel verifies it.
pub fn load_device_program(instructions: &[u64]) -> io::Result<OwnedFd> {
    /// The part of `union bpf_attr` for `BPF_PROG_LOAD` that is used.
    #[repr(C)]
    struct Load {
        program_type: u32,
        length: u32,
        instructions: u64,
        license: u64,
    }
    let attributes = Load {
        program_type: 15,
        length: u32::try_from(instructions.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
        instructions: instructions.as_ptr() as u64,
        license: c"Apache-2.0".as_ptr() as u64,
    };
    // SAFETY: the attributes and what they point to live until the call returns.
    let descriptor = unsafe { libc::syscall(libc::SYS_bpf, 5, &raw const attributes, size_of::<Load>()) };
    let descriptor = i32::try_from(descriptor).ok().filter(|descriptor| *descriptor >= 0);
    // SAFETY: a new descriptor, which nobody else owns.
    descriptor.map(|descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) }).ok_or_else(io::Error::last_os_error)
}

/// Attaches a device program to a cgroup, beside those of its ancestors.
pub fn attach_device_program(cgroup: &OwnedFd, program: &OwnedFd) -> io::Result<()> {
    // `union bpf_attr` for BPF_PROG_ATTACH: target, program, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI.
    let attributes = [cgroup.as_raw_fd(), program.as_raw_fd(), 6, 2];
    // SAFETY: the attributes live until the call returns.
    let result = unsafe { libc::syscall(libc::SYS_bpf, 8, attributes.as_ptr(), size_of_val(&attributes)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives the process a new session keyring, so that it does not share that of the process it was forked from. Kernels
/// built without keys have nothing to share.
pub fn new_session_keyring() -> io::Result<()> {
    // SAFETY: the name is null: the keyring has none.
    match unsafe { libc::syscall(libc::SYS_keyctl, 1, ptr::null::<libc::c_char>()) } {
        -1 => Err(io::Error::last_os_error()).or_else(|error| match error.raw_os_error() {
            Some(libc::ENOSYS) => Ok(()),
            _ => Err(error),
        }),
        _ => Ok(()),
    }
}
