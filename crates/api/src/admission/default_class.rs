//! Plugins `DefaultStorageClass` and `DefaultIngressClass` (`plugin/pkg/admission/{storage/storageclass/setdefault,
//! network/defaultingressclass}`): who names no class gets the newest of those that are marked as the default.

use machinery::meta;
use serde_json::Value;

const STORAGE: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const INGRESS: [&str; 1] = ["ingressclass.kubernetes.io/is-default-class"];

/// Gives a new claim the default class.
pub fn admit_claim(claim: &mut Value, classes: &[Value]) {
    let named = claim["metadata"]["annotations"].get("volume.beta.kubernetes.io/storage-class").is_some();
    if !named {
        set(claim, "storageClassName", default(classes, &STORAGE));
    }
}

/// Gives a new ingress the default class.
pub fn admit_ingress(ingress: &mut Value, classes: &[Value]) {
    let named = ingress["metadata"]["annotations"].get("kubernetes.io/ingress.class").is_some();
    if !named {
        set(ingress, "ingressClassName", default(classes, &INGRESS));
    }
}

fn set(object: &mut Value, field: &str, class: Option<&str>) {
    let Some(class) = class.filter(|_| object["spec"].get(field).is_none()) else { return };
    object["spec"][field] = class.into();
}

/// The newest class that is marked; of those of one second the first by name.
fn default<'a>(classes: &'a [Value], marks: &[&str]) -> Option<&'a str> {
    let marked = |class: &&Value| marks.iter().any(|mark| class["metadata"]["annotations"][*mark] == "true");
    let made = |class: &Value| class["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
    let mut marked: Vec<&Value> = classes.iter().filter(marked).collect();
    marked.sort_by(|a, b| made(b).cmp(&made(a)).then_with(|| meta::name(a).cmp(meta::name(b))));
    marked.first().map(|class| meta::name(class))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn class(name: &str, mark: &str, made: &str) -> Value {
        json!({"metadata": {"name": name, "creationTimestamp": made, "annotations": {mark: "true"}}})
    }

    #[test]
    fn the_newest_default_is_taken_by_who_names_none() {
        let classes = [
            class("old", STORAGE[0], "2026-01-01T00:00:00Z"),
            class("b", STORAGE[1], "2026-01-02T00:00:00Z"),
            class("a", STORAGE[0], "2026-01-02T00:00:00Z"),
            class("other", "x", "2026-01-03T00:00:00Z"),
        ];
        for (claim, expected) in [
            (json!({"spec": {}}), json!("a")),
            (json!({"spec": {"storageClassName": ""}}), json!("")),
            (
                json!({"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "x"}}, "spec": {}}),
                Value::Null,
            ),
        ] {
            let mut admitted = claim.clone();
            admit_claim(&mut admitted, &classes);
            assert_eq!(admitted["spec"]["storageClassName"], expected, "{claim}");
        }
        let mut ingress = json!({"spec": {}});
        admit_ingress(&mut ingress, &[class("nginx", INGRESS[0], "")]);
        assert_eq!(ingress["spec"]["ingressClassName"], "nginx");
        admit_ingress(&mut ingress, &[class("later", INGRESS[0], "9")]);
        assert_eq!(ingress["spec"]["ingressClassName"], "nginx");
    }
}
