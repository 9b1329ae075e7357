//! Bad input: a clear error on one line, nothing half-made left, and everything else goes on.

mod archives;
mod containers;
mod manifests;
mod poison;
mod refusal;
mod requests;
mod starts;
