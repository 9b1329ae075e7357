//! Clients of all protocols against servers that are none.

use super::*;
use crate::{spdy::testing::Client, upgrade::tests::headers};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::JoinHandle,
};

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
    for (headers, ports, expected) in [
        (spdy("portforward.k8s.io"), &[][..], Some(Protocol::Spdy)),
        (websocket("SPDY/3.1+portforward.k8s.io"), &[], Some(Protocol::Tunnel)),
        (websocket("v4.channel.k8s.io"), &["80"], Some(Protocol::Channels(Coding::Binary, vec![80]))),
        (websocket("v4.channel.k8s.io"), &[], None),
        (websocket("v4.channel.k8s.io"), &["1"; 127], Some(Protocol::Channels(Coding::Binary, vec![1; 127]))),
        (websocket("v4.channel.k8s.io"), &["1"; 128], None),
        (websocket("v4.base64.channel.k8s.io"), &["1"; 40], Some(Protocol::Channels(Coding::Base64, vec![1; 40]))),
        (websocket("v4.base64.channel.k8s.io"), &["1"; 41], None),
        (spdy("v4.channel.k8s.io"), &[], None),
    ] {
        let ports: Vec<String> = ports.iter().map(|port| (*port).to_owned()).collect();
        assert_eq!(accept(&headers, &ports).ok().map(|accepted| accepted.protocol), expected, "{headers:?}");
    }
}

/// On port 7 a server that sends back what it gets, to the end; on others nobody.
fn echo() -> Connect {
    Arc::new(|port| {
        Box::pin(async move {
            if port != 7 {
                return Err(format!("nobody listens on {port}"));
            }
            let (near, far) = duplex(16);
            tokio::spawn(async move {
                let (mut from, mut to) = tokio::io::split(far);
                tokio::io::copy(&mut from, &mut to).await?;
                to.shutdown().await
            });
            Ok(Box::new(near) as Box<dyn Connection>)
        })
    })
}

fn connect(protocol: Protocol) -> (DuplexStream, JoinHandle<Result<()>>) {
    let (client, server) = duplex(1 << 20);
    (client, tokio::spawn(serve(protocol, server, echo())))
}

/// A server that reads nothing and never ends.
fn deaf() -> Connect {
    Arc::new(|_| {
        Box::pin(async {
            let (near, far) = duplex(16);
            tokio::spawn(async move {
                let _kept = far;
                std::future::pending::<()>().await;
            });
            Ok(Box::new(near) as Box<dyn Connection>)
        })
    })
}

/// More of them than there is room for on the way to a server.
const PIECES: usize = limits::QUEUE + 4;

/// A client whose first connection is held up.
async fn held_up() -> (Client, JoinHandle<Result<()>>) {
    let (client, far) = duplex(1 << 20);
    let served = tokio::spawn(serve(Protocol::Spdy, far, deaf()));
    let mut client = Client::new(client);
    client.open(1, &stream("error", "7", "0")).await;
    client.open(3, &stream("data", "7", "0")).await;
    client.open(5, &stream("error", "7", "1")).await;
    for _ in 0..PIECES {
        client.data(3, false, &[b'x'; 32]).await;
    }
    (client, served)
}

#[tokio::test(start_paused = true)]
async fn a_client_is_found_gone_while_its_input_is_held_up() {
    let (client, served) = held_up().await;
    drop(client);
    assert!(served.await.unwrap().is_err());
    let (mut client, far) = duplex(1 << 20);
    let served = tokio::spawn(serve(Protocol::Channels(Coding::Binary, vec![7]), far, deaf()));
    for _ in 0..PIECES {
        client.write_all(&message(&[0; 32])).await.unwrap();
    }
    drop(client);
    assert!(served.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn half_a_pair_is_given_up_while_another_connection_is_held_up() {
    let begun = tokio::time::Instant::now();
    let (mut client, _served) = held_up().await;
    client.read_until_ended(&[5]).await;
    assert!(client.is_reset(5));
    assert_eq!(begun.elapsed(), limits::CREATION);
}

fn stream<'a>(kind: &'a str, port: &'a str, id: &'a str) -> [(&'a str, &'a str); 3] {
    [("streamtype", kind), ("port", port), ("requestid", id)]
}

#[tokio::test]
async fn several_connections_are_forwarded_and_end_one_by_one() {
    let (client, served) = connect(Protocol::Spdy);
    let mut client = Client::new(client);
    for (number, id) in [(1, "0"), (5, "1")] {
        client.open(number, &stream("error", "7", id)).await;
        client.open(number + 2, &stream("data", "7", id)).await;
    }
    client.data(7, false, b"second").await;
    assert_eq!(client.read_data(7, 6).await, b"second");
    client.data(3, false, b"first").await;
    client.data(3, true, b"").await;
    let sent = client.read_until_ended(&[1, 3]).await;
    assert_eq!((sent[&3].as_slice(), sent[&1].as_slice()), (&b"first"[..], &b""[..]));
    client.data(7, true, b" end").await;
    assert_eq!(client.read_until_ended(&[5, 7]).await[&7], b" end");
    drop(client);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn nobody_at_a_port_is_told_and_the_others_go_on() {
    let (client, served) = connect(Protocol::Spdy);
    let mut client = Client::new(client);
    client.open(1, &stream("error", "9", "0")).await;
    client.open(3, &stream("data", "9", "0")).await;
    let sent = client.read_until_ended(&[1, 3]).await;
    assert_eq!(sent[&1], b"nobody listens on 9");
    assert!(client.is_reset(3));
    for (number, headers) in [(5, stream("data", "0", "1")), (7, stream("other", "7", "1"))] {
        assert!(!client.try_open(number, &headers).await, "{headers:?}");
    }
    client.open(9, &stream("error", "7", "1")).await;
    client.open(11, &stream("data", "7", "1")).await;
    client.data(11, true, b"good").await;
    assert_eq!(client.read_until_ended(&[9, 11]).await[&11], b"good");
    drop(client);
    served.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn half_a_pair_is_not_waited_for_for_ever() {
    let (client, _served) = connect(Protocol::Spdy);
    let mut client = Client::new(client);
    client.open(1, &stream("error", "7", "0")).await;
    let begun = tokio::time::Instant::now();
    client.read_until_ended(&[1]).await;
    assert!(client.is_reset(1));
    assert_eq!(begun.elapsed(), limits::CREATION);
}

#[tokio::test]
async fn too_many_connections_are_refused() {
    let (client, served) = connect(Protocol::Spdy);
    let mut client = Client::new(client);
    let mut number = 1;
    let mut accepted = 0;
    while client.try_open(number, &stream("error", "7", &number.to_string())).await {
        (number, accepted) = (number + 2, accepted + 1);
    }
    assert_eq!(accepted, limits::FORWARDED);
    drop(client);
    served.await.unwrap().unwrap();
}

/// A message as a client sends it, masked with nothing.
fn message(payload: &[u8]) -> Vec<u8> {
    [&[0x82, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn a_websocket_s_channels_are_ports() {
    let (mut client, served) = connect(Protocol::Channels(Coding::Binary, vec![7, 9]));
    client.write_all(&message(b"\0hello")).await.unwrap();
    let mut sent = vec![0; 5 * 4 + (3 + 19) + (3 + 5)];
    client.read_exact(&mut sent).await.unwrap();
    let contains = |part: &[u8]| sent.windows(part.len()).any(|window| window == part);
    for part in [
        &b"\x82\x03\x00\x07\x00"[..],
        b"\x82\x03\x01\x07\x00",
        b"\x82\x03\x02\x09\x00",
        b"\x82\x03\x03\x09\x00",
        b"\x82\x14\x03nobody listens on 9",
        b"\x82\x06\x00hello",
    ] {
        assert!(contains(part), "{part:?} {sent:?}");
    }
    client.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
    served.await.unwrap().unwrap();
}
