//! A network namespace of its own for a test, without a way out.

use rustix::thread::UnshareFlags;
use std::process::Command;

/// Runs a test on a thread of its own in a fresh network namespace, which goes with the thread.
pub fn within(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            unshare();
            test();
        });
        inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// What a program says, in this thread's network namespace, without spaces at the ends of its lines.
pub fn said(command: &str) -> String {
    let mut words = command.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).output();
    let output = output.expect("a program is missing; run `cargo xtask test`, which installs it");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

pub fn unshare() {
    // SAFETY: no descriptor table is unshared, so no thread loses sight of another's descriptors.
    let unshared = unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) };
    unshared.expect("making a network namespace needs root: run `sudo -E cargo xtask test`");
}
