//! What is fuzzed: each target is a plain function of bytes, which panics where something is wrong. A target is a row of
//! the table, a file in `fuzz_targets` and a folder in `corpus`; `tests/replay.rs` says what is missing.

pub mod front;
pub mod objects;

/// A target.
pub struct Target {
    /// Name of its file in `fuzz_targets` and of its folder in `corpus`.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "apply", run: objects::apply },
    Target { name: "documents", run: objects::documents },
    Target { name: "expressions", run: objects::expressions },
    Target { name: "http", run: front::http },
    Target { name: "layers", run: runtime::images::fuzz::layers },
    Target { name: "manifests", run: runtime::images::fuzz::manifests },
    Target { name: "netlink", run: netlink::read_anything },
    Target { name: "patches", run: objects::patches },
    Target { name: "protobuf", run: objects::protobuf },
    Target { name: "quantities", run: objects::quantities },
    Target { name: "references", run: runtime::images::fuzz::references },
    Target { name: "selectors", run: objects::selectors },
    Target { name: "spdy", run: streaming::fuzz::spdy },
    Target { name: "websocket", run: streaming::fuzz::websocket },
];
