//! What a process can be given at all: the kernel's limits on arguments and environment (execve(2), `fs/exec.c`). A few
//! lines of `$(VAR)` can ask for any amount, so whatever makes such strings takes its room from here first.

use super::ConfigError;

/// The longest argument or variable, without the NUL at its end (`MAX_ARG_STRLEN`: 32 pages).
pub(crate) const LONGEST: usize = 32 * 4096 - 1;

/// All of them together: three quarters of the kernel's default stack (`_STK_LIM`), whatever the limit of the process.
const ALL: usize = 6 << 20;

/// The NUL after a string, and the pointer to it.
const OVERHEAD: usize = 1 + size_of::<usize>();

/// What is left for the arguments and variables of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArgumentSpace {
    left: usize,
}

impl Default for ArgumentSpace {
    fn default() -> Self {
        Self { left: ALL }
    }
}

impl ArgumentSpace {
    /// Takes the room of a string of so many bytes. What is replaced later has been made all the same and counts too.
    pub fn take(&mut self, length: usize) -> Result<(), ConfigError> {
        let left = self.left.checked_sub(length.saturating_add(OVERHEAD)).filter(|_| length <= LONGEST);
        self.left = left.ok_or(ConfigError::ArgumentListTooLong)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_string_and_all_together_are_bounded_as_the_kernel_bounds_them() {
        for (length, times, fits) in [
            (LONGEST, 1, true),
            (LONGEST + 1, 1, false),
            (usize::MAX, 1, false),
            (LONGEST, 47, true),
            (LONGEST, 48, false),
        ] {
            let mut space = ArgumentSpace::default();
            let taken = (0..times).try_for_each(|_| space.take(length));
            assert_eq!(taken.is_ok(), fits, "{length} {times}");
        }
    }
}
