//! The object model: bodies, patches, selectors, quantities, expressions.

use api::{TABLES, kinds};
use expressions::{Activation, Budget, Environment, KubernetesVersion, RUNTIME_BUDGET, Type};
use machinery::{apply::{self, Writer}, patch, protobuf as wire, quantity::Quantity, decode::{self, FieldValidation}, schema::Definition, serializer, selector::{FieldSelector, LabelSelector}};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Kinds whose messages are tried: common, deep, and with types that read themselves.
const KINDS: [(&str, &str); 4] = [
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("v1", "Status"),
];

/// A body in protobuf, or the message of a kind that the first byte chooses.
pub fn protobuf(data: &[u8]) {
    let body = match data {
        [kind, message @ ..] if !data.starts_with(b"k8s\0") => {
            envelope(KINDS[usize::from(*kind) % KINDS.len()], message)
        }
        _ => data.to_vec(),
    };
    let Ok(mut object) = wire::decode(&TABLES, &body) else { return };
    let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    if let Some(definition) = TABLES.identified(group, version, &kind)
        && serializer::conform(&mut object, definition).is_ok()
    {
        written_is_read(&object);
    }
}

fn envelope((api_version, kind): (&str, &str), message: &[u8]) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let mut length = bytes.len();
        let mut field = vec![number << 3 | 2];
        while length > 0x7f {
            field.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        field.push(u8::try_from(length).unwrap_or_default());
        [field, bytes.to_vec()].concat()
    };
    let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &type_meta), field(2, message)].concat()
}

fn written_is_read(object: &Value) {
    let read: Value = serde_json::from_slice(&serializer::to_json(&TABLES, object)).expect("what is written is JSON");
    assert_eq!(read, *object);
}

/// A JSON or YAML body of a pod; several documents in a file.
pub fn documents(data: &[u8]) {
    for document in [serializer::parse_json(data), serializer::parse_yaml(data)].into_iter().flatten() {
        for validation in [FieldValidation::Strict, FieldValidation::Warn] {
            let Ok((pod, _)) = decode::object(&kinds::POD, document.clone(), validation) else { continue };
            written_is_read(&pod);
            let again = decode::object(&kinds::POD, pod.clone().into(), FieldValidation::Strict);
            assert_eq!(again.expect("what was decoded can be decoded"), (pod, Vec::new()));
        }
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = serializer::read_all(text);
    }
}

/// A patch, in JSON, of a Deployment.
pub fn patches(data: &[u8]) {
    let Ok(wanted) = serde_json::from_slice::<Value>(data) else { return };
    let definition = deployments();
    let object = deployment();
    let patched = [
        patch::json_patch(&object, wanted.clone()),
        Ok(patch::merge_patch(&object, &wanted)),
        patch::strategic_merge_patch(definition, &object, wanted),
    ];
    for object in patched.into_iter().flatten() {
        assert!(object.to_string().len() < 2 * data.len() + (4 << 20), "a patch cannot make something out of nothing");
        let _ = decode::object(&kinds::DEPLOYMENT, object.into(), FieldValidation::Warn);
    }
}

/// Specifications, in a JSON list, that two managers apply in turn.
pub fn apply(data: &[u8]) {
    let Ok(Value::Array(specs)) = serde_json::from_slice(data) else { return };
    let mut live = None;
    for (spec, manager) in specs.into_iter().zip(["one", "two"].into_iter().cycle()) {
        let wanted = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec});
        if apply::check(deployments(), &wanted).is_err() {
            continue;
        }
        let writer =
            |second| Writer { manager, subresource: "", now: Timestamp::from_second(second).unwrap_or_default() };
        let Ok(object) = apply::apply(deployments(), live.as_ref(), &wanted, writer(1), true) else { continue };
        let again = apply::apply(deployments(), Some(&object), &wanted, writer(2), false);
        assert_eq!(again.expect("what was applied can be applied"), object, "applying twice is applying once");
        live = Some(object);
    }
}

/// The text of a selector, or one in JSON.
pub fn selectors(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let object = deployment();
    if let Ok(selector) = LabelSelector::parse(text) {
        let _ = selector.matches(&object);
    }
    if let Ok(selector) = FieldSelector::parse(&kinds::POD, text) {
        let _ = selector.matches(&object);
    }
    if let Ok(selector) = serde_json::from_str::<Value>(text)
        && let Ok(Some(selector)) = LabelSelector::from_object(&selector)
    {
        let _ = selector.matches(&object);
    }
}

/// The text of a quantity.
pub fn quantities(data: &[u8]) {
    let Ok(quantity) = std::str::from_utf8(data).unwrap_or_default().parse::<Quantity>() else { return };
    let written = quantity.to_string();
    let read: Quantity = written.parse().expect("what is written is a quantity");
    assert_eq!(read.to_string(), written);
}

/// The text of an expression over an object of which nothing is known.
pub fn expressions(data: &[u8]) {
    let text = std::str::from_utf8(data).unwrap_or_default();
    let environment = Environment::new(KubernetesVersion::STORED).variable("self", Type::Dyn);
    let Ok(compiled) = expressions::compile(text, &environment) else { return };
    let _ = compiled.estimate();
    let Ok(program) = compiled.program() else { return };
    let object = json!({"a": {"b": [1, 2.5, "x", null]}, "list": ["x", "y"], "text": "ä"});
    let activation = Activation::new().with_json("self", &object);
    if let Ok(value) = program.evaluate(&activation, &mut Budget::new(RUNTIME_BUDGET)) {
        let _ = value.to_json();
    }
}

fn deployments() -> Definition<'static> {
    TABLES.identified("apps", "v1", "Deployment").expect("deployments have a definition")
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "d", "labels": {"app": "d"}, "finalizers": ["a", "b"]},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "d"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": {"app": "d"}}, "spec": {
                "containers": [
                    {"name": "a", "image": "1", "env": [{"name": "E", "value": "1"}], "ports": [{"containerPort": 80}]},
                    {"name": "b", "image": "2", "args": ["x", "y"]},
                ],
                "volumes": [{"name": "v", "emptyDir": {}}],
            }},
        },
        "status": {},
    })
}
