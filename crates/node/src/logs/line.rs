//! One line of a container's log file in the CRI format: `2026-01-02T03:04:05.6Z stdout F text`
//! (pkg/kubelet/kuberuntime/logs).

use jiff::Timestamp;

/// Which of the container's outputs a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A line as the supervisor wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The time as it stands in the file, for output with timestamps.
    pub written_at: &'a str,
    pub at: Timestamp,
    pub stream: Stream,
    /// The container's line was longer than what one record holds, and goes on in the next one.
    pub partial: bool,
    /// What the container wrote, without the newline.
    pub content: &'a [u8],
}

/// Reads a line (without its newline); None for what is not in the format, such as a record cut short by a crash.
pub fn parse(line: &[u8]) -> Option<Line<'_>> {
    let mut parts = line.splitn(4, |byte| *byte == b' ');
    let written_at = std::str::from_utf8(parts.next()?).ok()?;
    let stream = match parts.next()? {
        b"stdout" => Stream::Stdout,
        b"stderr" => Stream::Stderr,
        _ => return None,
    };
    // Tags are separated by colons; the first says whether the line is whole.
    let partial = match parts.next()?.split(|byte| *byte == b':').next()? {
        b"F" => false,
        b"P" => true,
        _ => return None,
    };
    Some(Line { written_at, at: written_at.parse().ok()?, stream, partial, content: parts.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_taken_apart() {
        let line = parse(b"2026-01-02T03:04:05.000000006Z stderr P:x some  text ").unwrap();
        assert_eq!(line.written_at, "2026-01-02T03:04:05.000000006Z");
        assert_eq!(line.at.subsec_nanosecond(), 6);
        assert_eq!((line.stream, line.partial, line.content), (Stream::Stderr, true, &b"some  text "[..]));
        assert_eq!(parse(b"2026-01-02T03:04:05+01:00 stdout F ").unwrap().content, b"");
    }

    #[test]
    fn what_is_no_record_is_skipped() {
        for broken in [
            "",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05Z stdout",
            "2026-01-02T03:04:05Z stdout F",
            "2026-01-02T03:04:05Z stdlog F x",
            "2026-01-02T03:04:05Z stdout X x",
            "yesterday stdout F x",
        ] {
            assert_eq!(parse(broken.as_bytes()), None, "{broken:?}");
        }
    }
}
