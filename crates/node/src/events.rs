//! Events as the kubelet writes them. The recorder never blocks its callers: a queue, one writer, repeated events
//! counted in one object (client-go's `EventCorrelator`).

use crate::clock::Clock;
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Event, EventSource, ObjectReference},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use std::{borrow::Cow, collections::HashMap, sync::Arc};
use tokio::sync::mpsc::{self, error::TrySendError};

/// Events waiting for the writer; when it cannot keep up further ones are dropped, as client-go does.
const QUEUE: usize = 1000;
/// Distinct events that are remembered for counting repetitions.
const REMEMBERED: usize = 4096;
const COMPONENT: &str = "kubelet";

/// Whether an event tells of the ordinary or of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    Normal,
    Warning,
}

impl EventType {
    fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Hands events to the writer.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<Occurrence>,
    clock: Clock,
}

#[derive(Debug)]
struct Occurrence {
    about: ObjectReference,
    type_: EventType,
    reason: Cow<'static, str>,
    message: String,
    at: Timestamp,
}

/// What makes two occurrences the same event.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    uid: Option<String>,
    field_path: Option<String>,
    type_: EventType,
    reason: Cow<'static, str>,
    message: String,
}

impl Occurrence {
    fn key(&self) -> Key {
        Key {
            uid: self.about.uid.clone(),
            field_path: self.about.field_path.clone(),
            type_: self.type_,
            reason: self.reason.clone(),
            message: self.message.clone(),
        }
    }
}

struct Recorded {
    name: String,
    count: i32,
}

impl Recorder {
    /// A recorder and the writer that must run for its events to arrive.
    pub fn new(client: kube::Client, node_name: String, clock: Clock) -> (Self, impl Future<Output = ()>) {
        let (queue, occurrences) = mpsc::channel(QUEUE);
        let writer = Writer { client, node_name: Arc::from(node_name), recorded: HashMap::new() };
        (Self { queue, clock }, writer.run(occurrences))
    }

    pub fn record(
        &self,
        about: ObjectReference,
        type_: EventType,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) {
        let reason = reason.into();
        let (message, at) = (message.into(), self.clock.now());
        let occurrence = Occurrence { about, type_, reason: reason.clone(), message, at };
        match self.queue.try_send(occurrence) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => tracing::warn!(%reason, "an event is lost: too many wait"),
            // The node is ending, and its writer has.
            Err(TrySendError::Closed(_)) => tracing::debug!(%reason, "an event comes too late"),
        }
    }
}

struct Writer {
    client: kube::Client,
    node_name: Arc<str>,
    recorded: HashMap<Key, Recorded>,
}

impl Writer {
    async fn run(mut self, mut occurrences: mpsc::Receiver<Occurrence>) {
        while let Some(occurrence) = occurrences.recv().await {
            if let Err(error) = self.write(&occurrence).await {
                tracing::debug!(%error, reason = %occurrence.reason, "an event could not be written");
            }
        }
    }

    async fn write(&mut self, occurrence: &Occurrence) -> Result<(), kube::Error> {
        let namespace = occurrence.about.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let events: Api<Event> = Api::namespaced(self.client.clone(), &namespace);
        let key = occurrence.key();
        if let Some(recorded) = self.recorded.get_mut(&key) {
            recorded.count += 1;
            let patch = Patch::Merge(json!({ "count": recorded.count, "lastTimestamp": Time(occurrence.at) }));
            match events.patch(&recorded.name, &PatchParams::default(), &patch).await {
                // Events expire; then this one begins anew.
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                other => return other.map(drop),
            }
        }
        let event = event(occurrence, &self.node_name, &namespace);
        let name = event.metadata.name.clone().unwrap_or_default();
        events.create(&PostParams::default(), &event).await?;
        if self.recorded.len() >= REMEMBERED {
            self.recorded.clear();
        }
        self.recorded.insert(key, Recorded { name, count: 1 });
        Ok(())
    }
}

fn event(occurrence: &Occurrence, node_name: &str, namespace: &str) -> Event {
    let about = occurrence.about.name.as_deref().unwrap_or_default();
    Event {
        metadata: ObjectMeta {
            name: Some(format!("{about}.{:x}", occurrence.at.as_nanosecond())),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        involved_object: occurrence.about.clone(),
        type_: Some(occurrence.type_.name().to_owned()),
        reason: Some(occurrence.reason.clone().into_owned()),
        message: Some(occurrence.message.clone()),
        first_timestamp: Some(Time(occurrence.at)),
        last_timestamp: Some(Time(occurrence.at)),
        count: Some(1),
        source: Some(EventSource { component: Some(COMPONENT.to_owned()), host: Some(node_name.to_owned()) }),
        reporting_component: Some(COMPONENT.to_owned()),
        reporting_instance: Some(node_name.to_owned()),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::container_reference;
    use k8s_openapi::api::core::v1::Pod;

    fn occurrence(message: &str, at: i64) -> Occurrence {
        let pod = Pod {
            metadata: ObjectMeta {
                name: Some("web".to_owned()),
                namespace: Some("shop".to_owned()),
                uid: Some("u".to_owned()),
                resource_version: Some(at.to_string()),
                ..ObjectMeta::default()
            },
            ..Pod::default()
        };
        Occurrence {
            about: container_reference(&pod, "containers", "server"),
            type_: EventType::Warning,
            reason: "BackOff".into(),
            message: message.to_owned(),
            at: Timestamp::from_second(at).unwrap(),
        }
    }

    #[test]
    fn occurrences_differ_by_what_they_say_not_by_when() {
        assert!(occurrence("a", 1).key() == occurrence("a", 2).key());
        assert!(occurrence("a", 1).key() != occurrence("b", 1).key());
    }

    #[tokio::test]
    async fn what_repeats_is_counted_in_one_object() {
        let (client, requests) = crate::fake_api::client(async |_, asked| (200, asked.body));
        let (recorder, writer) = Recorder::new(client, "node".to_owned(), Clock::default());
        for message in ["a", "a", "b", "a"] {
            recorder.record(ObjectReference::default(), EventType::Normal, "Pulled", message);
        }
        drop(recorder);
        writer.await;
        let written: Vec<_> = requests
            .all()
            .into_iter()
            .map(|asked| (asked.method.to_string(), asked.body["count"].as_i64().unwrap_or_default()))
            .collect();
        let expected = [("POST", 1), ("PATCH", 2), ("POST", 1), ("PATCH", 3)];
        assert_eq!(written, expected.map(|(method, count)| (method.to_owned(), count)));
    }

    #[test]
    fn an_event_names_its_container_and_its_writer() {
        let event = event(&occurrence("no", 1), "node", "shop");
        assert_eq!(event.metadata.name.as_deref(), Some("web.3b9aca00"));
        assert_eq!(event.involved_object.field_path.as_deref(), Some("spec.containers{server}"));
        assert_eq!(event.source.unwrap().host.as_deref(), Some("node"));
        assert_eq!(event.type_.as_deref(), Some("Warning"));
    }
}
