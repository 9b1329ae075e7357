//! The files of an archive, be it a folder, a tar archive, a compressed one or a stream.

use super::LARGEST_DOCUMENT;
use crate::{
    confined::clean,
    images::{
        Error, Result, Source,
        layer::{Kind, TarReader, decompress},
    },
};
use rustix::fs::{Mode, OFlags};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Links in an archive that lead to one another; Docker writes one, if any.
const MOST_LINKS: usize = 8;

/// An opened archive.
#[derive(Clone)]
pub(in crate::images) struct Files {
    /// For errors.
    name: String,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Folder(PathBuf),
    Tar { file: Arc<File>, members: Arc<BTreeMap<PathBuf, Place>> },
}

/// Where a tar archive has a file.
enum Place {
    Section {
        offset: u64,
        length: u64,
    },
    /// The file is at another path.
    Link(PathBuf),
}

impl Files {
    /// Opens an archive. What is compressed or comes as a stream is first written, unpacked, to a nameless file in `spool`.
    pub fn open(source: Source, spool: &Path) -> Result<Self> {
        match source {
            Source::Path(path) => {
                let name = format!("archive {}", path.display());
                let failed = |error| Error::io("opening", &path, error);
                if path.is_dir() {
                    return Ok(Self { name, content: Content::Folder(path) });
                }
                let mut file = File::open(&path).map_err(failed)?;
                let decompressed = decompress(&file).map_err(|error| Error::corrupted(&name, error))?;
                let seekable = file.metadata().map_err(failed)?.is_file();
                if !seekable || !decompressed.is_plain() {
                    return Self::spooled(name, decompressed, spool);
                }
                drop(decompressed);
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                Self::tar(name, file)
            }
            Source::Reader(reader) => {
                let name = "archive from a stream".to_owned();
                let decompressed = decompress(reader).map_err(|error| Error::corrupted(&name, error))?;
                Self::spooled(name, decompressed, spool)
            }
        }
    }

    fn spooled(name: String, mut archive: impl Read, spool: &Path) -> Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = rustix::fs::open(spool, flags, Mode::RUSR | Mode::WUSR);
        let mut file = File::from(file.map_err(|error| Error::io("creating a file in", spool, error))?);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = archive.read(&mut buffer).map_err(|error| Error::corrupted(&name, error))?;
            let piece = buffer.get(..count).filter(|piece| !piece.is_empty());
            let Some(piece) = piece else { break };
            io::Write::write_all(&mut file, piece)
                .map_err(|error| Error::io("writing the archive to", spool, error))?;
        }
        file.seek(SeekFrom::Start(0)).map_err(|error| Error::io("reading the archive in", spool, error))?;
        Self::tar(name, file)
    }

    fn tar(name: String, file: File) -> Result<Self> {
        let broken = |error| Error::corrupted(&name, error);
        let mut members = BTreeMap::new();
        let mut archive = TarReader::seeking(&file);
        while let Some(member) = archive.next_member().map_err(broken)? {
            let path = clean(&member.path);
            let place = match member.kind {
                Kind::File => Place::Section { offset: archive.position(), length: member.size },
                Kind::Symlink => Place::Link(clean(&path.parent().unwrap_or(Path::new("")).join(&member.link))),
                Kind::HardLink => Place::Link(clean(&member.link)),
                _ => continue,
            };
            members.insert(path, place);
        }
        drop(archive);
        Ok(Self { name, content: Content::Tar { file: Arc::new(file), members: Arc::new(members) } })
    }

    /// What to call the archive in errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A JSON document, if the archive has it.
    pub fn document(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(file) = self.find(path)? else { return Ok(None) };
        let mut document = Vec::new();
        let read = file.take(LARGEST_DOCUMENT + 1).read_to_end(&mut document);
        read.map_err(|error| Error::corrupted(format!("{path} of {}", self.name), error))?;
        if document.len() as u64 > LARGEST_DOCUMENT {
            return Err(Error::corrupted(format!("{path} of {}", self.name), "too large"));
        }
        Ok(Some(document))
    }

    /// A JSON document that the archive must have.
    pub fn required_document(&self, path: &str) -> Result<Vec<u8>> {
        self.document(path)?.ok_or_else(|| self.missing(path))
    }

    /// The content of a file that the archive must have.
    pub fn open_file(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        self.find(path)?.ok_or_else(|| self.missing(path))
    }

    fn missing(&self, path: &str) -> Error {
        Error::corrupted(&self.name, format!("{path} is missing"))
    }

    fn find(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>> {
        let mut path = clean(Path::new(path));
        match &self.content {
            Content::Folder(folder) => {
                let path = folder.join(path);
                match File::open(&path) {
                    Ok(file) => Ok(Some(Box::new(file))),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(Error::io("opening", &path, error)),
                }
            }
            Content::Tar { file, members } => {
                for _ in 0..=MOST_LINKS {
                    match members.get(&path) {
                        None => return Ok(None),
                        Some(Place::Link(target)) => path.clone_from(target),
                        Some(Place::Section { offset, length }) => {
                            let file = Arc::clone(file);
                            return Ok(Some(Box::new(Section { file, offset: *offset, left: *length })));
                        }
                    }
                }
                Err(Error::corrupted(&self.name, format!("too many links at {}", path.display())))
            }
        }
    }
}

/// A part of a file, read at its own position: several can be read side by side.
struct Section {
    file: Arc<File>,
    offset: u64,
    left: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..length) else { return Ok(0) };
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
