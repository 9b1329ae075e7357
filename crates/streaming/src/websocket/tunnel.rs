//! A byte stream through a WebSocket: each binary message is some of it (KEP-4006, port-forward).

use super::{Event, Reader, Writer};
use crate::{
    Result, limits,
    waiting::{last_words, reassuring},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};

/// Carries what `inner` reads and writes, as long as it and the connection last.
pub async fn tunnel<S, F>(stream: S, inner: impl FnOnce(DuplexStream) -> F) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Result<()>>,
{
    let (reader, writer) = split(stream);
    let (mut reader, writer) = (Reader::new(reader), Writer::new(writer));
    let (near, far) = duplex(limits::CHUNK);
    let (from_inner, to_inner) = split(near);
    let ended = {
        let (incoming, outgoing) = (receive(&mut reader, &writer, to_inner), send(from_inner, &writer));
        let carried = async { tokio::try_join!(outgoing, inner(far)).map(drop) };
        tokio::select! {
            ended = carried => ended,
            ended = incoming => return ended,
        }
    };
    last_words(writer.close(), reader.discard()).await?;
    ended
}

async fn receive<R, W>(reader: &mut Reader<R>, writer: &Writer<W>, mut to: WriteHalf<DuplexStream>) -> Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        match reader.next().await? {
            Some(Event::Data { data, .. }) => {
                reassuring(to.write_all(&data), || writer.pong(&[])).await??;
            }
            Some(Event::Ping(payload)) => writer.pong(&payload).await?,
            Some(Event::Pong) => {}
            Some(Event::Close) | None => return Ok(()),
        }
    }
}

async fn send<W: AsyncWrite + Unpin>(mut from: ReadHalf<DuplexStream>, writer: &Writer<W>) -> Result<()> {
    let mut chunk = vec![0; limits::CHUNK];
    loop {
        match from.read(&mut chunk).await? {
            0 => return Ok(()),
            length => writer.binary(chunk.get(..length).unwrap_or_default()).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::reader::tests::client_frame;

    #[tokio::test]
    async fn bytes_come_out_as_they_went_in() {
        let (mut client, far) = duplex(1 << 16);
        let served = tokio::spawn(tunnel(far, |mut inner| async move {
            let mut word = [0; 5];
            inner.read_exact(&mut word).await?;
            inner.write_all(&word).await?;
            Ok(())
        }));
        client.write_all(&client_frame(true, 2, b"he")).await.unwrap();
        client.write_all(&client_frame(true, 9, b"?")).await.unwrap();
        client.write_all(&client_frame(true, 2, b"llo")).await.unwrap();
        let mut answer = vec![0; 3 + 7 + 4];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [&b"\x8a\x01?"[..], b"\x82\x05hello", b"\x88\x02\x03\xe8"].concat());
        drop(client);
        served.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_is_found_gone_while_its_input_is_held_up() {
        let (mut client, far) = duplex(1 << 20);
        let served = tokio::spawn(tunnel(far, |inner| async move {
            let _kept = inner;
            std::future::pending().await
        }));
        for _ in 0..2 {
            client.write_all(&client_frame(true, 2, &vec![0; limits::CHUNK])).await.unwrap();
        }
        drop(client);
        assert!(served.await.unwrap().is_err());
    }
}
