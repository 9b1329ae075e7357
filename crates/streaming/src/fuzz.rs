//! What the workspace `fuzz/` feeds: whatever a client sends, reading it ends well.

use crate::{spdy, websocket};
use tokio::runtime::Builder;

/// Reads frames of SPDY.
pub fn spdy(bytes: &[u8]) {
    block_on(async {
        let mut reader = spdy::Reader::new(bytes);
        while let Ok(Some(_)) = reader.next().await {}
    });
}

/// Reads frames of a WebSocket, and channels in both codings.
pub fn websocket(bytes: &[u8]) {
    use websocket::{Coding, Decoder, Event, Reader};
    block_on(async {
        for coding in [Coding::Binary, Coding::Base64] {
            let (mut reader, mut decoder) = (Reader::new(bytes), Decoder::new(coding));
            while let Ok(Some(event)) = reader.next().await {
                if let Event::Data { begins, ends, data } = event
                    && decoder.decode(begins, ends, data).is_err()
                {
                    break;
                }
            }
        }
    });
}

fn block_on(future: impl Future<Output = ()>) {
    if let Ok(runtime) = Builder::new_current_thread().build() {
        runtime.block_on(future);
    }
}
