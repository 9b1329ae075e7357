//! Progress bars on a terminal, one a layer; nothing elsewhere.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime::images::{LayerProgress, LayerState, Progress};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How a layer's line looks.
const LINE: &str = "{prefix:12} {msg:9} {bar:30} {bytes}/{total_bytes}";

/// The bars of one load or pull.
pub struct Bars {
    all: MultiProgress,
    layers: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    /// No bars yet. indicatif itself draws only on a terminal.
    pub fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { all, layers: Mutex::default() }
    }

    fn add(&self, layer: &str) -> ProgressBar {
        let bar = self.all.add(ProgressBar::new(0));
        if let Ok(style) = ProgressStyle::with_template(LINE) {
            bar.set_style(style);
        }
        let short: String = layer.trim_start_matches("sha256:").chars().take(12).collect();
        bar.set_prefix(short);
        bar
    }
}

impl Progress for Bars {
    fn layer(&self, progress: LayerProgress<'_>) {
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = layers.entry(progress.layer.to_string()).or_insert_with(|| self.add(progress.layer));
        bar.set_length(progress.total.max(progress.bytes));
        bar.set_position(progress.bytes);
        match progress.state {
            LayerState::Waiting => bar.set_message("waiting"),
            LayerState::Unpacking => bar.set_message("unpacking"),
            LayerState::Complete => bar.finish_with_message("complete"),
            LayerState::Present => bar.finish_with_message("present"),
        }
    }
}
