use super::LabelSelector;
use proptest::prelude::*;
use serde_json::{Value, json};

fn object(labels: &Value) -> Value {
    json!({"metadata": {"labels": labels}})
}

#[test]
fn conditions_hold_or_not() {
    let labels = json!({"app": "a", "tier": "b", "n": "5", "empty": "", "x.io/y": "z", "in": "in"});
    for (selector, matches) in [
        ("", true),
        ("  ", true),
        ("app", true),
        ("!app", false),
        ("! missing", true),
        ("app=a", true),
        ("app==a", true),
        ("app = a , tier=b", true),
        ("app=b", false),
        ("app!=b", true),
        ("missing!=b", true),
        ("missing=", false),
        ("empty=", true),
        ("empty=,app=a", true),
        ("app in (a, c)", true),
        ("app in (b)", false),
        ("app notin (b,c)", true),
        ("missing notin (b)", true),
        ("empty in (,x)", true),
        ("empty in ()", true),
        ("n>4", true),
        ("n>5", false),
        ("n<6", true),
        ("app<6", false),
        ("x.io/y=z", true),
        ("in in (in)", true),
    ] {
        assert_eq!(LabelSelector::parse(selector).unwrap().matches(&object(&labels)), matches, "{selector}");
    }
}

#[test]
fn errors_are_those_of_kubernetes() {
    for (selector, text) in [
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        (
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be \
             an integer",
        ),
    ] {
        let status = LabelSelector::parse(selector).unwrap_err();
        assert_eq!((status.code(), status.message.as_str()), (400, text), "{selector}");
    }
    let status = LabelSelector::parse("a=b_").unwrap_err();
    assert!(status.message.starts_with("unable to parse requirement: values[0][a]: Invalid value: \"b_\""), "{status}");
    let status = LabelSelector::parse("-a=b").unwrap_err();
    assert!(status.message.starts_with("unable to parse requirement: key: Invalid value: \"-a\""), "{status}");
}

#[test]
fn selectors_in_objects() {
    let labels = object(&json!({"app": "a", "tier": "b"}));
    for (selector, matches) in [
        (json!({}), true),
        (json!({"matchLabels": {"app": "a"}}), true),
        (json!({"matchLabels": {"app": "b"}}), false),
        (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}), true),
        (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}), false),
        (json!({"matchLabels": {"tier": "b"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]}), false),
        (json!({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}), true),
    ] {
        let read = LabelSelector::from_object(&selector).unwrap().unwrap();
        assert_eq!(read.matches(&labels), matches, "{selector}");
    }
    assert_eq!(LabelSelector::from_object(&Value::Null), Ok(None));
    let wrong = json!({"matchExpressions": [{"key": "x", "operator": "Like"}]});
    assert_eq!(LabelSelector::from_object(&wrong).unwrap_err(), "\"Like\" is not a valid label selector operator");
    assert_eq!(LabelSelector::from_map(&json!({})), None);
    assert!(LabelSelector::from_map(&json!({"app": "a"})).unwrap().matches(&labels));
}

proptest! {
    #[test]
    fn no_text_panics(text in "[a-c=!<>(), \u{e9}in]{0,30}") {
        let _ = LabelSelector::parse(&text);
    }

    #[test]
    fn a_condition_and_its_opposite_never_both_hold(key in "[a-c]", value in "[a-c]", label in "[a-c]") {
        let labels = object(&json!({ "a": label }));
        let holds = |text: String| LabelSelector::parse(&text).unwrap().matches(&labels);
        prop_assert_ne!(holds(format!("{key}={value}")), holds(format!("{key}!={value}")));
        prop_assert_ne!(holds(key.clone()), holds(format!("!{key}")));
    }
}
