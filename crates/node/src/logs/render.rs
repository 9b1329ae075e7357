//! From records of log files to what the client sees: chosen by the query, with or without times, cut at the limit.

use super::{line::parse, query::LogQuery};

/// Turns bytes of log files, in whatever pieces they come, into output.
#[derive(Debug)]
pub struct Renderer {
    query: LogQuery,
    /// The beginning of a record whose end has not come yet.
    unfinished: Vec<u8>,
    /// The last record was partial: the next goes on in the same line.
    within_line: bool,
    bytes_left: u64,
    records_left: u64,
}

impl Renderer {
    pub fn new(query: LogQuery) -> Self {
        let bytes_left = query.limit_bytes.unwrap_or(u64::MAX);
        // What is written while the last lines are read is not among them, unless it is to be followed.
        let records_left = query.tail_lines.filter(|_| !query.follow).unwrap_or(u64::MAX);
        Self { query, unfinished: Vec::new(), within_line: false, bytes_left, records_left }
    }

    /// Whether the client has got as much as it wants.
    pub fn is_full(&self) -> bool {
        self.bytes_left == 0 || self.records_left == 0
    }

    /// Appends what `bytes` complete to `output`.
    pub fn render(&mut self, bytes: &[u8], output: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (record, tail) = rest.split_at(end);
            if self.unfinished.is_empty() {
                self.render_record(record, output);
            } else {
                let mut record_start = std::mem::take(&mut self.unfinished);
                record_start.extend_from_slice(record);
                self.render_record(&record_start, output);
            }
            rest = tail.get(1..).unwrap_or_default();
        }
        self.unfinished.extend_from_slice(rest);
    }

    /// A file has ended: what is unfinished now stays so.
    pub fn end_file(&mut self) {
        self.unfinished.clear();
    }

    fn render_record(&mut self, record: &[u8], output: &mut Vec<u8>) {
        if self.is_full() {
            return;
        }
        self.records_left -= 1;
        let Some(line) = parse(record).filter(|line| self.query.wants(line)) else { return };
        if self.query.timestamps && !self.within_line {
            self.append(line.written_at.as_bytes(), output);
            self.append(b" ", output);
        }
        self.append(line.content, output);
        if !line.partial {
            self.append(b"\n", output);
        }
        self.within_line = line.partial;
    }

    fn append(&mut self, bytes: &[u8], output: &mut Vec<u8>) {
        let length = usize::try_from(self.bytes_left).map_or(bytes.len(), |left| left.min(bytes.len()));
        output.extend_from_slice(bytes.get(..length).unwrap_or_default());
        self.bytes_left -= length as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2026-01-01T00:00:01Z stdout F one\n2026-01-01T00:00:02Z stderr P tw\ngarbage\n\
                       2026-01-01T00:00:03Z stderr F o\n2026-01-01T00:00:04Z stdout F th";

    fn rendered(query: LogQuery, piece: usize) -> String {
        let mut renderer = Renderer::new(query);
        let mut output = Vec::new();
        for bytes in LOG.as_bytes().chunks(piece) {
            renderer.render(bytes, &mut output);
        }
        renderer.end_file();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn pieces_of_any_size_give_the_same_output() {
        for piece in [1, 7, 40, 1000] {
            assert_eq!(rendered(LogQuery::default(), piece), "one\ntwo\n", "{piece}");
        }
    }

    #[test]
    fn times_stand_before_lines_not_before_their_continuations() {
        let query = LogQuery { timestamps: true, ..LogQuery::default() };
        assert_eq!(rendered(query, 1000), "2026-01-01T00:00:01Z one\n2026-01-01T00:00:02Z two\n");
    }

    #[test]
    fn output_ends_at_the_limit() {
        let query = LogQuery { limit_bytes: Some(5), ..LogQuery::default() };
        assert_eq!(rendered(query, 3), "one\nt");
    }

    #[test]
    fn what_comes_after_the_last_lines_is_not_among_them() {
        let last = |follow| LogQuery { tail_lines: Some(1), follow, ..LogQuery::default() };
        assert_eq!(rendered(last(false), 1000), "one\n");
        assert_eq!(rendered(last(true), 1000), "one\ntwo\n");
    }
}
