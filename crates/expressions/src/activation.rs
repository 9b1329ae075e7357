//! What variables stand for while expressions are evaluated.

use crate::{
    authorizer::{Authorization, Authorizer, Resource, Stage},
    error::EvalError,
    program::Program,
    schema::{Schema, Shape},
    value::{Opaque, Value},
};
use serde_json::Value as Json;
use std::{cell::RefCell, sync::Arc};

/// Values by name. The same may be used for many expressions; composed variables are evaluated once.
#[derive(Default)]
pub struct Activation<'a> {
    variables: Vec<(&'a str, Value<'a>)>,
    composed: &'a [(String, Program)],
    done: RefCell<Vec<Option<Result<Value<'a>, EvalError>>>>,
}

impl<'a> Activation<'a> {
    /// Without variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a value.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: Value<'a>) -> Self {
        self.variables.push((name, value));
        self
    }

    /// With JSON of which nothing is known.
    #[must_use]
    pub fn with_json(self, name: &'a str, json: &'a Json) -> Self {
        let value = Value::of_json(json, None).unwrap_or_default();
        self.with(name, value)
    }

    /// With JSON as its schema says it is to be seen.
    ///
    /// # Errors
    /// It is not what the schema says.
    pub fn with_typed(self, name: &'a str, json: &'a Json, schema: &'a dyn Schema) -> Result<Self, EvalError> {
        Ok(self.with(name, typed(json, schema)?))
    }

    /// With an optional value, which is there if there is JSON.
    ///
    /// # Errors
    /// It is not what the schema says.
    pub fn with_optional(
        self,
        name: &'a str,
        json: Option<&'a Json>,
        schema: &'a dyn Schema,
    ) -> Result<Self, EvalError> {
        let value = json.map(|json| typed(json, schema)).transpose()?;
        Ok(self.with(name, value.map_or(Value::NONE, Value::some)))
    }

    /// With a whole resource, seen through its schema.
    ///
    /// # Errors
    /// It is not what the schema says.
    pub fn with_resource(self, name: &'a str, json: &'a Json, schema: &'a dyn Schema) -> Result<Self, EvalError> {
        Ok(self.with(name, Value::of_json(json, Shape::of_resource(schema))?))
    }

    /// With an authorizer, and a check of the request's own resource.
    #[must_use]
    pub fn with_authorizer(self, authorizer: &'a dyn Authorizer, request: Resource) -> Self {
        let whole = Arc::new(Authorization::new(authorizer));
        let resource = whole.at(Stage::Resource(request));
        self.with("authorizer", Value::Opaque(Opaque::Authorization(whole)))
            .with("authorizer.requestResource", Value::Opaque(Opaque::Authorization(resource)))
    }

    /// With the expressions that are the fields of the composed variable.
    #[must_use]
    pub fn with_composed(mut self, fields: &'a [(String, Program)]) -> Self {
        self.composed = fields;
        self.done = RefCell::new(vec![None; fields.len()]);
        self
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Value<'a>> {
        self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The field of the composed variable: its place and its expression.
    pub(crate) fn composed(&self, name: &str) -> Option<(usize, &'a Program)> {
        let place = self.composed.iter().position(|(known, _)| known == name)?;
        Some((place, &self.composed[place].1))
    }

    pub(crate) fn done(&self, place: usize) -> Option<Result<Value<'a>, EvalError>> {
        self.done.borrow().get(place).cloned().flatten()
    }

    pub(crate) fn note(&self, place: usize, result: &Result<Value<'a>, EvalError>) {
        if let Some(done) = self.done.borrow_mut().get_mut(place) {
            *done = Some(result.clone());
        }
    }
}

fn typed<'a>(json: &'a Json, schema: &'a dyn Schema) -> Result<Value<'a>, EvalError> {
    Value::of_json(json, Shape::new(schema))
}
