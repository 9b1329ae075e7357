//! Images: loaded from archives or pulled from registries, unpacked once, held while containers run from them.

mod credentials;
mod error;
mod image;
mod progress;
mod reference;
mod registry_config;
mod store;
mod user;

pub use credentials::{Credentials, Keyring};
pub use error::{Error, Result};
pub use image::{Image, ImageConfig};
pub use progress::{LayerProgress, LayerState, Progress};
pub use reference::ImageReference;
pub use registry_config::{Registry, RegistryConfig};
pub use store::{ImageStore, Removed, Source};
pub use user::User;
