//! Container logs as `kubectl logs` wants them: from the last lines on, across rotated files, followed to the end.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

mod line;
mod query;
mod render;
mod source;
mod tail;
mod watch;

use crate::blocking;
use bytes::Bytes;
use std::{
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
    sync::mpsc,
};

pub use query::LogQuery;
pub use source::{has_container, log_source};

use render::Renderer;
use watch::FolderWatch;

const CHUNK: usize = 64 << 10;
/// Chunks that wait for a slow client; then reading waits too.
const QUEUE: usize = 4;

/// The log at `path` as chunks of output. `ended` completes when nothing will be written any more; until then a query
/// that follows keeps the stream open.
pub fn read(
    path: PathBuf,
    query: LogQuery,
    ended: impl Future<Output = ()> + Send + 'static,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        let mut output = Output { renderer: Renderer::new(query.clone()), sender: sender.clone() };
        let read = async {
            let current = read_written(&path, &query, &mut output).await?;
            if query.follow { follow(&path, current, &mut output, ended).await } else { Ok(()) }
        };
        tokio::select! {
            result = read => if let Err(error) = result && error.kind() != io::ErrorKind::BrokenPipe {
                let _ = sender.send(Err(error)).await;
            },
            () = sender.closed() => {}
        }
    });
    receiver
}

/// What the last lines of a log show: the end of it, at most so many lines and bytes.
pub fn last_lines(path: &Path, lines: u64, bytes: usize) -> io::Result<String> {
    let file = std::fs::File::open(path)?;
    let (mut position, _) = tail::start_of_last_lines(&file, file.metadata()?.len(), lines)?;
    let mut renderer = Renderer::new(LogQuery::default());
    let (mut chunk, mut shown) = (vec![0; CHUNK], Vec::new());
    loop {
        let length = file.read_at(&mut chunk, position)?;
        if length == 0 {
            return Ok(String::from_utf8_lossy(&shown).into_owned());
        }
        position += length as u64;
        renderer.render(chunk.get(..length).unwrap_or_default(), &mut shown);
        shown.drain(..shown.len().saturating_sub(bytes));
    }
}

struct Output {
    renderer: Renderer,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Output {
    /// Sends what can be read now. An error of kind `BrokenPipe` ends the stream: the client has all, or is gone.
    async fn drain(&mut self, file: &mut File) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = file.read(&mut chunk).await?;
            if length == 0 {
                return Ok(());
            }
            let mut rendered = Vec::with_capacity(length);
            self.renderer.render(chunk.get(..length).unwrap_or_default(), &mut rendered);
            if !rendered.is_empty() {
                self.sender.send(Ok(rendered.into())).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
            }
            if self.renderer.is_full() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
    }
}

/// Sends what has been written so far; returns the file that is being written, where the reading stopped.
async fn read_written(path: &Path, query: &LogQuery, output: &mut Output) -> io::Result<Option<File>> {
    let (files, offset) = {
        let (path, tail_lines) = (path.to_owned(), query.tail_lines);
        blocking::run(move || start(log_files(&path), tail_lines)).await?
    };
    let mut current = None;
    for (index, path) in files.iter().enumerate() {
        output.renderer.end_file();
        let mut file = match File::open(path).await {
            // Rotated away between listing and opening.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        if index == 0 {
            file.seek(io::SeekFrom::Start(offset)).await?;
        }
        output.drain(&mut file).await?;
        current = Some(file);
    }
    Ok(current)
}

/// The files of a log, oldest first: `0.log` and what rotation has renamed to `0.log.<something>`.
pub fn log_files(path: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let mut rotated: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let other = entry.file_name();
            other.to_str().and_then(|other| other.strip_prefix(name)).is_some_and(|rest| rest.starts_with('.'))
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    rotated.sort();
    let mut files: Vec<_> = rotated.into_iter().map(|(_, path)| path).collect();
    if path.exists() {
        files.push(path.to_owned());
    }
    files
}

/// The files to read, and where to begin in the first of them, so that the last `tail_lines` lines come out.
fn start(mut files: Vec<PathBuf>, tail_lines: Option<u64>) -> io::Result<(Vec<PathBuf>, u64)> {
    let Some(mut missing) = tail_lines else { return Ok((files, 0)) };
    for index in (0..files.len()).rev() {
        let Some(path) = files.get(index) else { continue };
        let file = match std::fs::File::open(path) {
            // Rotated away, or gone with the pod, since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        let (offset, left) = tail::start_of_last_lines(&file, file.metadata()?.len(), missing)?;
        if left == 0 {
            return Ok((files.split_off(index), offset));
        }
        missing = left;
    }
    Ok((files, 0))
}

/// Sends what is being written until the container has ended and all of its output is sent.
async fn follow(
    path: &Path,
    mut current: Option<File>,
    output: &mut Output,
    ended: impl Future<Output = ()>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let folder_watch = match FolderWatch::new(folder) {
        // The pod is gone with its folder; what was opened before can be read to its end.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if let Some(file) = &mut current { output.drain(file).await } else { Ok(()) };
        }
        watch => watch?,
    };
    tokio::pin!(ended);
    let mut has_ended = false;
    loop {
        if let Some(file) = &mut current {
            output.drain(file).await?;
        }
        if is_another_file(path, current.as_ref()).await {
            // The supervisor writes nothing more to the old file once the new one is there.
            if let Some(mut old) = current.take() {
                output.drain(&mut old).await?;
                output.renderer.end_file();
            }
            current = File::open(path).await.ok();
            continue;
        }
        if has_ended {
            return Ok(());
        }
        tokio::select! {
            () = &mut ended => has_ended = true,
            changed = folder_watch.changed() => changed?,
        }
    }
}

async fn is_another_file(path: &Path, current: Option<&File>) -> bool {
    let Ok(there) = tokio::fs::metadata(path).await else { return false };
    match current {
        None => true,
        Some(file) => file.metadata().await.is_ok_and(|open| open.ino() != there.ino()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tokio::sync::oneshot;

    fn record(text: &str) -> String {
        format!("2026-01-01T00:00:00Z stdout F {text}\n")
    }

    fn append(path: &Path, text: &str) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(record(text).as_bytes()).unwrap();
    }

    async fn all(mut chunks: mpsc::Receiver<io::Result<Bytes>>) -> String {
        let mut text = String::new();
        while let Some(chunk) = chunks.recv().await {
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
        text
    }

    #[test]
    fn the_last_lines_are_cut_by_number_and_by_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        for text in ["one", "two", "three"] {
            append(&path, text);
        }
        for (lines, bytes, expected) in
            [(1, 99, "three\n"), (2, 99, "two\nthree\n"), (9, 99, "one\ntwo\nthree\n"), (9, 3, "ee\n")]
        {
            assert_eq!(last_lines(&path, lines, bytes).unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn rotated_files_are_read_in_order_and_counted_from_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        append(&path, "one");
        append(&path, "two");
        std::fs::rename(&path, folder.path().join("0.log.20260101-000000")).unwrap();
        append(&path, "three");
        append(&folder.path().join("10.log"), "another attempt");

        for (tail_lines, expected) in
            [(None, "one\ntwo\nthree\n"), (Some(2), "two\nthree\n"), (Some(9), "one\ntwo\nthree\n"), (Some(0), "")]
        {
            let query = LogQuery { tail_lines, ..LogQuery::default() };
            assert_eq!(all(read(path.clone(), query, std::future::ready(()))).await, expected);
        }
    }

    #[tokio::test]
    async fn following_goes_on_over_a_rotation_and_stops_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        append(&path, "one");
        let (end, ended) = oneshot::channel();
        let query = LogQuery { follow: true, ..LogQuery::default() };
        let mut chunks = read(path.clone(), query, async { drop(ended.await) });
        assert_eq!(chunks.recv().await.unwrap().unwrap(), "one\n");

        append(&path, "two");
        assert_eq!(chunks.recv().await.unwrap().unwrap(), "two\n");
        std::fs::rename(&path, folder.path().join("0.log.1")).unwrap();
        append(&path, "three");
        assert_eq!(chunks.recv().await.unwrap().unwrap(), "three\n");
        append(&path, "last");
        end.send(()).unwrap();
        assert_eq!(all(chunks).await, "last\n");
    }

    #[tokio::test]
    async fn a_log_that_went_with_its_pod_is_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/0.log");
        for tail_lines in [None, Some(5)] {
            let query = LogQuery { follow: true, tail_lines, ..LogQuery::default() };
            assert_eq!(all(read(path.clone(), query, std::future::pending())).await, "");
        }
    }

    #[tokio::test]
    async fn a_log_that_is_not_there_yet_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        let query = LogQuery { follow: true, ..LogQuery::default() };
        let mut chunks = read(path.clone(), query, std::future::pending());
        append(&path, "one");
        assert_eq!(chunks.recv().await.unwrap().unwrap(), "one\n");
    }
}
