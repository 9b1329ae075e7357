//! CEL, the expression language, as Kubernetes v1.37 has it: parser, type checker, cost estimates, evaluator and the
//! libraries of functions. It knows no kind and no HTTP: variables come as JSON with their schemas, authorization through
//! a trait.
//!
//! ```
//! use expressions::{Activation, Budget, Environment, KubernetesVersion, RUNTIME_BUDGET, compile};
//!
//! let schema = serde_json::json!({"type": "object", "properties": {"replicas": {"type": "integer"}}});
//! let environment = Environment::new(KubernetesVersion::NEW).typed("self", &schema, "self").ok_or("no type")?;
//! let program = compile("self.replicas <= 5", &environment)?.program()?;
//!
//! let object = serde_json::json!({"replicas": 3});
//! let activation = Activation::new().with_typed("self", &object, &schema)?;
//! let result = program.evaluate(&activation, &mut Budget::new(RUNTIME_BUDGET))?;
//! assert_eq!(result.as_bool(), Some(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod activation;
mod authorizer;
mod budget;
mod check;
mod environment;
mod error;
mod estimate;
mod evaluate;
mod library;
mod program;
mod schema;
mod source;
mod syntax;
mod types;
mod value;

pub use activation::Activation;
pub use authorizer::{Authorizer, Check, Decision, Resource, Subject};
pub use budget::{Budget, MATCH_CONDITIONS_BUDGET, PER_CALL_LIMIT, RUNTIME_BUDGET};
pub use environment::{Environment, Extension, KubernetesVersion};
pub use error::{CompileError, EvalError};
pub use estimate::Range;
pub use program::{Compiled, Program, compile};
pub use schema::{ListType, Schema, escape, max_cardinality, unescape};
pub use types::Type;
pub use value::Value;
