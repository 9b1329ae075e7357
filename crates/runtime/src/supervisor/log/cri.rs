//! The CRI's log format: `2016-10-06T00:17:09.669794202Z stdout F the line` (Kubernetes'
//! `design-proposals-archive/node/kubelet-cri-logging.md`).

use jiff::Timestamp;

/// Bytes of a line after which it is cut into parts, as containerd does.
const LONGEST_PART: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Cuts one stream's output into lines.
pub struct Lines {
    stream: Stream,
    /// The beginning of a line whose end has not come yet.
    unfinished: Vec<u8>,
}

impl Lines {
    pub fn new(stream: Stream) -> Self {
        Self { stream, unfinished: Vec::new() }
    }

    /// Appends output, formatted, to `log`. What comes behind the last newline waits, up to the longest part.
    pub fn format(&mut self, now: Timestamp, output: &[u8], log: &mut Vec<u8>) {
        let mut rest = output;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(end);
            self.unfinished.extend_from_slice(line);
            self.cut_parts(now, log);
            let line = std::mem::take(&mut self.unfinished);
            self.record(now, 'F', &line, log);
            rest = behind.get(1..).unwrap_or_default();
        }
        self.unfinished.extend_from_slice(rest);
        self.cut_parts(now, log);
    }

    /// Appends what still waits, when nothing more can come.
    pub fn finish(&mut self, now: Timestamp, log: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.unfinished);
        if !rest.is_empty() {
            self.record(now, 'P', &rest, log);
        }
    }

    fn cut_parts(&mut self, now: Timestamp, log: &mut Vec<u8>) {
        while self.unfinished.len() > LONGEST_PART {
            let rest = self.unfinished.split_off(LONGEST_PART);
            let part = std::mem::replace(&mut self.unfinished, rest);
            self.record(now, 'P', &part, log);
        }
    }

    fn record(&self, now: Timestamp, tag: char, content: &[u8], log: &mut Vec<u8>) {
        let stream = match self.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        log.extend_from_slice(format!("{now:.9} {stream} {tag} ").as_bytes());
        log.extend_from_slice(content);
        log.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(pieces: &[&[u8]]) -> String {
        let now = "2016-10-06T00:17:09.669794202Z".parse().unwrap();
        let mut lines = Lines::new(Stream::Stdout);
        let mut log = Vec::new();
        for piece in pieces {
            lines.format(now, piece, &mut log);
        }
        lines.finish(now, &mut log);
        String::from_utf8(log).unwrap().replace("2016-10-06T00:17:09.669794202Z stdout ", "")
    }

    #[test]
    fn lines_are_tagged_and_dated() {
        let now = "2016-10-06T00:17:09.6Z".parse().unwrap();
        let mut log = Vec::new();
        Lines::new(Stream::Stderr).format(now, b"one\n", &mut log);
        assert_eq!(String::from_utf8(log).unwrap(), "2016-10-06T00:17:09.600000000Z stderr F one\n");
    }

    #[test]
    fn output_is_cut_at_newlines_and_nowhere_else() {
        for (pieces, expected) in [
            (&["one\ntwo\n"][..], "F one\nF two\n"),
            (&["on", "e\n", "tw", "o\n"], "F one\nF two\n"),
            (&["\n\n"], "F \nF \n"),
            (&["no end"], "P no end\n"),
            (&["tab\tand ümlaut\r\n"], "F tab\tand ümlaut\r\n"),
        ] {
            let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
            assert_eq!(format(&pieces), expected);
        }
    }

    #[test]
    fn long_lines_come_in_parts_that_add_up() {
        let long = "x".repeat(2 * LONGEST_PART + 5);
        let formatted = format(&[long.as_bytes(), b"\nnext\n"]);
        let parts: Vec<&str> = formatted.lines().collect();
        let (p, f) = (format!("P {}", "x".repeat(LONGEST_PART)), "F xxxxx");
        assert_eq!(parts, [p.as_str(), p.as_str(), f, "F next"]);
        let exact = format(&["x".repeat(LONGEST_PART).as_bytes(), b"\n"]);
        assert_eq!(exact.lines().count(), 1);
    }
}
