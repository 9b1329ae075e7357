//! Every attempt of every container of a pod, found by the container's name without looking at all of them.

use super::ContainerRecord;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// By container, and then by attempt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<ContainerRecord>")]
pub struct Attempts(Vec<ContainerRecord>);

impl Attempts {
    /// The attempts of a container, the newest last.
    #[must_use]
    pub fn of(&self, name: &str) -> &[ContainerRecord] {
        let begin = self.0.partition_point(|record| record.name.as_str() < name);
        let behind = &self.0[begin..];
        &behind[..behind.partition_point(|record| record.name == name)]
    }

    /// Adds an attempt, in place of what was known under its id.
    pub fn insert(&mut self, record: ContainerRecord) {
        self.remove(&record.id);
        let place = self.0.partition_point(|known| (&known.name, known.attempt) <= (&record.name, record.attempt));
        self.0.insert(place, record);
    }

    /// What is known under an id, to note what became of it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut ContainerRecord> {
        self.0.iter_mut().find(|record| record.id == id)
    }

    pub fn remove(&mut self, id: &str) {
        self.0.retain(|record| record.id != id);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Deref for Attempts {
    type Target = [ContainerRecord];

    fn deref(&self) -> &[ContainerRecord] {
        &self.0
    }
}

impl From<Vec<ContainerRecord>> for Attempts {
    fn from(mut records: Vec<ContainerRecord>) -> Self {
        records.sort_by(|one, other| (&one.name, one.attempt).cmp(&(&other.name, other.attempt)));
        Self(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::ContainerState;
    use jiff::Timestamp;

    fn record(name: &str, attempt: u32) -> ContainerRecord {
        ContainerRecord {
            name: name.into(),
            id: format!("{name}{attempt}"),
            sandbox_id: String::new(),
            attempt,
            image: String::new(),
            image_id: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            killed_for: None,
            state: ContainerState::Created,
        }
    }

    #[test]
    fn attempts_are_found_by_name_however_they_came() {
        let mut attempts = Attempts::from(vec![record("b", 1), record("c", 0), record("a", 0), record("b", 0)]);
        attempts.insert(record("b", 2));
        attempts.insert(record("b", 1));
        attempts.remove("c0");
        let numbers = |name: &str| attempts.of(name).iter().map(|record| record.attempt).collect::<Vec<_>>();
        assert_eq!([numbers("a"), numbers("b"), numbers("bb"), numbers("c")], [vec![0], vec![0, 1, 2], vec![], vec![]]);
    }
}
