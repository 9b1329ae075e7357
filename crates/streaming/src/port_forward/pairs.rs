//! Which streams belong together: one for the data of a connection, and one for what goes wrong with it.

use super::ports::parse_one;
use crate::{limits, spdy::Headers};
use bytes::Bytes;
use std::collections::BTreeMap;
use tokio::{sync::mpsc, time::Instant};

/// Pairs of which one stream is there, by the client's number of the connection.
#[derive(Default)]
pub struct Pairs(BTreeMap<String, Half>);

struct Half {
    data: Option<Data>,
    error: Option<u32>,
    due: Instant,
}

/// The stream of a connection's data.
#[derive(Debug)]
pub struct Data {
    pub stream: u32,
    pub port: u16,
    /// What the client sends on it.
    pub incoming: mpsc::Receiver<Bytes>,
}

/// Both streams of a connection.
#[derive(Debug)]
pub struct Pair {
    pub data: Data,
    pub error: u32,
}

/// What a stream is, by its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub stream: u32,
    pub is_data: bool,
    pub port: u16,
    connection: String,
}

impl Opened {
    /// Reads the headers; an error says what is wrong with them.
    pub fn read(stream: u32, headers: &Headers) -> Result<Self, String> {
        let port = headers.get("port");
        if port.is_empty() {
            return Err(r#""port" header is required"#.to_owned());
        }
        let port = parse_one(port, port)?;
        let is_data = match headers.get("streamtype") {
            "data" => true,
            "error" => false,
            "" => return Err(r#""streamType" header is required"#.to_owned()),
            other => return Err(format!("invalid stream type {other:?}")),
        };
        let connection = match headers.get("requestid") {
            // Old clients do not number their connections, and open the stream for errors just before the other.
            "" if is_data => stream.wrapping_sub(2).to_string(),
            "" => stream.to_string(),
            id if id.len() > limits::REQUEST_ID => return Err("the request id is too long".to_owned()),
            id => id.to_owned(),
        };
        Ok(Self { stream, is_data, port, connection })
    }
}

impl Pairs {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a stream; returns the pair if it is complete, and an error if the stream is there already. `incoming` is what
    /// comes on it.
    pub fn add(&mut self, opened: Opened, incoming: mpsc::Receiver<Bytes>, due: Instant) -> Result<Option<Pair>, ()> {
        let Opened { stream, is_data, port, connection } = opened;
        let half = self.0.entry(connection.clone()).or_insert(Half { data: None, error: None, due });
        if is_data && half.data.is_none() {
            half.data = Some(Data { stream, port, incoming });
        } else if !is_data && half.error.is_none() {
            half.error = Some(stream);
        } else {
            return Err(());
        }
        if half.data.is_none() || half.error.is_none() {
            return Ok(None);
        }
        let half = self.0.remove(&connection);
        Ok(half.and_then(|half| Some(Pair { data: half.data?, error: half.error? })))
    }

    /// When the first of them is waited for no longer.
    pub fn due(&self) -> Option<Instant> {
        self.0.values().map(|half| half.due).min()
    }

    /// Takes away those that are waited for no longer; returns their streams.
    pub fn expire(&mut self, now: Instant) -> Vec<u32> {
        let expired = self.0.extract_if(.., |_, half| half.due <= now);
        expired.flat_map(|(_, half)| half.data.map(|data| data.stream).into_iter().chain(half.error)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        Headers::of(pairs)
    }

    #[test]
    fn streams_say_what_they_are() {
        let long = "4".repeat(limits::REQUEST_ID + 1);
        let opened =
            |is_data, connection: &str| Opened { stream: 7, is_data, port: 80, connection: connection.to_owned() };
        for (pairs, expected) in [
            (&[("port", "80"), ("streamtype", "data"), ("requestid", "4")][..], Ok(opened(true, "4"))),
            (&[("port", "80"), ("streamtype", "error")], Ok(opened(false, "7"))),
            (&[("port", "80"), ("streamtype", "data")], Ok(opened(true, "5"))),
            (
                &[("port", "80"), ("streamtype", "data"), ("requestid", long.as_str())],
                Err("the request id is too long"),
            ),
            (&[("streamtype", "data")], Err(r#""port" header is required"#)),
            (&[("port", "80")], Err(r#""streamType" header is required"#)),
            (&[("port", "80"), ("streamtype", "x")], Err(r#"invalid stream type "x""#)),
            (&[("port", "0"), ("streamtype", "data")], Err(r#"port "0" must be > 0"#)),
        ] {
            assert_eq!(Opened::read(7, &headers(pairs)), expected.map_err(str::to_owned), "{pairs:?}");
        }
    }

    #[test]
    fn streams_of_a_connection_are_brought_together_or_given_up() {
        let (mut pairs, due) = (Pairs::default(), Instant::now());
        let add = |pairs: &mut Pairs, stream, kind, id| {
            let opened = Opened::read(stream, &headers(&[("port", "80"), ("streamtype", kind), ("requestid", id)]));
            pairs.add(opened.unwrap(), mpsc::channel(1).1, due)
        };
        assert!(add(&mut pairs, 1, "error", "a").unwrap().is_none());
        assert!(add(&mut pairs, 3, "data", "b").unwrap().is_none());
        assert!(add(&mut pairs, 5, "data", "b").is_err());
        let pair = add(&mut pairs, 7, "data", "a").unwrap().unwrap();
        assert_eq!((pair.error, pair.data.stream, pair.data.port), (1, 7, 80));
        assert_eq!((pairs.len(), pairs.due()), (1, Some(due)));
        assert!(pairs.expire(due.checked_sub(Duration::from_millis(1)).unwrap()).is_empty());
        assert_eq!(pairs.expire(due), [3]);
        assert_eq!(pairs.len(), 0);
    }
}
