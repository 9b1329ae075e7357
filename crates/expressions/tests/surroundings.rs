//! What callers put into an environment: authorizers, composed variables, optional values, objects of mutations.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use expressions::{
    Activation, Authorizer, Budget, Check, Decision, Environment, EvalError, Extension, KubernetesVersion, Program,
    RUNTIME_BUDGET, Resource, Subject, Type, Value, compile,
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Mutex};

const VERSION: KubernetesVersion = KubernetesVersion::STORED;

fn evaluate<'p, 'a: 'p>(program: &'p Program, activation: &Activation<'a>) -> Result<Value<'p>, EvalError> {
    program.evaluate(activation, &mut Budget::new(RUNTIME_BUDGET))
}

/// Allows what is done to pods, and notes what it is asked.
#[derive(Default)]
struct Pods(Mutex<Vec<Check>>);

impl Authorizer for Pods {
    fn check(&self, check: &Check) -> Decision {
        self.0.lock().unwrap().push(check.clone());
        let allowed = matches!(&check.what, Subject::Resource(resource) if resource.resource == "pods");
        Decision { allowed, reason: "pods only".to_owned(), error: None }
    }
}

#[test]
fn authorization_is_asked_of_the_caller() {
    let environment = Environment::new(VERSION).authorizer();
    let request = Resource { resource: "pods".to_owned(), namespace: "a".to_owned(), ..Resource::default() };
    for (text, expected) in [
        (
            "authorizer.group('').resource('pods').namespace('x').name('n').subresource('log').check('get').allowed()",
            true,
        ),
        ("authorizer.group('apps').resource('deployments').check('get').allowed()", false),
        ("authorizer.path('/healthz').check('get').reason() == 'pods only'", true),
        ("authorizer.requestResource.check('create').allowed()", true),
        ("authorizer.serviceAccount('ns', 'name').group('').resource('pods').check('list').errored()", false),
        (
            "authorizer.group('').resource('pods').labelSelector('a=b').fieldSelector('c=d').check('list').allowed()",
            true,
        ),
    ] {
        let pods = Pods::default();
        let program = compile(text, &environment).unwrap().program().unwrap();
        let activation = Activation::new().with_authorizer(&pods, request.clone());
        assert_eq!(evaluate(&program, &activation).unwrap().as_bool(), Some(expected), "{text}");
        assert_eq!(pods.0.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_third_check_exceeds_the_cost_of_one_evaluation() {
    let environment = Environment::new(VERSION).authorizer();
    let check = "authorizer.group('').resource('pods').check('get').allowed()";
    let pods = Pods::default();
    let activation = Activation::new().with_authorizer(&pods, Resource::default());
    for (count, fits) in [(2, true), (3, false)] {
        let program = compile(&vec![check; count].join(" && "), &environment).unwrap().program().unwrap();
        assert_eq!(evaluate(&program, &activation).is_ok(), fits);
    }
}

#[test]
fn composed_variables_are_evaluated_once_and_only_if_asked_for() {
    let environment = Environment::new(VERSION).variable("object", Type::Dyn);
    let fields = [("big", "object.replicas > 5"), ("broken", "object.nothing")];
    let compiled = fields.map(|(name, text)| (name, compile(text, &environment).unwrap()));
    let types = compiled.iter().map(|(name, compiled)| ((*name).to_owned(), compiled.result().clone()));
    let environment = environment.clone().composed("variables", types.collect::<BTreeMap<_, _>>());
    let programs: Vec<(String, Program)> =
        compiled.iter().map(|(name, compiled)| ((*name).to_owned(), compiled.program().unwrap())).collect();
    let object = json!({"replicas": 7});
    let expressions = ["variables.big && variables.big", "variables.big || variables.broken", "has(variables.big)"];
    for text in expressions {
        let program = compile(text, &environment).unwrap().program().unwrap();
        let activation = Activation::new().with_json("object", &object).with_composed(&programs);
        let result = evaluate(&program, &activation);
        assert_eq!(result.map(|value| value.as_bool()), Ok(Some(true)), "{text}");
    }
    let failing = compile("variables.broken == 1", &environment).unwrap().program().unwrap();
    let activation = Activation::new().with_json("object", &object).with_composed(&programs);
    let error = evaluate(&failing, &activation).unwrap_err().to_string();
    assert_eq!(error, "composited variable \"broken\" fails to evaluate: no such key: nothing");
    let error = compile("variables.none", &environment).err().map(|error| error.to_string()).unwrap();
    assert!(error.contains("undefined field 'none'"), "{error}");
}

#[test]
fn an_old_value_may_be_absent() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let environment = Environment::new(VERSION).typed("self", &schema, "self").unwrap();
    let environment = environment.optional("oldSelf", &schema, "self").unwrap();
    let program =
        compile("!oldSelf.hasValue() || oldSelf.value().n < self.n", &environment).unwrap().program().unwrap();
    let (new, old) = (json!({"n": 2}), json!({"n": 3}));
    for (old, expected) in [(None, true), (Some(&old), false)] {
        let activation = Activation::new().with_typed("self", &new, &schema).unwrap();
        let activation = activation.with_optional("oldSelf", old, &schema).unwrap();
        assert_eq!(evaluate(&program, &activation).unwrap().as_bool(), Some(expected));
    }
}

#[test]
fn mutations_make_objects_and_patches() {
    let environment = Environment::new(VERSION).with(Extension::JsonPatch).variable("object", Type::Dyn);
    let object = json!({"spec": {"replicas": 1}});
    let activation = Activation::new().with_json("object", &object);
    for (text, of, expected) in [
        (
            "Object{spec: Object.spec{replicas: object.spec.replicas + 1, ?x: optional.none()}}",
            "Object",
            json!({"spec": {"replicas": 2}}),
        ),
        (
            "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b~c'), value: {'x': [1]}}]",
            "list(JSONPatch)",
            json!([{"op": "add", "path": "/metadata/labels/a~1b~0c", "value": {"x": [1]}}]),
        ),
    ] {
        let compiled = compile(text, &environment).unwrap();
        assert_eq!(compiled.result().to_string(), of);
        let program = compiled.program().unwrap();
        assert_eq!(evaluate(&program, &activation).unwrap().to_json(), Ok(expected), "{text}");
    }
    for (text, complaint) in [
        ("JSONPatch{op: 1}", "expected type of field 'op' is 'string' but provided type is 'int'"),
        ("JSONPatch{what: 1}", "undefined field 'what'"),
        ("Subject{}", "undeclared reference to 'Subject'"),
    ] {
        let error = compile(text, &environment).err().map(|error| error.to_string()).unwrap();
        assert!(error.contains(complaint), "{error}");
    }
}

#[test]
fn versions_bring_their_libraries() {
    for (text, since) in [("'a'.find('a') == 'a'", 0u16), ("ip('::1') == ip('::1')", 30), ("[1].includes(1)", 37)] {
        for version in [since, since.wrapping_sub(1)].into_iter().filter(|version| *version < 100) {
            let environment = Environment::new(KubernetesVersion(version));
            assert_eq!(compile(text, &environment).is_ok(), version >= since, "{text} in {version}");
        }
    }
}
