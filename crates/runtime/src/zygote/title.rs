//! What process listings call this process: the memory of its arguments and environment, overwritten
//! (`proc_pid_cmdline(5)`). The environment is there to give it room.

use std::{fs, io, slice};

/// Room for `minke-pod` and the longest names of a namespace and a pod.
pub const ROOM: usize = 384;

/// The memory that the kernel shows.
#[derive(Clone, Copy)]
pub struct Title {
    start: usize,
    length: usize,
}

impl Title {
    /// Of the process that has just been executed.
    pub fn find() -> io::Result<Self> {
        let (start, end) = limits(&fs::read_to_string("/proc/self/stat")?).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, length: end.saturating_sub(start) })
    }

    /// Says it, as far as there is room. Who reads the arguments or the environment afterwards reads the title.
    pub fn set(self, title: &str) {
        // SAFETY: the kernel put arguments and environment there for this process, which has one thread and has read
        // what it needs of them; the memory is writable and as long as that.
        let memory = unsafe { slice::from_raw_parts_mut(self.start as *mut u8, self.length) };
        memory.fill(0);
        let room = self.length.saturating_sub(1);
        memory.iter_mut().zip(title.bytes().take(room)).for_each(|(to, from)| *to = from);
    }
}

/// Where arguments start and the environment ends, if they lie side by side (`proc_pid_stat(5)`, fields 48 to 51).
fn limits(stat: &str) -> Option<(usize, usize)> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let numbers: Vec<usize> =
        fields.split_whitespace().skip(45).take(4).filter_map(|field| field.parse().ok()).collect();
    let [arguments, end, environment, environment_end] = numbers.as_slice() else { return None };
    (end == environment && arguments < environment_end).then_some((*arguments, *environment_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_found_whatever_the_process_is_called() {
        let stat = |name: &str, last: &str| format!("7 ({name}) S {}{last}", "0 ".repeat(44));
        assert_eq!(limits(&stat("minke", "100 120 120 500 0")), Some((100, 500)));
        assert_eq!(limits(&stat(") S 1 (", "100 120 120 500 0")), Some((100, 500)));
        assert_eq!(limits(&stat("minke", "100 120 130 500 0")), None);
        assert_eq!(limits("7 (minke) S 1 2"), None);
    }
}
