//! Clients of both protocols against programs that are none.

use super::*;
use crate::upgrade::tests::headers;
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::oneshot,
    task::JoinHandle,
};

const SHELL: Wanted = Wanted { stdin: true, stdout: true, stderr: true, tty: false };
const TERMINAL: Wanted = Wanted { stdin: true, stdout: true, stderr: false, tty: true };

#[test]
fn protocols_are_agreed_on() {
    let websocket = |protocol| {
        headers(&[
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "x"),
            ("sec-websocket-protocol", protocol),
        ])
    };
    let spdy = |protocol| {
        headers(&[("connection", "Upgrade"), ("upgrade", "SPDY/3.1"), ("x-stream-protocol-version", protocol)])
    };
    for (headers, expected) in [
        (websocket("v5.channel.k8s.io"), Some(Protocol::WebSocket(Version::V5, Coding::Binary))),
        (websocket("v4.base64.channel.k8s.io"), Some(Protocol::WebSocket(Version::V4, Coding::Base64))),
        (websocket("channel.k8s.io"), Some(Protocol::WebSocket(Version::V1, Coding::Binary))),
        (websocket("v6.channel.k8s.io"), None),
        (spdy("v4.channel.k8s.io, v3.channel.k8s.io"), Some(Protocol::Spdy(Version::V4))),
        (spdy("channel.k8s.io"), Some(Protocol::Spdy(Version::V1))),
        (spdy("portforward.k8s.io"), None),
    ] {
        assert_eq!(accept(&headers).ok().map(|accepted| accepted.protocol), expected, "{headers:?}");
    }
}

/// A program that answers on each stream with what it reads, to its end.
async fn echo() -> Result<Program, Outcome> {
    let (stdin, mut input) = duplex(16);
    let (mut output, stdout) = duplex(16);
    let (mut error, stderr) = duplex(16);
    let end = async move {
        let mut read = Vec::new();
        input.read_to_end(&mut read).await.unwrap();
        output.write_all(&read).await.unwrap();
        error.write_all(b"problem").await.unwrap();
        Outcome::Exited { code: 3, message: "exit code 3".to_owned() }
    };
    Ok(Program {
        stdin: Some(Box::new(stdin)),
        stdout: Some(Box::new(stdout)),
        stderr: Some(Box::new(stderr)),
        resize: None,
        ends_with_input: false,
        end: Box::pin(end),
    })
}

fn connect<F>(
    protocol: Protocol,
    wanted: Wanted,
    start: impl FnOnce() -> F + Send + 'static,
) -> (DuplexStream, JoinHandle<Result<()>>)
where
    F: Future<Output = Result<Program, Outcome>> + Send + 'static,
{
    let (client, server) = duplex(1 << 20);
    (client, tokio::spawn(serve(protocol, server, wanted, start)))
}

/// A message as a client sends it.
fn message(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    // Masked with nothing.
    [&[0x82, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// What a server sent: the messages, each with its channel, until it closes.
async fn messages(client: &mut DuplexStream) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    loop {
        let mut head = [0; 2];
        client.read_exact(&mut head).await.unwrap();
        let mut length = usize::from(head[1]);
        if length == 126 {
            length = usize::from(client.read_u16().await.unwrap());
        }
        let mut payload = vec![0; length];
        client.read_exact(&mut payload).await.unwrap();
        match head[0] {
            0x88 => return messages,
            0x8a => messages.push([b"pong ", &payload[..]].concat()),
            _ => messages.push(payload),
        }
    }
}

fn of_channel(messages: &[Vec<u8>], channel: u8) -> Vec<u8> {
    messages
        .iter()
        .filter(|message| message.first() == Some(&channel))
        .flat_map(|message| &message[1..])
        .copied()
        .collect()
}

#[tokio::test]
async fn a_websocket_carries_all_streams_and_input_ends_alone() {
    let (mut client, served) = connect(Protocol::WebSocket(Version::V5, Coding::Binary), SHELL, echo);
    for payload in [&b"\0hello "[..], b"\0world", &[255, 0], b"\x04{\"Width\":1,\"Height\":2}"] {
        client.write_all(&message(payload)).await.unwrap();
    }
    let messages = messages(&mut client).await;
    assert_eq!(messages[0], [1], "an empty message tells that it is connected");
    assert_eq!(of_channel(&messages, 1), b"hello world");
    assert_eq!(of_channel(&messages, 2), b"problem");
    let status: serde_json::Value = serde_json::from_slice(&of_channel(&messages, 3)).unwrap();
    assert_eq!(status["details"]["causes"][0]["message"], "3");
    drop(client);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn base64_is_text_both_ways_and_old_versions_are_told_in_words() {
    let (mut client, served) = connect(Protocol::WebSocket(Version::V1, Coding::Base64), SHELL, || async {
        Err(Outcome::Failed("no such program".to_owned()))
    });
    let messages = messages(&mut client).await;
    assert_eq!(messages, [b"1".to_vec(), b"3SW50ZXJuYWwgZXJyb3Igb2NjdXJyZWQ6IG5vIHN1Y2ggcHJvZ3JhbQ==".to_vec()]);
    drop(client);
    served.await.unwrap().unwrap();
}

/// A program that reads nothing and never ends, and a sign when it is let go of.
fn deaf() -> (Program, oneshot::Receiver<()>) {
    let (gone, when_gone) = oneshot::channel::<()>();
    let (stdin, input) = duplex(4);
    let end = async move {
        let _kept = (input, gone);
        std::future::pending().await
    };
    let stdin: Input = Box::new(stdin);
    (
        Program {
            stdin: Some(stdin),
            stdout: None,
            stderr: None,
            resize: None,
            ends_with_input: false,
            end: Box::pin(end),
        },
        when_gone,
    )
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_program_hears_that_the_server_is_alive() {
    let (program, when_gone) = deaf();
    let (mut client, served) =
        connect(Protocol::WebSocket(Version::V5, Coding::Binary), SHELL, || async { Ok(program) });
    client.write_all(&message(b"\0more than there is room for")).await.unwrap();
    let mut sent = [0; 3 + 2 + 2];
    client.read_exact(&mut sent).await.unwrap();
    assert_eq!(sent, [0x82, 1, 1, 0x8a, 0, 0x8a, 0]);
    drop(client);
    assert!(served.await.unwrap().is_err());
    assert!(when_gone.await.is_err(), "the program is let go of");
}

#[tokio::test(start_paused = true)]
async fn a_start_that_hangs_is_given_up_when_the_client_is_gone() {
    let (kept, when_given_up) = oneshot::channel::<()>();
    let (mut client, served) = connect(Protocol::WebSocket(Version::V5, Coding::Binary), SHELL, || async move {
        let _kept = kept;
        std::future::pending().await
    });
    client.read_exact(&mut [0; 3]).await.unwrap();
    drop(client);
    assert!(served.await.unwrap().is_err());
    assert!(when_given_up.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_answers_is_let_go_of() {
    let (program, when_gone) = deaf();
    let (mut client, far) = duplex(64);
    let served =
        tokio::spawn(serve(Protocol::WebSocket(Version::V5, Coding::Binary), far, SHELL, || async { Ok(program) }));
    let begun = tokio::time::Instant::now();
    let pings = [0x89, 0x80, 0, 0, 0, 0].repeat(1000);
    assert!(client.write_all(&pings).await.is_err());
    assert_eq!(begun.elapsed(), limits::IDLE);
    assert!(served.await.unwrap().is_err());
    assert!(when_gone.await.is_err());
}

/// A program with no streams that ends when it is told to.
fn mute() -> (Program, oneshot::Sender<Outcome>) {
    let (ended, end) = oneshot::channel();
    let end = Box::pin(async { end.await.unwrap() });
    (Program { stdin: None, stdout: None, stderr: None, resize: None, ends_with_input: false, end }, ended)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_take_the_end_is_not_waited_for() {
    let (program, ended) = mute();
    let (client, far) = duplex(16);
    assert!(ended.send(Outcome::Success).is_ok());
    let begun = tokio::time::Instant::now();
    let serving = serve(Protocol::WebSocket(Version::V4, Coding::Binary), far, SHELL, || async { Ok(program) });
    assert!(serving.await.is_err());
    assert_eq!(begun.elapsed(), limits::LINGER);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_end_comes_into_is_whole_all_the_same() {
    let (program, ended) = mute();
    let (mut client, far) = duplex(16);
    let served =
        tokio::spawn(serve(Protocol::WebSocket(Version::V4, Coding::Binary), far, SHELL, || async { Ok(program) }));
    let payload = [b'?'; 40];
    let mut ping = message(&payload);
    ping[0] = 0x89;
    client.write_all(&ping).await.unwrap();
    // Time passes when nobody has anything to do: the answer is being written, and there is no room for it.
    tokio::time::sleep(limits::REASSURANCE).await;
    assert!(ended.send(Outcome::Success).is_ok());
    let messages = messages(&mut client).await;
    assert_eq!(messages[1], [b"pong ", &payload[..]].concat());
    assert_eq!(of_channel(&messages, 3), br#"{"metadata":{},"status":"Success"}"#);
    drop(client);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_is_connected_to_a_program_that_goes_on_is_let_go_of_with_its_input() {
    for (ends_with_input, is_told) in [(true, true), (false, false)] {
        let (program, when_gone) = deaf();
        let program = Program { ends_with_input, ..program };
        let (mut client, serving) =
            connect(Protocol::WebSocket(Version::V5, Coding::Binary), SHELL, || async { Ok(program) });
        client.write_all(&message(&[255, 0])).await.unwrap();
        if is_told {
            let status = of_channel(&messages(&mut client).await, 3);
            assert_eq!(status, br#"{"metadata":{},"status":"Success"}"#);
        }
        drop(client);
        assert!(when_gone.await.is_err());
        let _ = serving.await.unwrap();
    }
}

#[tokio::test]
async fn a_program_is_let_go_of_when_the_client_is_gone() {
    let (program, when_gone) = deaf();
    let (client, served) = connect(Protocol::WebSocket(Version::V4, Coding::Binary), SHELL, || async { Ok(program) });
    drop(client);
    assert!(when_gone.await.is_err());
    let ended = served.await.unwrap();
    assert!(matches!(ended, Ok(()) | Err(crate::Error::Io(_))), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_is_waited_for_and_nothing_is_kept_for_it() {
    let (client, far) = duplex(64);
    let (mut output, stdout) = duplex(64);
    let program = Program {
        stdin: None,
        stdout: Some(Box::new(stdout)),
        stderr: None,
        resize: None,
        ends_with_input: false,
        end: Box::pin(async { Outcome::Success }),
    };
    let wanted = Wanted { stdin: false, stderr: false, ..SHELL };
    let served =
        tokio::spawn(serve(Protocol::WebSocket(Version::V4, Coding::Binary), far, wanted, || async { Ok(program) }));
    let mut written = 0;
    while tokio::time::timeout(std::time::Duration::from_millis(50), output.write_all(&[b'x'; 64])).await.is_ok() {
        written += 64;
    }
    assert!(written < 1024, "{written}");
    drop((client, output));
    let _ = served.await.unwrap();
}

mod over_spdy {
    use super::*;
    use crate::spdy::testing::Client;

    #[tokio::test]
    async fn spdy_carries_all_streams_and_input_ends_alone() {
        let (client, served) = connect(Protocol::Spdy(Version::V4), SHELL, echo);
        let mut client = Client::new(client);
        for (stream, kind) in [(1, "error"), (3, "stdin"), (5, "stdout"), (7, "stderr")] {
            client.open(stream, &[("streamType", kind)]).await;
        }
        client.data(3, false, b"hello ").await;
        client.data(3, true, b"world").await;
        let sent = client.read_until_ended(&[1, 5, 7]).await;
        assert_eq!((sent[&5].as_slice(), sent[&7].as_slice()), (&b"hello world"[..], &b"problem"[..]));
        let status: serde_json::Value = serde_json::from_slice(&sent[&1]).unwrap();
        assert_eq!(status["reason"], "NonZeroExitCode");
        drop(client);
        served.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_terminal_is_told_its_size() {
        let (told, sizes) = oneshot::channel();
        let start = || async {
            let told = std::sync::Mutex::new(Some(told));
            let (stdin, input) = duplex(16);
            let end = async move {
                let _kept = input;
                std::future::pending().await
            };
            let stdin: Input = Box::new(stdin);
            let resize = move |columns, rows| {
                if let Some(told) = told.lock().unwrap().take() {
                    told.send((columns, rows)).unwrap();
                }
            };
            let resize: Box<dyn Fn(u16, u16) + Send> = Box::new(resize);
            Ok(Program {
                stdin: Some(stdin),
                stdout: None,
                stderr: None,
                resize: Some(resize),
                ends_with_input: false,
                end: Box::pin(end),
            })
        };
        let (client, served) = connect(Protocol::Spdy(Version::V3), TERMINAL, start);
        let mut client = Client::new(client);
        for (stream, kind) in [(1, "error"), (3, "stdin"), (5, "stdout"), (7, "resize")] {
            client.open(stream, &[("streamtype", kind)]).await;
        }
        client.data(7, false, b"{\"Width\":80,\"Height\":24}\n").await;
        assert_eq!(sizes.await.unwrap(), (80, 24));
        drop(client);
        let _ = served.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_open_its_streams_is_not_waited_for() {
        let (client, served) = connect(Protocol::Spdy(Version::V4), SHELL, echo);
        let mut client = Client::new(client);
        client.open(1, &[("streamtype", "error")]).await;
        let begun = tokio::time::Instant::now();
        let ended = served.await.unwrap();
        assert!(matches!(ended, Err(crate::Error::Streams)), "{ended:?}");
        assert_eq!(begun.elapsed(), limits::CREATION);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_is_found_gone_while_its_input_is_held_up() {
        let (program, when_gone) = deaf();
        let (client, served) = connect(Protocol::Spdy(Version::V4), SHELL, || async { Ok(program) });
        let mut client = Client::new(client);
        for (stream, kind) in [(1, "error"), (3, "stdin"), (5, "stdout"), (7, "stderr")] {
            client.open(stream, &[("streamtype", kind)]).await;
        }
        client.data(3, false, b"more than there is room for").await;
        drop(client);
        assert!(served.await.unwrap().is_err());
        assert!(when_gone.await.is_err(), "the program is let go of");
    }

    #[tokio::test]
    async fn streams_that_nobody_expects_are_refused() {
        let (client, served) = connect(Protocol::Spdy(Version::V4), SHELL, echo);
        let mut client = Client::new(client);
        for (stream, kind, is_accepted) in
            [(1, "error", true), (3, "error", false), (5, "other", false), (7, "stdin", true)]
        {
            assert_eq!(client.try_open(stream, &[("streamtype", kind)]).await, is_accepted, "{kind}");
        }
        drop(client);
        assert!(served.await.unwrap().is_err());
    }
}

#[test]
fn io_errors_say_so() {
    let error = crate::Error::from(io::Error::from(io::ErrorKind::TimedOut));
    assert_eq!(error.to_string(), "the connection broke off: timed out");
}
