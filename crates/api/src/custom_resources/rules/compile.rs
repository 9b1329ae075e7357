//! A rule's expressions, compiled (`compilation.go`).

use expressions::{Compiled, Environment, KubernetesVersion, Program};
use machinery::schema::{Structural, ValidationRule};

/// The type of the object that a rule is about; those within are named after the way to them.
const SELF_TYPE: &str = "selfType";

/// A rule that can be checked, or what is wrong with it.
#[derive(Debug)]
pub struct Rule {
    pub program: Result<Program, String>,
    /// The most that it can cost.
    pub cost: u64,
    /// Whether it speaks of the former value.
    pub uses_old_self: bool,
    /// The expression for its message, if it has one.
    pub message: Option<Result<Program, String>>,
    pub message_cost: u64,
}

/// Compiles a rule about the values of a schema; nothing if it is empty.
pub fn compile(schema: &Structural, rule: &ValidationRule) -> Option<Rule> {
    if rule.rule.trim().is_empty() {
        return None;
    }
    let Some(environment) = environment(schema, rule) else {
        let error = "failed to convert to declType for CEL validation rules".to_owned();
        return Some(Rule { program: Err(error), cost: 0, uses_old_self: false, message: None, message_cost: 0 });
    };
    let compiled = compiled(&rule.rule, &environment);
    let uses_old_self = compiled.as_ref().is_ok_and(|compiled| compiled.mentions("oldSelf"));
    let (program, cost) = ready(compiled, "bool", "cel expression must evaluate to a bool", "");
    let has_message = program.is_ok() && !rule.message_expression.is_empty();
    let message = has_message.then(|| self::compiled(&rule.message_expression, &environment));
    let message = message
        .map(|message| ready(message, "string", "messageExpression must evaluate to a string", "messageExpression "));
    let (message, message_cost) = message.map_or((None, 0), |(message, cost)| (Some(message), cost));
    Some(Rule { program, cost, uses_old_self, message, message_cost })
}

fn environment<'s>(schema: &'s Structural, rule: &ValidationRule) -> Option<Environment<'s>> {
    let environment = Environment::new(KubernetesVersion::NEW).typed("self", schema, SELF_TYPE)?;
    if rule.optional_old_self == Some(true) {
        environment.optional("oldSelf", schema, SELF_TYPE)
    } else {
        environment.typed("oldSelf", schema, SELF_TYPE)
    }
}

fn compiled<'s>(text: &str, environment: &Environment<'s>) -> Result<Compiled<'s>, String> {
    expressions::compile(text, environment).map_err(|error| error.to_string())
}

/// The program of an expression that is of the right type, and what it can cost.
fn ready(
    compiled: Result<Compiled<'_>, String>,
    wanted: &str,
    otherwise: &str,
    what: &str,
) -> (Result<Program, String>, u64) {
    let compiled = match compiled {
        Ok(compiled) if compiled.result().to_string() == wanted => compiled,
        Ok(_) => return (Err(otherwise.to_owned()), 0),
        Err(error) => return (Err(format!("{what}compilation failed: {error}")), 0),
    };
    let instantiation = if what.is_empty() { "program " } else { what };
    match compiled.program() {
        Ok(program) => (Ok(program), compiled.estimate().max),
        Err(error) => (Err(format!("{instantiation}instantiation failed: {error}")), 0),
    }
}
