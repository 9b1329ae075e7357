//! The conditions of a namespace that is being deleted, in the words of kube-controller-manager
//! (`pkg/controller/namespace/deletion/status_condition_utils.go`).

use super::content::Progress;
use k8s_openapi::{api::core::v1::NamespaceCondition, apimachinery::pkg::apis::meta::v1::Time};

/// Reason and message of a condition that does not hold: all is well.
struct Fine {
    condition: &'static str,
    reason: &'static str,
    message: &'static str,
}

const FINE: [Fine; 5] = [
    Fine {
        condition: "NamespaceDeletionDiscoveryFailure",
        reason: "ResourcesDiscovered",
        message: "All resources successfully discovered",
    },
    Fine {
        condition: "NamespaceDeletionGroupVersionParsingFailure",
        reason: "ParsedGroupVersions",
        message: "All legacy kube types successfully parsed",
    },
    Fine {
        condition: "NamespaceDeletionContentFailure",
        reason: "ContentDeleted",
        message: "All content successfully deleted, may be waiting on finalization",
    },
    Fine {
        condition: "NamespaceContentRemaining",
        reason: "ContentRemoved",
        message: "All content successfully removed",
    },
    Fine {
        condition: "NamespaceFinalizersRemaining",
        reason: "ContentHasNoFinalizers",
        message: "All content-preserving finalizers finished",
    },
];

/// The conditions after a round of deleting. What was there of other types stays.
pub(super) fn update(before: &[NamespaceCondition], progress: &Progress, now: &Time) -> Vec<NamespaceCondition> {
    let mut after = before.to_vec();
    for fine in FINE {
        let (status, reason, message) = match problem(fine.condition, progress) {
            Some((reason, message)) => ("True", reason, message),
            None => ("False", fine.reason, fine.message.to_owned()),
        };
        let known = after.iter().position(|condition| condition.type_ == fine.condition);
        let since = known.and_then(|position| after.get(position)).filter(|condition| condition.status == status);
        let condition = NamespaceCondition {
            type_: fine.condition.into(),
            status: status.into(),
            reason: Some(reason.into()),
            message: Some(message),
            last_transition_time: since.map_or(Some(now.clone()), |condition| condition.last_transition_time.clone()),
        };
        match known.and_then(|position| after.get_mut(position)) {
            Some(known) => *known = condition,
            None => after.push(condition),
        }
    }
    after
}

/// Reason and message of a condition that holds.
fn problem(condition: &str, progress: &Progress) -> Option<(&'static str, String)> {
    let listed = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join(", "));
    match condition {
        "NamespaceDeletionDiscoveryFailure" => {
            progress.discovery_failure.clone().map(|message| ("DiscoveryFailed", message))
        }
        "NamespaceDeletionContentFailure" => {
            let failures = listed(progress.failures.iter().cloned().collect())?;
            let count = progress.failures.len();
            let message = format!("Failed to delete all resource types, {count} remaining: {failures}");
            Some(("ContentDeletionFailed", message))
        }
        "NamespaceContentRemaining" => {
            let line = |(resource, count)| format!("{resource} has {count} resource instances");
            let remaining = listed(progress.remaining().map(line).collect())?;
            Some(("SomeResourcesRemain", format!("Some resources are remaining: {remaining}")))
        }
        "NamespaceFinalizersRemaining" => {
            let line = |(finalizer, count): (&String, &usize)| format!("{finalizer} in {count} resource instances");
            let finalizers = listed(progress.finalizers.iter().map(line).collect())?;
            Some((
                "SomeFinalizersRemain",
                format!("Some content in the namespace has finalizers remaining: {finalizers}"),
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::{
        api::{
            core::v1::{Pod, Secret},
            networking::v1::Ingress,
        },
        jiff::Timestamp,
    };
    use kube::discovery::ApiResource;

    fn at(second: i64) -> Time {
        Time(Timestamp::from_second(second).unwrap())
    }

    fn find<'a>(conditions: &'a [NamespaceCondition], name: &str) -> (&'a str, &'a str, &'a str) {
        let condition = conditions.iter().find(|condition| condition.type_ == name).unwrap();
        (&condition.status, condition.reason.as_deref().unwrap(), condition.message.as_deref().unwrap())
    }

    #[test]
    fn what_remains_is_told_in_kubernetes_words() {
        let mut progress = Progress::default();
        let held = ["example.com/hold".to_owned(), "example.com/wait".to_owned()];
        progress.note_remaining(&ApiResource::erase::<Pod>(&()), &[&[], &held[..1]]);
        progress.note_remaining(&ApiResource::erase::<Ingress>(&()), &[&held]);
        progress.note_remaining(&ApiResource::erase::<Secret>(&()), &[]);
        progress.failures.insert("no".into());
        let conditions = update(&[], &progress, &at(0));
        assert_eq!(
            find(&conditions, "NamespaceContentRemaining"),
            (
                "True",
                "SomeResourcesRemain",
                "Some resources are remaining: ingresses.networking.k8s.io has 1 resource instances, \
                 pods. has 2 resource instances"
            )
        );
        assert_eq!(
            find(&conditions, "NamespaceFinalizersRemaining"),
            (
                "True",
                "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances, \
                 example.com/wait in 1 resource instances"
            )
        );
        assert_eq!(
            find(&conditions, "NamespaceDeletionContentFailure"),
            ("True", "ContentDeletionFailed", "Failed to delete all resource types, 1 remaining: no")
        );
        assert_eq!(
            find(&conditions, "NamespaceDeletionDiscoveryFailure"),
            ("False", "ResourcesDiscovered", "All resources successfully discovered")
        );
    }

    #[test]
    fn conditions_keep_their_time_while_their_status_stays() {
        let mut progress = Progress::default();
        let fine = update(&[], &progress, &at(1));
        assert_eq!(fine.len(), FINE.len());
        assert_eq!(update(&fine, &progress, &at(2)), fine);

        progress.discovery_failure = Some("unreachable".into());
        let failing = update(&fine, &progress, &at(3));
        progress.discovery_failure = Some("still unreachable".into());
        let failing = update(&failing, &progress, &at(4));
        let times: Vec<_> = failing.iter().map(|condition| condition.last_transition_time.clone().unwrap()).collect();
        assert_eq!(times, [3, 1, 1, 1, 1].map(at));
        assert_eq!(
            find(&failing, "NamespaceDeletionDiscoveryFailure"),
            ("True", "DiscoveryFailed", "still unreachable")
        );
    }

    #[test]
    fn conditions_of_others_stay() {
        let other =
            NamespaceCondition { type_: "Other".into(), status: "True".into(), ..NamespaceCondition::default() };
        assert_eq!(update(std::slice::from_ref(&other), &Progress::default(), &at(1))[0], other);
    }
}
