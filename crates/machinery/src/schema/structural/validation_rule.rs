//! A rule about a value, as a schema has it.

use serde::Deserialize;

/// `x-kubernetes-validations` (`ValidationRule` of `apiextensions.k8s.io/v1`). The expressions are not looked at here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValidationRule {
    /// The expression that must be true.
    pub rule: String,
    /// What is said if it is not; empty: the rule itself.
    pub message: String,
    /// An expression for what is said.
    pub message_expression: String,
    /// The reason of the error.
    pub reason: Option<String>,
    /// The path from the value to the field that is at fault.
    pub field_path: String,
    /// Whether the former value may be missing.
    pub optional_old_self: Option<bool>,
}
