//! Layers: from a compressed archive to a folder that overlayfs can stack.

mod decompress;
mod overlay;
mod place;
mod sparse;
mod store;
mod tar_reader;
mod text;
mod unpack;
mod whiteouts;

pub(super) use decompress::decompress;
pub(super) use overlay::find;
pub(super) use store::{Blob, LayerStore};
pub(super) use tar_reader::{Kind, TarReader};
#[cfg(feature = "fuzz")]
pub(super) use unpack::unpack;
