//! Who answers a request about a resource: one table, by kind and subresource. Which verbs there are, the table of kinds
//! says; discovery and `OpenAPI` show what is found here.

mod binding;
mod call;
mod eviction;
mod growing;
mod node_proxy;
mod parts;
mod pod_container;
mod pod_logs;
mod pod_streams;
mod reviews;
mod scale;
mod token;
mod verbs;

use call::changed;
pub use call::{Answer, Call};

use crate::{body::RequestBody, target::Kinds};
use api::kinds::{BINDING, CERTIFICATE_SIGNING_REQUEST, NAMESPACE, NODE, POD, SERVICE_ACCOUNT};
use futures::{FutureExt, future::BoxFuture};
use machinery::kind::{Kind, Subresource};

/// A row of the table: the verbs of one resource, or of one subresource of it.
pub struct Handler {
    kinds: Kinds,
    /// Empty for the objects themselves.
    subresource: &'static str,
    /// Boxed: the future of all operations together is large, and its type larger.
    pub answer: for<'a> fn(&'a Call<'a>, RequestBody) -> BoxFuture<'a, Answer>,
}

/// What says more stands first.
static HANDLERS: &[Handler] = &[
    Handler {
        kinds: Kinds::Where(reviews::are_answered),
        subresource: "",
        answer: |call, body| reviews::answer(call, body).boxed(),
    },
    Handler { kinds: Kinds::Of(&[BINDING]), subresource: "", answer: |call, body| binding::post(call, body).boxed() },
    Handler { kinds: Kinds::Every, subresource: "", answer: |call, body| verbs::answer(call, body).boxed() },
    Handler { kinds: Kinds::Every, subresource: "status", answer: |call, body| parts::answer(call, body).boxed() },
    Handler { kinds: Kinds::Every, subresource: "scale", answer: |call, body| scale::answer(call, body).boxed() },
    Handler {
        kinds: Kinds::Of(&[NAMESPACE]),
        subresource: "finalize",
        answer: |call, body| parts::answer(call, body).boxed(),
    },
    Handler {
        kinds: Kinds::Of(&[CERTIFICATE_SIGNING_REQUEST]),
        subresource: "approval",
        answer: |call, body| parts::answer(call, body).boxed(),
    },
    Handler {
        kinds: Kinds::Of(&[NODE]),
        subresource: "proxy",
        answer: |call, body| node_proxy::answer(call, body).boxed(),
    },
    Handler {
        kinds: Kinds::Of(&[POD]),
        subresource: "binding",
        answer: |call, body| binding::create(call, body).boxed(),
    },
    Handler {
        kinds: Kinds::Of(&[POD]),
        subresource: "ephemeralcontainers",
        answer: |call, body| parts::answer(call, body).boxed(),
    },
    Handler {
        kinds: Kinds::Of(&[POD]),
        subresource: "eviction",
        answer: |call, body| eviction::create(call, body).boxed(),
    },
    Handler {
        kinds: Kinds::Of(&[SERVICE_ACCOUNT]),
        subresource: "token",
        answer: |call, body| token::create(call, body).boxed(),
    },
    Handler { kinds: Kinds::Of(&[POD]), subresource: "log", answer: |call, _| pod_logs::get(call).boxed() },
    Handler { kinds: Kinds::Of(&[POD]), subresource: "exec", answer: |call, _| pod_streams::connect(call).boxed() },
    Handler { kinds: Kinds::Of(&[POD]), subresource: "attach", answer: |call, _| pod_streams::connect(call).boxed() },
    Handler {
        kinds: Kinds::Of(&[POD]),
        subresource: "portforward",
        answer: |call, _| pod_streams::connect(call).boxed(),
    },
];

/// Who answers for objects of a kind, or for a subresource of them.
pub fn find(kind: &Kind, subresource: &str) -> Option<&'static Handler> {
    HANDLERS.iter().find(|handler| handler.subresource == subresource && handler.kinds.contain(kind))
}

/// Whether a subresource is answered for.
pub fn serves(kind: &Kind, subresource: &Subresource) -> bool {
    find(kind, subresource.name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::kinds;

    /// Subresources of Kubernetes that are yet to be served.
    const NOT_YET: [&str; 3] = ["pods/proxy", "pods/resize", "services/proxy"];

    #[test]
    fn every_subresource_has_a_handler_or_is_known_to_have_none() {
        let mut without = Vec::new();
        for kind in kinds::all() {
            let missing = kind.subresources.iter().filter(|subresource| !serves(kind, subresource));
            without.extend(missing.map(|subresource| format!("{}/{}", kind.resource(), subresource.name)));
        }
        without.sort();
        without.dedup();
        assert_eq!(without, NOT_YET);
    }

    #[test]
    fn every_handler_has_something_to_answer_for() {
        for handler in HANDLERS {
            let part = handler.subresource;
            let used =
                |kind: &Kind| handler.kinds.contain(kind) && (part.is_empty() || kind.subresource(part).is_some());
            assert!(kinds::all().iter().any(used), "{part}");
            if let Kinds::Of(kinds) = handler.kinds {
                assert!(kinds.iter().all(used), "{part}");
            }
        }
    }
}
