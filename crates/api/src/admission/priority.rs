//! Plugin `Priority` (`plugin/pkg/admission/priority/admission.go`): a pod's class says how important it is.

use machinery::meta;
use serde_json::{Value, json};

/// The classes that always exist (`pkg/apis/scheduling/helpers.go`).
const SYSTEM_CLASSES: [(&str, i64); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// What a pod does to lesser ones where its class says nothing.
const PREEMPT: &str = "PreemptLowerPriority";

/// What a class makes of a pod.
#[derive(Clone, Copy)]
struct Effect<'a> {
    class: &'a str,
    priority: i64,
    preemption_policy: &'a str,
}

/// Gives a new pod the priority and the preemption policy of its class, out of all `classes` there are.
pub fn admit(pod: &mut Value, classes: &[Value]) -> Result<(), String> {
    let asked = pod["spec"]["priorityClassName"].as_str().unwrap_or_default().to_owned();
    let effect = effect(&asked, classes).ok_or_else(|| format!("no PriorityClass with name {asked} was found"))?;
    let spec = &mut pod["spec"];
    if !effect.class.is_empty() {
        spec["priorityClassName"] = json!(effect.class);
    }
    if let Some(given) = spec["priority"].as_i64().filter(|given| *given != effect.priority) {
        return Err(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {} from the given PriorityClass name",
            effect.priority
        ));
    }
    spec["priority"] = json!(effect.priority);
    let policy = effect.preemption_policy;
    if let Some(given) = spec["preemptionPolicy"].as_str().filter(|given| !given.is_empty() && *given != policy) {
        return Err(format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
        ));
    }
    spec["preemptionPolicy"] = json!(policy);
    Ok(())
}

/// There is one default class at most. `class` is new or changed, `classes` are those there are.
pub fn validate_class(class: &Value, classes: &[Value]) -> Result<(), String> {
    match default_class(classes).map(meta::name) {
        Some(name) if class["globalDefault"] == true && name != meta::name(class) => {
            Err(format!("PriorityClass {name} is already marked as default. Only one default can exist"))
        }
        _ => Ok(()),
    }
}

/// `None`: there is no such class.
fn effect<'a>(asked: &'a str, classes: &'a [Value]) -> Option<Effect<'a>> {
    let class =
        if asked.is_empty() { default_class(classes) } else { classes.iter().find(|class| meta::name(class) == asked) };
    if let Some(class) = class {
        return Some(Effect {
            class: meta::name(class),
            priority: class["value"].as_i64().unwrap_or_default(),
            preemption_policy: class["preemptionPolicy"].as_str().unwrap_or(PREEMPT),
        });
    }
    let system = SYSTEM_CLASSES.iter().find(|(name, _)| *name == asked).map(|(_, priority)| *priority);
    let priority = if asked.is_empty() { Some(0) } else { system };
    priority.map(|priority| Effect { class: asked, priority, preemption_policy: PREEMPT })
}

/// Should two have come to be default at once, the lesser one is.
fn default_class(classes: &[Value]) -> Option<&Value> {
    let defaults = classes.iter().filter(|class| class["globalDefault"] == true);
    defaults.min_by_key(|class| class["value"].as_i64().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, value: i64, default: bool) -> Value {
        json!({"metadata": {"name": name}, "value": value, "globalDefault": default, "preemptionPolicy": "Never"})
    }

    #[test]
    fn pods_have_the_priority_of_their_class() {
        let high = || class("high", 1000, false);
        let none: Vec<Value> = Vec::new();
        for (spec, classes, expected) in [
            (json!({}), none.clone(), Ok(("", 0, "PreemptLowerPriority"))),
            (json!({}), vec![high()], Ok(("", 0, "PreemptLowerPriority"))),
            (json!({}), vec![high(), class("b", 20, true), class("a", 10, true)], Ok(("a", 10, "Never"))),
            (json!({"priorityClassName": "high"}), vec![high()], Ok(("high", 1000, "Never"))),
            (json!({"priorityClassName": "high", "priority": 1000}), vec![high()], Ok(("high", 1000, "Never"))),
            (
                json!({"priorityClassName": "system-node-critical"}),
                none.clone(),
                Ok(("system-node-critical", 2_000_001_000, "PreemptLowerPriority")),
            ),
            (json!({"priorityClassName": "nosuch"}), vec![high()], Err("no PriorityClass with name nosuch was found")),
            (
                json!({"priority": 5}),
                none,
                Err(
                    "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name",
                ),
            ),
            (
                json!({"priorityClassName": "high", "preemptionPolicy": "PreemptLowerPriority"}),
                vec![high()],
                Err(
                    "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name",
                ),
            ),
        ] {
            let mut pod = json!({ "spec": spec });
            let result = admit(&mut pod, &classes);
            let text = |field: &str| pod["spec"][field].as_str().unwrap_or_default();
            let got = result.map(|()| {
                (text("priorityClassName"), pod["spec"]["priority"].as_i64().unwrap(), text("preemptionPolicy"))
            });
            assert_eq!(got.as_ref().map_err(String::as_str), expected.as_ref().map_err(|cause| *cause), "{spec}");
        }
    }

    #[test]
    fn one_class_is_the_default() {
        let classes = [class("a", 1, true), class("b", 2, false)];
        let refusal = "PriorityClass a is already marked as default. Only one default can exist";
        for (class, expected) in [
            (class("a", 3, true), Ok(())),
            (class("b", 2, false), Ok(())),
            (class("b", 2, true), Err(refusal.to_owned())),
        ] {
            assert_eq!(validate_class(&class, &classes), expected, "{class}");
        }
    }
}
