//! Images: loaded from archives or pulled from registries, unpacked once, held while containers run from them.
//!
//! # On disk
//!
//! ```text
//! index.json           which references name which images, and which layers each has: what is not in here does not count
//! index.lock           held for short changes of the index and the leases; readers do without
//! ingest.lock          shared among running loads and pulls, exclusive for the sweep that deletes what nothing needs
//! blobs/sha256/<hex>   configs and manifests; the blobs of layers are not kept
//! layers/<32 hex>.2/fs   a layer's files in overlayfs' terms, under the first half of its diff id (without `.2`: an older minke's)
//! layers/<32 hex>.2/below   empty directories that must be below it, if there are any (`layer::whiteouts`)
//! layers/<32 hex>.2/layer.json
//! leases/<holder>      the image that a running container holds, and its layers
//! */.tmp-*             being made, being deleted, or the lock of a layer that is being fetched
//! ```
//!
//! A layer appears by a rename when it is whole and verified; an image appears by the rename of a new index.
//! Whatever is killed in between leaves `.tmp-` names and unindexed layers, which the next sweep removes (at open, and
//! after each load, pull and removal). Locks die with their process. An image whose files had not reached the disk when
//! the power failed is dropped at the next start; nobody waits for the disk to have one.

mod archive;
mod config;
mod credentials;
mod digest;
mod error;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod image;
mod index;
mod ingest;
mod layer;
mod layout;
mod leases;
mod lock;
mod platform;
mod progress;
mod pull;
mod reference;
mod registry;
mod registry_config;
mod settle;
mod store;
mod sweep;
mod unsettled;
mod user;

pub use archive::Source;
pub use credentials::{Credentials, Keyring};
pub use error::{Error, Result};
pub use image::{Image, ImageConfig};
pub use progress::{LayerProgress, LayerState, Progress};
pub use reference::ImageReference;
pub use registry_config::{Registry, RegistryConfig};
pub use store::{ImageStore, Loaded, Removed};
pub use user::User;
