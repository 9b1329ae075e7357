//! What is said when a rule does not hold.

use expressions::{Activation, Budget, EvalError, Program};
use machinery::schema::ValidationRule;

/// The longest text that an expression may make (`MaxEvaluatedMessageExpressionSizeBytes`).
const MAX_LENGTH: usize = 5 * 1024;

/// The text that stands for a rule.
pub fn name(rule: &ValidationRule) -> &str {
    if rule.message.is_empty() { rule.rule.trim() } else { rule.message.trim() }
}

/// The message that needs no expression.
pub fn plain(rule: &ValidationRule) -> String {
    if rule.message.is_empty() { format!("failed rule: {}", name(rule)) } else { name(rule).to_owned() }
}

/// The message that an expression makes; nothing if it makes none that could be shown.
///
/// # Errors
///
/// It costs so much that no more rules may be looked at.
pub fn evaluated(
    program: &Program,
    rule: &ValidationRule,
    activation: &Activation<'_>,
    budget: &mut Budget,
) -> Result<Option<String>, String> {
    let text = match program.evaluate(activation, budget) {
        Ok(value) => value.as_str().map(|text| text.trim().to_owned()),
        Err(EvalError::BudgetExhausted) => {
            return Err(
                "messageExpression evaluation failed due to running out of cost budget, no further validation \
                        rules will be run"
                    .to_owned(),
            );
        }
        Err(error) if error.is_fatal() => {
            return Err(format!(
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: {:?}",
                rule.message_expression
            ));
        }
        Err(_) => None,
    };
    Ok(text.filter(|text| !text.is_empty() && text.len() <= MAX_LENGTH && !text.contains('\n')))
}
