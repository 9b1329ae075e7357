//! What a `PodDisruptionBudget` says of an eviction.

use jiff::Timestamp;
use machinery::{
    meta,
    selector::LabelSelector,
    status::{Cause, Status},
};
use serde_json::{Value, json};

/// How many evictions of a budget may wait for their pods' end (`MaxDisruptedPodSize`).
const MOST_DISRUPTED: usize = 2000;

/// What clients see as the cause of a refusal (`DisruptionBudgetCause`).
const CAUSE: &str = "DisruptionBudget";

const REFUSAL: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// Whether a budget has a disruption left.
pub(super) enum Verdict {
    /// It had: the budget with one less.
    Charged(Value),
    /// It has none.
    Refused(Status),
}

/// The one budget that protects a pod, if there is any.
pub(super) fn of_pod(budgets: impl Iterator<Item = Value>, pod: &Value) -> Result<Option<Value>, Status> {
    let mut matching = budgets.filter(|budget| selects(budget, pod));
    match (matching.next(), matching.next()) {
        (_, Some(_)) => Err(Status::server_failure(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        )),
        (found, None) => Ok(found),
    }
}

/// A budget whose selector cannot be read selects nothing.
fn selects(budget: &Value, pod: &Value) -> bool {
    let selector = LabelSelector::from_object(&budget["spec"]["selector"]);
    selector.is_ok_and(|selector| selector.is_some_and(|selector| selector.matches(pod)))
}

/// Whether the pod does not count for its budget, being unhealthy, and may go without a charge.
pub(super) fn spares(budget: &Value, pod: &Value) -> bool {
    let number = |field: &str| budget["status"][field].as_i64().unwrap_or_default();
    let (healthy, desired) = (number("currentHealthy"), number("desiredHealthy"));
    let always = budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
    !is_ready(pod) && (always || (healthy >= desired && desired > 0))
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// Takes one disruption for a pod from a budget (`checkAndDecrement`).
pub(super) fn charge(budget: &Value, pod: &str, now: Timestamp) -> Verdict {
    let (name, status) = (meta::name(budget), &budget["status"]);
    let allowed = status["disruptionsAllowed"].as_i64().unwrap_or_default();
    if status["observedGeneration"].as_i64().unwrap_or_default() < meta::generation(budget) {
        return Verdict::Refused(busy(name));
    }
    if allowed < 0 {
        return Verdict::Refused(forbidden(
            name,
            "pdb disruptions allowed is negative",
            "pdb disruptions allowed is negative",
        ));
    }
    if status["disruptedPods"].as_object().is_some_and(|pods| pods.len() > MOST_DISRUPTED) {
        return Verdict::Refused(forbidden(
            name,
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
            "too many pending evictions not confirmed by PDB controller",
        ));
    }
    if allowed == 0 {
        return Verdict::Refused(refused(why_none(name, status), 0));
    }
    Verdict::Charged(charged(budget, allowed - 1, pod, now))
}

fn charged(budget: &Value, left: i64, pod: &str, now: Timestamp) -> Value {
    let mut budget = budget.clone();
    let status = &mut budget["status"];
    status["disruptionsAllowed"] = left.into();
    status["disruptedPods"][pod] = meta::time(now).into();
    if left == 0 {
        let generation = status["observedGeneration"].clone();
        allow_none(&mut status["conditions"], &generation, now);
    }
    budget
}

/// The condition `DisruptionAllowed` of a budget that has none left (`UpdateDisruptionAllowedCondition`).
fn allow_none(conditions: &mut Value, generation: &Value, now: Timestamp) {
    let mut all = conditions.as_array().cloned().unwrap_or_default();
    let was = all.iter().position(|condition| condition["type"] == "DisruptionAllowed").map(|index| all.remove(index));
    let since = was.filter(|was| was["status"] == "False").map(|was| was["lastTransitionTime"].clone());
    all.push(json!({
        "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": "",
        "observedGeneration": generation, "lastTransitionTime": since.unwrap_or_else(|| meta::time(now).into()),
    }));
    *conditions = all.into();
}

fn why_none(name: &str, status: &Value) -> String {
    let number = |field: &str| status[field].as_i64().unwrap_or_default();
    let (healthy, desired) = (number("currentHealthy"), number("desiredHealthy"));
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let told = conditions.into_iter().find(|condition| {
        condition["type"] == "DisruptionAllowed" && condition["status"] == "False" && condition["message"] != ""
    });
    let text = |field: &str| told.map_or("", |told| told[field].as_str().unwrap_or_default());
    let (reason, message) = (text("reason"), text("message"));
    match told {
        Some(_) if reason == "SyncFailed" => {
            format!(
                "The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
            )
        }
        _ if healthy <= desired => {
            format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
        }
        Some(_) => format!("The disruption budget {name} does not allow evicting pods currently ({reason}): {message}"),
        None => format!("The disruption budget {name} does not allow evicting pods currently"),
    }
}

/// The refusal of a budget that is not up to date.
pub(super) fn busy(name: &str) -> Status {
    refused(format!("The disruption budget {name} is still being processed by the server."), 10)
}

fn refused(why: String, retry_after_seconds: u32) -> Status {
    Status::too_many_requests(REFUSAL, retry_after_seconds, Some(Cause::new(CAUSE, why)))
}

fn forbidden(name: &str, cause: &str, why: &str) -> Status {
    let why = format!("The disruption budget {name} does not allow evicting pods currently: {why}");
    Status::forbidden_resource("policy", "poddisruptionbudget", name, cause).with_cause(Cause::new(CAUSE, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(status: &Value) -> Value {
        json!({"metadata": {"name": "b", "generation": 1}, "spec": {"selector": {"matchLabels": {"app": "x"}}},
            "status": status})
    }

    fn refusal(status: &Value) -> (u16, String) {
        match charge(&budget(status), "p", Timestamp::UNIX_EPOCH) {
            Verdict::Refused(status) => (status.code(), status.details.unwrap().causes[0].message.clone()),
            Verdict::Charged(_) => panic!("charged: {status}"),
        }
    }

    #[test]
    fn a_budget_is_charged_until_it_is_spent() {
        let full = budget(&json!({"observedGeneration": 1, "disruptionsAllowed": 2}));
        let Verdict::Charged(one) = charge(&full, "p", Timestamp::UNIX_EPOCH) else { panic!("refused") };
        assert_eq!(one["status"]["disruptionsAllowed"], 1);
        assert_eq!(one["status"]["disruptedPods"], json!({"p": "1970-01-01T00:00:00Z"}));
        let Verdict::Charged(none) = charge(&one, "q", Timestamp::UNIX_EPOCH) else { panic!("refused") };
        assert_eq!(none["status"]["conditions"][0]["reason"], "InsufficientPods");
        assert!(matches!(charge(&none, "r", Timestamp::UNIX_EPOCH), Verdict::Refused(_)));
    }

    #[test]
    fn refusals_say_why() {
        let told =
            |reason: &str| json!([{"type": "DisruptionAllowed", "status": "False", "reason": reason, "message": "m"}]);
        for (status, code, why) in [
            (json!({}), 429, "is still being processed by the server."),
            (
                json!({"observedGeneration": 1, "disruptionsAllowed": -1}),
                403,
                "does not allow evicting pods currently: pdb disruptions allowed is negative",
            ),
            (
                json!({"observedGeneration": 1, "currentHealthy": 1, "desiredHealthy": 2}),
                429,
                "needs 2 healthy pods and has 1 currently",
            ),
            (
                json!({"observedGeneration": 1, "currentHealthy": 3, "desiredHealthy": 2}),
                429,
                "does not allow evicting pods currently",
            ),
            (
                json!({"observedGeneration": 1, "conditions": told("SyncFailed")}),
                429,
                "does not allow evicting pods currently because it failed sync: m",
            ),
            (
                json!({"observedGeneration": 1, "currentHealthy": 3, "conditions": told("Odd")}),
                429,
                "does not allow evicting pods currently (Odd): m",
            ),
        ] {
            assert_eq!(refusal(&status), (code, format!("The disruption budget b {why}")), "{status}");
        }
    }

    #[test]
    fn one_budget_at_most_protects_a_pod() {
        let pod = json!({"metadata": {"labels": {"app": "x"}}});
        let mine = || budget(&json!({}));
        let mut other = mine();
        other["spec"]["selector"] = json!({"matchLabels": {"app": "y"}});
        assert_eq!(of_pod([other.clone()].into_iter(), &pod).unwrap(), None);
        assert_eq!(of_pod([other, mine()].into_iter(), &pod).unwrap(), Some(mine()));
        assert_eq!(of_pod([mine(), mine()].into_iter(), &pod).unwrap_err().code(), 500);
    }

    #[test]
    fn unhealthy_pods_are_spared_where_enough_are_healthy() {
        let pod = |ready: &str| json!({"status": {"conditions": [{"type": "Ready", "status": ready}]}});
        let enough = budget(&json!({"currentHealthy": 2, "desiredHealthy": 2}));
        let short = budget(&json!({"currentHealthy": 1, "desiredHealthy": 2}));
        let mut lenient = short.clone();
        lenient["spec"]["unhealthyPodEvictionPolicy"] = "AlwaysAllow".into();
        for (budget, ready, expected) in
            [(&enough, "True", false), (&enough, "False", true), (&short, "False", false), (&lenient, "False", true)]
        {
            assert_eq!(spares(budget, &pod(ready)), expected, "{budget} {ready}");
        }
    }
}
