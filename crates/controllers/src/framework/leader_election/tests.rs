//! Elections over minke's own API server on a memory store.

use super::*;
use crate::framework::tests::client;
use std::{collections::VecDeque, future::pending};
use tokio::sync::oneshot;

fn election(identity: &str) -> Election {
    let mut election = Election::new("kube-system", "test", identity.into());
    election.lease_duration = Duration::from_secs(1);
    election.renew_deadline = Duration::from_millis(500);
    election.retry_period = Duration::from_millis(10);
    election
}

/// Takes part, says when it leads, and goes on for ever.
fn take_part(client: &Client, identity: &str) -> (tokio::task::JoinHandle<()>, oneshot::Receiver<()>) {
    let (begun, leads) = oneshot::channel();
    let (client, election) = (client.clone(), election(identity));
    let work = async {
        begun.send(()).unwrap();
        pending::<()>().await;
    };
    let task = tokio::spawn(async move { lead(client, election, work).await.unwrap() });
    (task, leads)
}

#[tokio::test]
async fn when_the_leader_is_gone_the_next_one_leads() {
    let client = client().await;
    let (first, leads) = take_part(&client, "a");
    leads.await.unwrap();
    let (second, mut leads) = take_part(&client, "b");
    assert!(leads.try_recv().is_err(), "one leads at a time");
    first.abort();
    leads.await.unwrap();
    let lease = Api::<Lease>::namespaced(client, "kube-system").get("test").await.unwrap();
    assert_eq!(lease.spec.unwrap().lease_transitions, Some(1));
    second.abort();
}

#[tokio::test]
async fn who_is_done_lets_the_next_one_lead_at_once() {
    let client = client().await;
    lead(client.clone(), election("a"), async {}).await.unwrap();
    let lease = Api::<Lease>::namespaced(client.clone(), "kube-system").get("test").await.unwrap();
    assert_eq!(lease.spec.unwrap().holder_identity.as_deref(), Some(""));
    lead(client, election("b"), async {}).await.unwrap();
}

/// Attempts that last so many seconds each and then have worked or not. The one after them never ends.
struct Script(VecDeque<(f64, bool)>);

impl Contender for Script {
    async fn attempt(&mut self) -> bool {
        let Some((seconds, worked)) = self.0.pop_front() else { return pending().await };
        time::sleep(Duration::from_secs_f64(seconds)).await;
        worked
    }
}

#[tokio::test(start_paused = true)]
async fn leadership_ends_before_others_may_begin_however_renewals_fail() {
    let election = Election::new("kube-system", "test", "a".into());
    for (name, attempts, end) in [
        ("the first one hangs", vec![], 10),
        ("they fail at once", vec![(0.0, false); 10], 10),
        ("the last one fails shortly before the deadline", vec![(7.9, false)], 10),
        ("one fails late, the next one hangs", vec![(0.0, false), (3.9, false)], 10),
        ("one works and the next one hangs", vec![(0.0, true)], 12),
        ("one works late: it counts from its begin", vec![(7.9, true)], 12),
        ("one works too late", vec![(8.5, true)], 10),
        ("most work", vec![(1.0, true), (1.0, false), (1.0, true)], 17),
    ] {
        let begun = Instant::now();
        election.hold(&mut Script(attempts.into()), begun).await;
        assert_eq!(begun.elapsed().as_secs(), end, "{name}");
    }
}
