//! Service account tokens: signed statements that whoever shows them is a service account, as long as what they are
//! bound to is there (`pkg/serviceaccount`, KEP-1205).

mod bootstrap;
mod claims;
mod discovery;
mod jwt;
mod keys;
mod legacy;

pub use claims::{Bound, Request, issue};
pub use discovery::{configuration, key_set};
pub use keys::TokenKeys;

use crate::{cache::Cache, target::Target, user::User};
use api::kinds::SECRET;
use jiff::Timestamp;
use keys::digest;
use machinery::{kind::Kind, status::Status};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Who issues the tokens, and whom they are for unless they say otherwise (`--service-account-issuer`).
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// How many tokens are remembered whose signatures were verified.
const REMEMBERED: usize = 4096;

/// Issues tokens, and says whose they are.
pub struct Tokens {
    pub keys: TokenKeys,
    /// The address of the API server, such as `192.0.2.7:6443`.
    pub server: String,
    /// The claims of tokens whose signatures were verified, by the tokens' digests: that costs ten times as much as all
    /// else. What they are bound to is looked at each time.
    verified: Mutex<HashMap<[u8; 32], Arc<Value>>>,
}

/// Looks up an object by kind, namespace (empty for none) and name.
type Find<'a> = dyn Fn(&Kind, &str, &str) -> Option<Value> + Send + Sync + 'a;

/// Whose a token is, and for whom.
#[derive(Debug, PartialEq, Eq)]
pub struct Identity {
    pub user: User,
    /// Those that were asked for and that it is for.
    pub audiences: Vec<String>,
}

impl Tokens {
    /// Tokens that are signed and verified by these keys, of which the API server at that address tells.
    pub fn new(keys: TokenKeys, server: String) -> Self {
        Self { keys, server, verified: Mutex::default() }
    }

    /// Whose a token is that is for one of `audiences`; `Ok(None)` if it is no token of these, else what is wrong with it.
    pub async fn identify(
        &self,
        cache: &Cache,
        token: &str,
        audiences: &[String],
    ) -> Result<Result<Option<Identity>, String>, Status> {
        let claims = match self.verify(token) {
            Ok(Some(claims)) => claims,
            Ok(None) => return Ok(Ok(None)),
            Err(reason) => return Ok(Err(reason)),
        };
        let find = |kind: &Kind, namespace: &str, name: &str| find(cache, kind, namespace, name);
        let look = || identity(&claims, token, audiences, &find, Timestamp::now());
        if let Ok(identity) = look() {
            return Ok(Ok(Some(identity)));
        }
        // What it is bound to may be newer than what is known.
        cache.catch_up().await?;
        Ok(look().map(Some))
    }

    /// The claims of a token of these; `Ok(None)` if it is of somebody else.
    fn verify(&self, token: &str) -> Result<Option<Arc<Value>>, String> {
        let digest = digest(token);
        let known = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(parsed) = jwt::parse(token) else { return Ok(None) };
        if !matches!(parsed.claims["iss"].as_str(), Some(ISSUER | legacy::ISSUER)) {
            return Ok(None);
        }
        self.keys.verify(&parsed)?;
        let claims = Arc::new(parsed.claims);
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(digest, Arc::clone(&claims));
        Ok(Some(claims))
    }
}

/// Whose a bootstrap token is; `None` if it is none, or not good.
pub async fn bootstrapper(cache: &Cache, token: &str) -> Result<Option<User>, Status> {
    let Some((id, secret)) = bootstrap::parse(token) else { return Ok(None) };
    cache.catch_up().await?;
    let held = find(cache, &SECRET, bootstrap::NAMESPACE, &bootstrap::secret_name(id));
    Ok(bootstrap::user(held.as_ref(), (id, secret), Timestamp::now()))
}

fn find(cache: &Cache, kind: &Kind, namespace: &str, name: &str) -> Option<Value> {
    let target = Target::in_namespace(kind.clone(), namespace);
    Some(cache.collection(&target.collection()).get(&target.key(name))?.value())
}

fn identity(
    claims: &Value,
    token: &str,
    audiences: &[String],
    find: &Find<'_>,
    now: Timestamp,
) -> Result<Identity, String> {
    let audiences = claims::audiences(claims, audiences)?;
    let user = if claims["iss"] == legacy::ISSUER {
        legacy::user(claims, token, find)?
    } else {
        claims::user(claims, find, now)?
    };
    Ok(Identity { user, audiences })
}
