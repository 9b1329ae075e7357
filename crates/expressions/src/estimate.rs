//! What an expression can cost, from the bounds that the schemas of its variables set (cel-go, checker/cost.go;
//! k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel/compilation.go).

mod fold;
mod path;
mod range;
mod size;
mod walk;

use crate::{check::Checked, syntax::NodeId};
pub(crate) use path::Path;
pub use range::Range;
use std::{collections::HashMap, sync::Arc};

/// The range of an expression's cost.
pub(crate) fn estimate(checked: &Checked<'_>) -> Range {
    let mut estimator = Estimator {
        checked,
        costs: HashMap::new(),
        paths: HashMap::new(),
        sizes: HashMap::new(),
        entries: HashMap::new(),
        bound: Vec::new(),
    };
    estimator.cost(checked.root)
}

struct Estimator<'c, 's> {
    checked: &'c Checked<'s>,
    /// Nodes that macros use twice are reckoned once.
    costs: HashMap<NodeId, Range>,
    /// Where in a variable a node's value comes from.
    paths: HashMap<NodeId, Path<'s>>,
    sizes: HashMap<NodeId, Range>,
    entries: HashMap<NodeId, Entries>,
    bound: Vec<Bound<'s>>,
}

/// A name that a comprehension binds.
struct Bound<'s> {
    name: Arc<str>,
    path: Path<'s>,
    size: Option<Range>,
    entries: Option<Entries>,
}

/// The sizes of what a list or a map contains.
#[derive(Clone, Copy)]
struct Entries {
    is_list: bool,
    key: Range,
    value: Range,
}

impl Entries {
    fn union(self, other: Self) -> Self {
        Self { is_list: self.is_list, key: self.key.union(other.key), value: self.value.union(other.value) }
    }
}
