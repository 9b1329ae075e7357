//! Which of several servers does what only one may do: the one that holds a Lease
//! (client-go `tools/leaderelection`). For clusters with more than one server.

mod candidate;

use crate::error::Error;
use candidate::{Attempt, Candidate};
use k8s_openapi::{api::coordination::v1::Lease, jiff::Timestamp};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use std::time::Duration;
use tokio::time::{self, Instant};

/// An election, and who takes part in it.
#[derive(Clone, Debug)]
pub struct Election {
    /// The namespace of the lease.
    pub namespace: String,
    /// The name of the lease.
    pub lease: String,
    /// Who takes part: no two may have the same.
    pub identity: String,
    /// How long others wait after the leader's last sign of life.
    pub lease_duration: Duration,
    /// How long a leader goes on that cannot renew. Less than `lease_duration`.
    pub renew_deadline: Duration,
    /// How often it is tried.
    pub retry_period: Duration,
}

impl Election {
    /// With the times that Kubernetes' own components have.
    #[must_use]
    pub fn new(namespace: &str, lease: &str, identity: String) -> Self {
        Self {
            namespace: namespace.into(),
            lease: lease.into(),
            identity,
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

/// Waits until this one leads, then does the work for as long as it does. Returns when the work is done, or an error
/// when leadership is lost: then another one may have begun.
pub async fn lead(client: Client, election: Election, work: impl Future<Output = ()>) -> Result<(), Error> {
    let mut elector = Elector::new(&client, election.clone());
    let acquired = election.acquire(&mut elector).await;
    tokio::select! {
        () = work => {}
        () = election.hold(&mut elector, acquired) => return Err(Error::LeadershipLost { lease: election.lease }),
    }
    elector.release().await;
    Ok(())
}

impl Election {
    /// Tries until it works. Returns when that attempt had begun: others may count from there.
    async fn acquire(&self, contender: &mut impl Contender) -> Instant {
        loop {
            let begun = Instant::now();
            if time::timeout(self.renew_deadline, contender.attempt()).await.unwrap_or(false) {
                return begun;
            }
            time::sleep(self.retry_period).await;
        }
    }

    /// Renews for as long as that works. However attempts go, it ends `renew_deadline` after the last that worked had
    /// begun.
    async fn hold(&self, contender: &mut impl Contender, acquired: Instant) {
        let mut renewed = acquired;
        loop {
            let renewal = async {
                time::sleep_until(renewed + self.retry_period).await;
                self.acquire(contender).await
            };
            match time::timeout_at(renewed + self.renew_deadline, renewal).await {
                Ok(begun) => renewed = begun,
                Err(_) => return,
            }
        }
    }
}

trait Contender {
    /// Tries once to get or renew the lease; says whether that worked.
    fn attempt(&mut self) -> impl Future<Output = bool> + Send;
}

impl Contender for Elector {
    async fn attempt(&mut self) -> bool {
        match self.try_attempt().await {
            Ok(leads) => leads,
            Err(error) => {
                tracing::debug!(lease = self.election.lease, %error, "cannot get the lease now");
                false
            }
        }
    }
}

struct Elector {
    election: Election,
    leases: Api<Lease>,
    candidate: Candidate,
}

impl Elector {
    fn new(client: &Client, election: Election) -> Self {
        let leases = Api::namespaced(client.clone(), &election.namespace);
        let candidate = Candidate::new(election.identity.clone(), election.lease_duration);
        Self { election, leases, candidate }
    }

    async fn try_attempt(&mut self) -> kube::Result<bool> {
        let name = &self.election.lease;
        let lease = self.leases.get_opt(name).await?;
        let spec = lease.as_ref().and_then(|lease| lease.spec.as_ref());
        let Attempt::Take(spec) = self.candidate.attempt(spec, Instant::now().into_std(), Timestamp::now()) else {
            return Ok(false);
        };
        let metadata = ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() };
        let is_new = lease.is_none();
        let lease = Lease { spec: Some(*spec), ..lease.unwrap_or(Lease { metadata, spec: None }) };
        if is_new {
            self.leases.create(&PostParams::default(), &lease).await?;
        } else {
            // Who writes second has the resourceVersion against him.
            self.leases.replace(name, &PostParams::default(), &lease).await?;
        }
        Ok(true)
    }

    /// Lets others lead without waiting.
    async fn release(&mut self) {
        let released = async {
            let Some(mut lease) = self.leases.get_opt(&self.election.lease).await? else { return Ok(()) };
            let Some(spec) = lease.spec.as_ref().and_then(|spec| self.candidate.release(spec, Timestamp::now())) else {
                return Ok(());
            };
            lease.spec = Some(spec);
            self.leases.replace(&self.election.lease, &PostParams::default(), &lease).await.map(drop)
        };
        if let Err(error) = released.await as kube::Result<()> {
            tracing::debug!(lease = self.election.lease, %error, "cannot release the lease; it runs out");
        }
    }
}

#[cfg(test)]
mod tests;
