//! How a load or pull tells where it is. Nothing here draws: the command line does.

/// Where a layer is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    /// Others go first, or another process is fetching the same layer.
    Waiting,
    /// Its bytes are coming and are unpacked as they come.
    Unpacking,
    /// It is unpacked and verified.
    Complete,
    /// The store had it already; nothing was fetched.
    Present,
}

/// News of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerProgress<'a> {
    /// The digest of the layer's blob as the manifest names it, or its diff id where there is no manifest.
    pub layer: &'a str,
    /// Where the layer is.
    pub state: LayerState,
    /// Bytes of the blob (compressed as it came) that have arrived.
    pub bytes: u64,
    /// The blob's size in bytes; 0 if unknown.
    pub total: u64,
}

/// Hears of each layer's progress. Called from several threads; should return at once.
pub trait Progress: Send + Sync {
    /// Something is new with one layer.
    fn layer(&self, progress: LayerProgress<'_>);
}

/// Progress for nobody.
impl Progress for () {
    fn layer(&self, _: LayerProgress<'_>) {}
}
