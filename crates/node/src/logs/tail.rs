//! The last lines of a file, found from its end so that a large log is not read from its beginning.

use std::{fs::File, io, os::unix::fs::FileExt};

const BLOCK: usize = 16 << 10;

/// Where the last `lines` lines of the first `length` bytes begin, and how many lines are missing if there are fewer.
/// What follows the last newline does not count: it is still being written.
pub fn start_of_last_lines(file: &File, length: u64, lines: u64) -> io::Result<(u64, u64)> {
    let mut end = length;
    let mut newlines = 0;
    let mut block = vec![0; BLOCK];
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        let filled = block.get_mut(..usize::try_from(end - start).unwrap_or(BLOCK)).unwrap_or_default();
        file.read_exact_at(filled, start)?;
        for (index, byte) in filled.iter().enumerate().rev() {
            if *byte == b'\n' {
                // One more than asked for: the first one found ends the last line.
                if newlines == lines {
                    return Ok((start + index as u64 + 1, 0));
                }
                newlines += 1;
            }
        }
        end = start;
    }
    Ok((0, lines - newlines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn the_start_is_found_from_the_end() {
        for (text, lines, expected) in [
            ("", 3, (0, 3)),
            ("a\nb\nc\n", 0, (6, 0)),
            ("a\nb\nc\n", 1, (4, 0)),
            ("a\nb\nc\n", 3, (0, 0)),
            ("a\nb\nc\n", 5, (0, 2)),
            ("a\nb\nunfinished", 1, (2, 0)),
        ] {
            let length = text.len() as u64;
            assert_eq!(start_of_last_lines(&file(text), length, lines).unwrap(), expected, "{text:?} {lines}");
        }
    }

    #[test]
    fn lines_may_be_longer_than_a_block() {
        let long = "x".repeat(BLOCK * 2);
        let text = format!("first\n{long}\n");
        assert_eq!(start_of_last_lines(&file(&text), text.len() as u64, 1).unwrap(), (6, 0));
    }
}
