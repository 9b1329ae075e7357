//! The memory of this process.

/// Gives memory that was freed back to the kernel (`malloc_trim(3)`): by itself the allocator keeps most of what a burst
/// took. Blocks for a millisecond or a few.
pub fn give_back() {
    // SAFETY: malloc_trim takes the allocator's own locks and touches nothing that is in use.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What this process has in memory, in KiB (proc(5), `VmRSS`).
    fn resident() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    #[test]
    fn what_was_freed_is_given_back() {
        const PIECES: usize = 16 << 10;
        let before = resident();
        let mut pieces: Vec<_> = (0..PIECES).map(|_| vec![1_u8; 4 << 10]).collect();
        // The last piece keeps the rest from going by itself.
        let last = pieces.pop();
        drop(pieces);
        give_back();
        assert!(resident() < before + (16 << 10), "{before} KiB before, {} after", resident());
        drop(last);
    }
}
