//! What a well-formed object of a kind looks like, and the reading of bodies against it.

mod definition;

pub use definition::{Definition, Element, Field, List, Merge, Type};
