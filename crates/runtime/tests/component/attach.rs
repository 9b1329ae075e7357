//! Being attached to a container's own streams, and connections into a sandbox's network.

use crate::{
    containers::{changed, shell},
    exec::run,
    fixture::{Fixture, trial},
};
use libtest_mimic::Trial;
use runtime::{ContainerConfig, Sandbox, StandardStreams, Streams};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("attach: several get the output and all of them the end, and the log has it, too", several),
        trial("attach: an input for once ends with the first who is attached", once),
        trial("attach: an input stays open for the next", again),
        trial("attach: who does not read holds the container up and misses nothing", slow),
        trial("attach: who has gone holds nothing up", gone),
        trial("attach: more than a supervisor has descriptors for are refused, and hinder nobody else", many),
        trial("attach: a terminal is written to and told its size", terminal),
        trial("a port of the sandbox is reached by IPv4 or IPv6", port),
    ]
}

const ALL: StandardStreams = StandardStreams { stdin: true, stdout: true, stderr: true };
const OUTPUTS: StandardStreams = StandardStreams { stdin: false, ..ALL };

async fn start(fixture: &Fixture, sandbox: &Sandbox, script: &str, once: bool) {
    let config = fixture.config("c", shell(fixture, script));
    sandbox.start_container(ContainerConfig { stdin: true, stdin_once: once, ..config }).await.unwrap();
}

async fn read(streams: Streams) -> (String, String) {
    let (mut output, mut error) = (String::new(), String::new());
    streams.stdout.unwrap().read_to_string(&mut output).await.unwrap();
    streams.stderr.unwrap().read_to_string(&mut error).await.unwrap();
    (output, error)
}

async fn several(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    start(&fixture, &sandbox, "read go; echo out; echo err >&2", false).await;
    let watching = [sandbox.attach("c", OUTPUTS).await.unwrap(), sandbox.attach("c", OUTPUTS).await.unwrap()];
    let mut first = sandbox.attach("c", ALL).await.unwrap();
    first.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    for streams in watching.into_iter().chain([first]) {
        let (output, error) = read(streams).await;
        assert_eq!((output.as_str(), error.as_str()), ("out\n", "err\n"));
    }
    fixture.exit("c").await;
    let log = fixture.output("c");
    assert!(log.contains("out\n") && log.contains("err\n"), "{log}");
    let error = sandbox.attach("c", ALL).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "container c: it does not run");
    sandbox.stop().await.unwrap();
}

async fn once(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    start(&fixture, &sandbox, "cat; echo end", true).await;
    let mut first = sandbox.attach("c", ALL).await.unwrap();
    let second = sandbox.attach("c", ALL).await.unwrap();
    assert!(second.stdin.is_none());
    first.stdin.take().unwrap().write_all(b"all\n").await.unwrap();
    assert_eq!(read(second).await.0, "all\nend\n");
    assert_eq!(read(first).await.0, "all\nend\n");
    fixture.exit("c").await;
    sandbox.stop().await.unwrap();
}

async fn again(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    start(&fixture, &sandbox, "read one; echo $one; read two; echo $two", false).await;
    for word in ["first", "second"] {
        let mut streams = sandbox.attach("c", ALL).await.unwrap();
        streams.stdin.take().unwrap().write_all(format!("{word}\n").as_bytes()).await.unwrap();
        let mut line = vec![0; word.len() + 1];
        streams.stdout.unwrap().read_exact(&mut line).await.unwrap();
        assert_eq!(line, format!("{word}\n").into_bytes());
    }
    fixture.exit("c").await;
    sandbox.stop().await.unwrap();
}

async fn slow(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    // More than all that lies between: the container's pipe, a chunk, ours.
    start(&fixture, &sandbox, "read go; yes 123456789012345 | head -c 1000000; echo end >&2", false).await;
    let mut streams = sandbox.attach("c", ALL).await.unwrap();
    streams.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    let mut stdout = streams.stdout.take().unwrap();
    let mut begin = vec![0; 1];
    stdout.read_exact(&mut begin).await.unwrap();
    // The container cannot have come to its end, as nobody has read what is between.
    assert!(!fixture.output("c").contains("end"));
    stdout.read_to_end(&mut begin).await.unwrap();
    assert_eq!(begin.len(), 1_000_000);
    let mut error = String::new();
    streams.stderr.unwrap().read_to_string(&mut error).await.unwrap();
    assert_eq!(error, "end\n");
    fixture.exit("c").await;
    assert_eq!(fixture.output("c").len(), 1_000_000 + "end\n".len());
    sandbox.stop().await.unwrap();
}

async fn gone(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    start(&fixture, &sandbox, "read go; yes 123456789012345 | head -c 1000000", false).await;
    for _ in 0..100 {
        drop(sandbox.attach("c", ALL).await.unwrap());
    }
    let mut streams = sandbox.attach("c", ALL).await.unwrap();
    streams.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    drop(streams);
    assert_eq!(fixture.exit("c").await.exit_code, Some(0));
    assert_eq!(fixture.output("c").len(), 1_000_000);
    sandbox.stop().await.unwrap();
}

async fn many(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    start(&fixture, &sandbox, "read go; echo out", false).await;
    let mut attached = Vec::new();
    let refused = loop {
        match sandbox.attach("c", OUTPUTS).await {
            Ok(streams) => attached.push(streams),
            Err(error) => break error.to_string(),
        }
    };
    assert_eq!(
        (attached.len(), refused.as_str()),
        (128, "container c: too many are attached to the pod's containers already")
    );
    assert_eq!(run(&sandbox, "c", "cat", "hello").await, ("hello".to_owned(), String::new(), 0));
    drop(attached);
    // Once a process has been started and has ended, it is known that they have gone.
    run(&sandbox, "c", "true", "").await;
    let mut streams = sandbox.attach("c", ALL).await.unwrap();
    streams.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    assert_eq!(read(streams).await.0, "out\n");
    sandbox.stop().await.unwrap();
}

async fn terminal(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "read line; busybox stty size; echo \"<$line>\"";
    let config = fixture.config("c", changed(&fixture, script, "/process/terminal", json!(true)));
    sandbox.start_container(ContainerConfig { stdin: true, ..config }).await.unwrap();
    let mut streams = sandbox.attach("c", ALL).await.unwrap();
    streams.terminal.as_ref().unwrap().resize(99, 33).unwrap();
    streams.stdin.as_mut().unwrap().write_all(b"word\r").await.unwrap();
    let (output, error) = read(streams).await;
    assert_eq!((output.as_str(), error.as_str()), ("word\r\n33 99\r\n<word>\r\n", ""));
    fixture.exit("c").await;
    sandbox.stop().await.unwrap();
}

async fn port(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let error = sandbox.connect_tcp(8080).await.unwrap_err().to_string();
    assert!(
        error.starts_with("failed to connect to localhost:8080 inside sandbox pod, IPv4: Connection refused"),
        "{error}"
    );
    for (id, address, port) in [("v4", "127.0.0.1", 8081), ("v6", "[::1]", 8082)] {
        let script = format!("exec busybox httpd -f -p {address}:{port} -h /etc");
        fixture.start(&sandbox, id, shell(&fixture, &script)).await.unwrap();
        let mut stream = loop {
            match sandbox.connect_tcp(port).await {
                Ok(stream) => break stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        stream.write_all(b"GET /passwd HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("root:x:0:0:root:/root:/bin/sh\n"), "{answer}");
    }
    sandbox.stop().await.unwrap();
}
