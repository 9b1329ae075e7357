//! No expression costs more than its budget, in time, in memory or in depth, and none makes the evaluator panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use expressions::{Activation, Budget, Environment, EvalError, KubernetesVersion, RUNTIME_BUDGET, Type, compile};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn environment() -> Environment<'static> {
    Environment::new(KubernetesVersion::STORED).variable("self", Type::Dyn)
}

/// What evaluating a text gives, if it is an expression at all.
fn evaluate(text: &str, object: &Json) -> Option<Result<Json, EvalError>> {
    let program = compile(text, &environment()).ok()?.program().ok()?;
    let activation = Activation::new().with_json("self", object);
    let result = program.evaluate(&activation, &mut Budget::new(RUNTIME_BUDGET));
    Some(result.and_then(|value| value.to_json()))
}

#[test]
fn what_grows_too_large_is_stopped() {
    let object = json!({"text": "a".repeat(1_000_000), "list": vec![1; 100_000]});
    let doubled = format!("[self.list]{}.size() > 0", ".map(x, x + x)".repeat(40));
    let compared = format!("[[1]]{0} == [[1]]{0}", ".map(x, [x, x])".repeat(60));
    for text in [
        "self.text.replace('', self.text).size() > 0",
        "self.text.replace('a', self.text).size() > 0",
        "self.list.all(x, self.list.all(y, x == y))",
        "self.list.map(x, self.text + self.text).size() > 0",
        "self.list.map(x, self.text).join(self.text).size() > 0",
        "'%.999999999f'.format([1.0]).size() > 0",
        "self.list.map(x, self.list).flatten().size() > 0",
        &doubled,
        &compared,
    ] {
        let stopped = evaluate(text, &object);
        assert!(matches!(stopped, Some(Err(EvalError::CostLimit | EvalError::MemoryLimit))), "{text}: {stopped:?}");
    }
    let shared = format!("[[1]]{}", ".map(x, [x, x])".repeat(60));
    assert_eq!(evaluate(&shared, &object), Some(Err(EvalError::MemoryLimit)), "what is small as it is shared");
}

#[test]
fn a_budget_is_shared_by_those_who_use_it() {
    let object = json!({"list": vec![1; 10_000]});
    let program = compile("self.list.all(x, x > 0)", &environment()).unwrap().program().unwrap();
    let activation = Activation::new().with_json("self", &object);
    let mut budget = Budget::new(100_000);
    assert!(program.evaluate(&activation, &mut budget).is_ok());
    assert_eq!(budget.left(), 100_000 - 50_003);
    assert_eq!(program.evaluate(&activation, &mut budget).err(), Some(EvalError::BudgetExhausted));
}

#[test]
fn patterns_that_are_data_cost_what_compiling_them_takes() {
    let large = |index: usize| json!({"text": "", "pattern": format!("[ab]{{{}}}", 500 + index)});
    let object =
        json!({"items": (0..1000).map(large).collect::<Vec<_>>(), "same": r"\pL{5}", "list": vec![""; 20_000]});
    let many = "self.items.all(x, !x.text.matches(x.pattern))";
    assert_eq!(evaluate(many, &object), Some(Err(EvalError::CostLimit)));
    assert_eq!(evaluate("self.list.exists(x, x.matches(self.same))", &object), Some(Ok(json!(false))));
    assert_eq!(evaluate("self.list.all(x, x.find(self.same) == '')", &object), Some(Ok(json!(true))));

    let program = compile("!self.text.matches(self.pattern)", &environment()).unwrap().program().unwrap();
    let mut budget = Budget::new(1_000_000);
    let mut one = |index: usize| {
        let object = large(index);
        program.evaluate(&Activation::new().with_json("self", &object), &mut budget).err()
    };
    let stopped = (0..1000).find_map(&mut one);
    assert_eq!(stopped, Some(EvalError::BudgetExhausted));
    assert!(budget.left() > 900_000, "it was not the cost");
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    for text in [
        format!("{}1{}", "(".repeat(300), ")".repeat(300)),
        format!("{}1{}", "[".repeat(300), "]".repeat(300)),
        format!("1{}", " + 1".repeat(300)),
        format!("self{}", ".a".repeat(300)),
        format!("self{}", "[0]".repeat(300)),
        format!("{}true", "true ? true : ".repeat(300)),
    ] {
        let error = compile(&text, &environment()).err().expect("a refusal").to_string();
        assert!(error.contains("expression recursion limit exceeded: 250"), "{error}");
    }
    assert!(compile("true && ".repeat(1000).trim_end_matches(" && "), &environment()).is_ok());
    assert!(compile(&format!("'{}'", "a".repeat(100_001)), &environment()).is_err());
}

#[test]
fn macros_that_use_an_argument_twice_do_not_explode() {
    let text = format!("optional.of(1){}", ".optMap(x, x)".repeat(60));
    let compiled = compile(&text, &environment()).unwrap();
    let _ = compiled.estimate();
    assert!(compiled.program().is_err());
}

/// Pieces that expressions are made of, so that chance finds some that are.
const PIECES: &[&str] = &[
    "self",
    ".a",
    ".b",
    ".?a",
    "[0]",
    "[?0]",
    "['a']",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " == ",
    " < ",
    " in ",
    " && ",
    " || ",
    "!",
    "-",
    "1",
    "2u",
    "0.5",
    "'a'",
    "b'a'",
    "null",
    "true",
    "x",
    "has(",
    ".all(x, ",
    ".map(x, ",
    ".filter(x, ",
    ".exists(i, x, ",
    ".transformMap(k, x, ",
    ".sortBy(x, ",
    ".optMap(x, ",
    ".size()",
    "int(",
    "string(",
    "duration('1s')",
    "timestamp(0)",
    ".format([",
    ".replace(",
    ".split(",
    ".join(",
    ".matches('a+')",
    "lists.range(",
    ".flatten()",
    ".sum()",
    "ip('::1')",
    "quantity('1')",
    "optional.of(",
    ".orValue(",
    "dyn(",
    "type(",
    ".substring(",
    ".lastIndexOf(",
    "\u{e4}",
    "\\",
    "'",
    "\"\"\"",
    "`a`",
    "\n",
    "//",
];

proptest! {
    #[test]
    fn nothing_panics(pieces in proptest::collection::vec(0..PIECES.len(), 1..24), text in ".{0,40}") {
        let object = json!({"a": {"b": [1, 2.5, "x", null]}, "b": "\u{e4}bc"});
        let built: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        for text in [&built, &text, &format!("{built}{text}")] {
            let _ = evaluate(text, &object);
            if let Ok(compiled) = compile(text, &environment()) {
                let _ = compiled.estimate();
            }
        }
    }
}
