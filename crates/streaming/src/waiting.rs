//! Waiting: for the program while the client's input is held up, and for the client at the end.

use crate::{Result, limits};
use std::{io, pin::pin};
use tokio::time::timeout;

/// Waits for what holds the client's input up. Now and then `reassure` sends the client something: by that it learns that
/// its server is alive, and the server learns that the client is gone, of which nothing else tells while nothing is read.
pub async fn reassuring<T, F>(work: impl Future<Output = T>, reassure: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<()>>,
{
    let mut work = pin!(work);
    loop {
        match timeout(limits::REASSURANCE, work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) => reassure().await?,
        }
    }
}

/// Tells the client the last of all, and reads on until it has gone: the last of it is on its way as long as the
/// connection is open. A client that takes nothing is not waited for.
pub async fn last_words(words: impl Future<Output = Result<()>>, discard: impl Future<Output = ()>) -> Result<()> {
    timeout(limits::LINGER, words).await.map_err(io::Error::from)??;
    let _ = timeout(limits::LINGER, discard).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::{cell::Cell, future::pending};
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn who_is_held_up_is_reassured_until_there_is_nothing_to_wait_for() {
        let told = Cell::new(0);
        let reassure = || async {
            told.set(told.get() + 1);
            Ok(())
        };
        assert_eq!(reassuring(async { 1 }, reassure).await.unwrap(), 1);
        assert_eq!(told.get(), 0);
        reassuring(sleep(limits::REASSURANCE * 7 / 2), reassure).await.unwrap();
        assert_eq!(told.get(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_when_the_client_is_gone() {
        let gone = || async { Err(Error::Io(io::ErrorKind::BrokenPipe.into())) };
        assert!(reassuring(pending::<()>(), gone).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn last_words_are_said_to_who_takes_them_in_time() {
        for (words, discard, expected) in [(false, false, 1), (true, false, 1), (true, true, 0)] {
            let begun = Instant::now();
            let said = async { if words { Ok(()) } else { pending().await } };
            let read = async {
                if !discard {
                    pending::<()>().await;
                }
            };
            assert_eq!(last_words(said, read).await.is_ok(), words);
            assert_eq!(begun.elapsed(), limits::LINGER * expected);
        }
    }
}
