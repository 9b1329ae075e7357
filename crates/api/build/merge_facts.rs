//! Reads `merge_facts.txt` and holds it against the schemas.

use serde_json::Value;
use std::collections::BTreeMap;

/// What is known beside the schemas.
pub struct Facts {
    /// By definition and field.
    pub fields: BTreeMap<(String, String), Fact>,
    /// Definitions that apply owns as a whole.
    pub atomic: Vec<String>,
}

/// How one field merges.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub merges: bool,
    pub retains_keys: bool,
    pub replaces: bool,
    pub key: String,
    pub list: List,
}

#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    #[default]
    Unsaid,
    Atomic,
    Set,
    Map(Vec<String>),
}

/// Panics if a line names a type or field that does not exist, or says something unknown.
pub fn read(definitions: &BTreeMap<String, Value>) -> Facts {
    let lines = include_str!("merge_facts.txt").lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    let joined = lines.join("\n").replace("\n  ", " ");
    let mut facts = Facts { fields: BTreeMap::new(), atomic: Vec::new() };
    for line in joined.lines().filter(|line| !line.trim().is_empty()) {
        let (behaviour, names) = line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
        for name in names.split_whitespace().map(full_name) {
            if behaviour == "atomic-type" {
                assert!(definitions.contains_key(&name), "merge_facts.txt: there is no type {name}");
                facts.atomic.push(name);
                continue;
            }
            let (definition, field) = name.rsplit_once('.').expect("a field has a type");
            let properties = definitions.get(definition).and_then(|schema| schema["properties"].as_object());
            assert!(
                properties.is_some_and(|properties| properties.contains_key(field)),
                "merge_facts.txt: there is no field {name}"
            );
            let earlier = facts.fields.insert((definition.into(), field.into()), fact(behaviour));
            assert!(earlier.is_none(), "merge_facts.txt: {name} occurs twice");
        }
    }
    facts
}

/// The name in the schemas of what the fact files name in short.
pub fn full_name(short: &str) -> String {
    for (prefix, full) in [
        ("meta.", "io.k8s.apimachinery.pkg.apis.meta.v1."),
        ("crd.", "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."),
        ("apiservice.", "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1."),
    ] {
        if let Some(rest) = short.strip_prefix(prefix) {
            return format!("{full}{rest}");
        }
    }
    format!("io.k8s.api.{short}")
}

fn fact(behaviour: &str) -> Fact {
    let mut fact = Fact::default();
    for word in behaviour.split_whitespace() {
        let (word, argument) = word.strip_suffix(')').and_then(|word| word.split_once('(')).unwrap_or((word, ""));
        match word {
            "merge" => (fact.merges, fact.key) = (true, argument.into()),
            "retainKeys" => fact.retains_keys = true,
            "replace" => fact.replaces = true,
            "atomic" => fact.list = List::Atomic,
            "set" => fact.list = List::Set,
            "map" => fact.list = List::Map(argument.split(',').map(Into::into).collect()),
            unknown => panic!("merge_facts.txt: what is {unknown:?}?"),
        }
    }
    fact
}
