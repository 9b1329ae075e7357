//! From a client to a program and back, whatever carries it.

use super::{Outcome, Version, Wanted, channel::Channel, resize::Sizes};
use crate::{
    Error, Result, limits,
    waiting::{last_words, reassuring},
};
use bytes::Bytes;
use std::{io, pin::Pin};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What leads to a program's standard input. Dropped, it ends.
pub type Input = Box<dyn AsyncWrite + Send + Unpin>;
/// What a program writes.
pub type Output = Box<dyn AsyncRead + Send + Unpin>;

/// A program that runs.
pub struct Program {
    pub stdin: Option<Input>,
    pub stdout: Option<Output>,
    pub stderr: Option<Output>,
    /// Sets the size of its terminal, in columns and rows.
    pub resize: Option<Box<dyn Fn(u16, u16) + Send>>,
    /// The client is let go of when it ends standard input, as it is connected to a program that goes on.
    pub ends_with_input: bool,
    /// Completes when it has ended; what it wrote is read to the end besides.
    pub end: Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

/// What a client sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    Data(Channel, Bytes),
    /// Nothing more on this channel.
    End(Channel),
}

/// The client's side of a connection, from which is read.
pub trait Client: Send {
    /// What comes next; `None`: the client is gone.
    fn next(&mut self) -> impl Future<Output = Result<Option<Incoming>>> + Send;
    /// Reads to the end of the connection and forgets what comes.
    fn discard(&mut self) -> impl Future<Output = ()> + Send;
}

/// The client's side of a connection, to which is written.
pub trait Sink: Send + Sync {
    /// Waits until the connection has taken it.
    fn send(&self, channel: Channel, data: &[u8]) -> impl Future<Output = Result<()>> + Send;
    /// Says that this side is alive, although it does not answer.
    fn reassure(&self) -> impl Future<Output = Result<()>> + Send;
    /// Says that nothing more will be sent.
    fn close(&self) -> impl Future<Output = Result<()>> + Send;
}

pub async fn run<F>(
    mut client: impl Client,
    sink: impl Sink,
    wanted: Wanted,
    version: Version,
    start: impl FnOnce() -> F + Send,
) -> Result<()>
where
    F: Future<Output = Result<Program, Outcome>> + Send,
{
    let outcome = match reassuring(start(), || sink.reassure()).await? {
        Ok(program) => {
            let Program { stdin, stdout, stderr, resize, ends_with_input, end } = program;
            let ended = async {
                let outputs = async {
                    tokio::try_join!(
                        copy(stdout, Channel::Stdout, &sink, wanted),
                        copy(stderr, Channel::Stderr, &sink, wanted)
                    )
                };
                let (copied, outcome) = tokio::join!(outputs, end);
                copied.map(|_| outcome)
            };
            let mut feed = Feed { stdin, resize, ends_with_input, sizes: Sizes::default() };
            tokio::select! {
                outcome = ended => outcome?,
                over = feed.run(&mut client, &sink) => match over? {
                    Fed::InputEnded => Outcome::Success,
                    Fed::Gone => return Ok(()),
                },
            }
        }
        Err(outcome) => outcome,
    };
    let words = async {
        sink.send(Channel::Error, &outcome.told(version)).await?;
        sink.close().await
    };
    last_words(words, client.discard()).await
}

/// Sends what a program writes, as fast as the client takes it. What is not wanted is read all the same, or the program
/// would wait for ever.
async fn copy(output: Option<Output>, channel: Channel, sink: &impl Sink, wanted: Wanted) -> Result<()> {
    let Some(mut output) = output else { return Ok(()) };
    let mut chunk = vec![0; limits::CHUNK];
    loop {
        match output.read(&mut chunk).await {
            Ok(0) => return Ok(()),
            Ok(length) if wanted.has(channel) => {
                sink.send(channel, chunk.get(..length).unwrap_or_default()).await?;
            }
            Ok(_) => {}
            Err(error) => return Err(Error::Io(error)),
        }
    }
}

/// What a client sends on its way to the program.
struct Feed {
    stdin: Option<Input>,
    resize: Option<Box<dyn Fn(u16, u16) + Send>>,
    ends_with_input: bool,
    sizes: Sizes,
}

/// Why no more is passed on.
enum Fed {
    /// The client has nothing more to say, and is not to hear more either.
    InputEnded,
    /// The client is gone.
    Gone,
}

impl Feed {
    /// Passes on what comes, as long as something comes.
    async fn run(&mut self, client: &mut impl Client, sink: &impl Sink) -> Result<Fed> {
        while let Some(incoming) = client.next().await? {
            match incoming {
                Incoming::Data(Channel::Stdin, data) => self.write(&data, sink).await?,
                Incoming::Data(Channel::Resize, text) => self.resize(&text),
                Incoming::End(Channel::Stdin) if self.ends_with_input => return Ok(Fed::InputEnded),
                Incoming::End(Channel::Stdin) => self.stdin = None,
                Incoming::Data(..) | Incoming::End(_) => {}
            }
        }
        Ok(Fed::Gone)
    }

    /// Waits until the program has room for it, and with it all that the client sent after.
    async fn write(&mut self, data: &[u8], sink: &impl Sink) -> Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        let mut rest = data;
        while !rest.is_empty() {
            match reassuring(stdin.write(rest), || sink.reassure()).await? {
                Ok(length) if length > 0 => rest = rest.get(length..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The program reads nothing any more; it may go on all the same.
                Ok(_) | Err(_) => break,
            }
        }
        if !rest.is_empty() {
            self.stdin = None;
        }
        Ok(())
    }

    fn resize(&mut self, text: &[u8]) {
        if let (Some((columns, rows)), Some(resize)) = (self.sizes.read(text), &self.resize) {
            resize(columns, rows);
        }
    }
}
