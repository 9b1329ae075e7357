//! The functions that expressions can call: one module a library, one row an overload. The names and numbers of the
//! overloads are upstream's, so are the versions of Kubernetes that brought the libraries
//! (k8s.io/apiserver, pkg/cel/environment/base.go).
#![allow(clippy::unnecessary_wraps, reason = "all functions are of one type")]

mod arithmetic;
mod authorization;
mod cidr;
mod comparison;
mod conversion;
mod format;
mod formats;
mod ip;
mod json_patch;
mod lists;
mod logic;
mod optional;
mod price;
mod quantity;
mod regex;
mod semver;
mod sequences;
mod sets;
mod strings;
mod time;
mod url;

use crate::{
    budget::Meter,
    environment::{Extension, KubernetesVersion},
    types::{Signature, signature},
    value::{Evaluated, Value},
};
pub use cidr::Cidr;
pub(crate) use conversion::show;
pub(crate) use format::{check as check_format, is_format};
pub use formats::NamedFormat;
pub(crate) use price::{Callee, LIST_COST, MAP_COST, Price, STRUCT_COST, times};
pub(crate) use regex::{RecentPatterns, all_found, found};
pub use semver::Version;
use std::{collections::HashMap, sync::LazyLock};
pub use url::Url;

/// Computes a call. The arguments may be taken.
pub(crate) type Function = for<'a> fn(&mut Meter, &mut [Value<'a>]) -> Evaluated<'a>;

/// An overload as a library declares it.
pub(crate) struct Row {
    pub id: &'static str,
    /// Its signature: `crate::types::signature`.
    pub declaration: &'static str,
    pub price: Price,
    pub call: Function,
}

const fn row(id: &'static str, declaration: &'static str, price: Price, call: Function) -> Row {
    Row { id, declaration, price, call }
}

/// An overload, ready to be looked up.
pub(crate) struct Overload {
    pub id: &'static str,
    pub signature: Signature,
    pub price: Price,
    pub call: Function,
    library: Library,
}

/// Since when and for whom a library is there.
#[derive(Clone, Copy)]
struct Library {
    since: KubernetesVersion,
    extension: Option<Extension>,
}

const fn since(minor: u16) -> Library {
    Library { since: KubernetesVersion(minor), extension: None }
}

/// Always there.
const ALWAYS: Library = since(0);

const LIBRARIES: &[(Library, &[Row])] = &[
    (ALWAYS, logic::ROWS),
    (ALWAYS, arithmetic::ROWS),
    (ALWAYS, comparison::ROWS),
    (ALWAYS, sequences::ROWS),
    (ALWAYS, conversion::ROWS),
    (ALWAYS, time::ROWS),
    (ALWAYS, strings::ROWS),
    (ALWAYS, format::ROWS),
    (ALWAYS, regex::ROWS),
    (ALWAYS, url::ROWS),
    (ALWAYS, lists::KUBERNETES),
    (since(37), lists::KUBERNETES_1),
    (since(27), authorization::ROWS),
    (since(31), authorization::SELECTORS),
    (since(28), optional::ROWS),
    (since(28), quantity::ROWS),
    (since(29), sets::ROWS),
    (since(30), ip::ROWS),
    (since(30), cidr::ROWS),
    (since(31), formats::ROWS),
    (since(32), sequences::INSERTIONS),
    (since(33), semver::ROWS),
    (since(34), lists::EXTENDED),
    (Library { since: KubernetesVersion(0), extension: Some(Extension::JsonPatch) }, json_patch::ROWS),
];

static OVERLOADS: LazyLock<HashMap<&'static str, Vec<Overload>>> = LazyLock::new(|| {
    let mut found: HashMap<&'static str, Vec<Overload>> = HashMap::new();
    for (library, rows) in LIBRARIES {
        for row in *rows {
            let signature = signature(row.declaration);
            let overload = Overload { id: row.id, price: row.price, call: row.call, library: *library, signature };
            found.entry(overload.signature.function).or_default().push(overload);
        }
    }
    found
});

/// The overloads of a function that an environment has; `None` if there is no such function.
pub(crate) fn overloads(
    function: &str,
    version: KubernetesVersion,
    extensions: &[Extension],
) -> Option<Vec<&'static Overload>> {
    let visible = |library: &Library| {
        library.since <= version && library.extension.is_none_or(|extension| extensions.contains(&extension))
    };
    let found: Vec<_> = OVERLOADS.get(function)?.iter().filter(|overload| visible(&overload.library)).collect();
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_overload_is_declared_once_with_types_that_exist() {
        const NAMED: &[&str] = &["net.IP", "net.CIDR"];
        let mut ids = HashSet::new();
        for overload in OVERLOADS.values().flatten() {
            assert!(ids.insert(overload.id), "{} stands twice", overload.id);
            let signature = &overload.signature;
            for part in signature.parameters.iter().chain([&signature.result]) {
                let shown = part.to_string();
                let known = !shown.contains('.')
                    || shown.contains("kubernetes.")
                    || NAMED.iter().any(|name| shown.contains(name));
                assert!(known, "{}: {shown}", overload.id);
            }
        }
        assert!(ids.len() > 200);
    }
}
