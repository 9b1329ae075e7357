//! Service account tokens of pods: asked for once, kept for all volumes that show them, and renewed long before they
//! end (`pkg/kubelet/token/token_manager.go`).

use crate::{Error, clock::Clock};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    core::v1::{Pod, ServiceAccount, ServiceAccountTokenProjection},
};
use kube::{Api, Client, api::PostParams};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// No token is shown for longer, however long it lives.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// How long to wait after a token was not granted.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// How long a token lives unless the pod says otherwise, in seconds.
const LIFETIME: i64 = 60 * 60;

/// Gets tokens for the pods of the node.
#[derive(Clone)]
pub struct Tokens {
    client: Client,
    clock: Clock,
    granted: Arc<Mutex<HashMap<Wanted, Granted>>>,
}

/// Which token a volume shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    namespace: String,
    account: String,
    pod: String,
    pod_uid: String,
    /// Empty for the API server itself.
    audience: String,
    /// In seconds.
    lifetime: i64,
}

/// A token as it was granted.
#[derive(Clone, Debug)]
struct Granted {
    token: String,
    /// In seconds.
    lifetime: i64,
    expires: Timestamp,
}

impl Granted {
    /// When the next one is asked for: a fifth of its life before its end.
    fn renewal(&self) -> Timestamp {
        let issued = self.expires - SignedDuration::from_secs(self.lifetime);
        let late = self.expires - SignedDuration::from_secs(self.lifetime / 5);
        late.min(issued + LONGEST)
    }
}

impl Wanted {
    fn by(pod: &Pod, source: &ServiceAccountTokenProjection) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.clone());
        Self {
            namespace: text(&pod.metadata.namespace),
            account: account.unwrap_or_else(|| "default".into()),
            pod: text(&pod.metadata.name),
            pod_uid: text(&pod.metadata.uid),
            audience: text(&source.audience),
            lifetime: source.expiration_seconds.unwrap_or(LIFETIME),
        }
    }
}

impl Tokens {
    pub fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, granted: Arc::default() }
    }

    /// The token that a volume of the pod shows now. One that cannot be renewed is shown to its end.
    pub async fn get(&self, pod: &Pod, source: &ServiceAccountTokenProjection) -> Result<String, Error> {
        let (wanted, now) = (Wanted::by(pod, source), self.clock.now());
        let known = self.known().get(&wanted).cloned();
        if let Some(known) = known.as_ref().filter(|known| now < known.renewal()) {
            return Ok(known.token.clone());
        }
        match (self.request(&wanted).await, known) {
            (Ok(granted), _) => {
                let token = granted.token.clone();
                let mut all = self.known();
                all.retain(|_, other| now < other.expires);
                all.insert(wanted, granted);
                Ok(token)
            }
            (Err(error), Some(known)) if now < known.expires => {
                tracing::warn!(%error, pod = wanted.pod, "cannot renew a token: the old one is still good");
                Ok(known.token)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// How long until the first of the pod's tokens is to be renewed; `None` if it has none. One that could not be
    /// renewed in time is tried again after a pause.
    pub fn renewal(&self, pod: &Pod) -> Option<SignedDuration> {
        let (uid, now) = (pod.metadata.uid.as_deref()?, self.clock.now());
        let all = self.known();
        let renewals = all.iter().filter(|(wanted, _)| wanted.pod_uid == uid).map(|(_, granted)| granted.renewal());
        renewals.min().map(|renewal| renewal.duration_since(now).max(PAUSE))
    }

    async fn request(&self, wanted: &Wanted) -> Result<Granted, Error> {
        let Wanted { namespace, account, pod, pod_uid, audience, lifetime } = wanted;
        let audiences: Vec<&String> = Some(audience).into_iter().filter(|audience| !audience.is_empty()).collect();
        let request: TokenRequest = serde_json::from_value(json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {},
            "spec": {
                "audiences": audiences,
                "expirationSeconds": lifetime,
                "boundObjectRef": { "apiVersion": "v1", "kind": "Pod", "name": pod, "uid": pod_uid },
            },
        }))
        .map_err(kube::Error::SerdeError)?;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let answer: TokenRequest =
            accounts.create_subresource("token", account, &PostParams::default(), &request).await?;
        Ok(granted(answer, self.clock.now()))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Wanted, Granted>> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn granted(answer: TokenRequest, now: Timestamp) -> Granted {
    let lifetime = answer.spec.and_then(|spec| spec.expiration_seconds).unwrap_or(LIFETIME);
    let status = answer.status.unwrap_or_default();
    let expires = status.expiration_timestamp.map_or(now, |time| time.0);
    Granted { token: status.token.unwrap_or_default(), lifetime, expires }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_its_last_fifth_and_once_a_day() {
        let (hour, day) = (SignedDuration::from_hours(1), SignedDuration::from_hours(24));
        let issued = Timestamp::UNIX_EPOCH;
        for (lifetime, renewal) in [(hour, SignedDuration::from_mins(48)), (day * 365, day), (day, hour * 96 / 5)] {
            let lifetime = lifetime.as_secs();
            let granted =
                Granted { token: String::new(), lifetime, expires: issued + SignedDuration::from_secs(lifetime) };
            assert_eq!(granted.renewal().duration_since(issued), renewal.min(day), "{lifetime}");
        }
    }

    #[test]
    fn a_volume_wants_the_token_of_its_pod_and_audience() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": {"containers": [], "serviceAccountName": "robot"},
        }))
        .unwrap();
        let source = |audience: &str| ServiceAccountTokenProjection {
            audience: Some(audience.to_owned()),
            ..ServiceAccountTokenProjection::default()
        };
        let wanted = Wanted::by(&pod, &source(""));
        assert_eq!((wanted.account.as_str(), wanted.lifetime), ("robot", LIFETIME));
        assert_ne!(wanted, Wanted::by(&pod, &source("vault")));
        assert_eq!(wanted, Wanted::by(&pod, &ServiceAccountTokenProjection::default()));
    }
}
