//! Objects that the server itself keeps.

use super::{Next, Proposal, Registry, before_write};
use crate::{
    admission::{Attributes, Operation},
    options::WriteOptions,
    target::Target,
    user::User,
};
use machinery::{
    decode::{self, FieldValidation},
    status::Status,
};
use serde_json::Value;

/// The name under which the server writes.
const MANAGER: &str = "kube-apiserver";

impl Registry {
    /// Sees to it that an object is as it must be: `wanted` says what is to become of what is found, `None` if it is
    /// well as it is.
    pub async fn keep(
        &self,
        target: &Target,
        name: &str,
        wanted: impl Fn(Option<&Value>) -> Option<Value>,
    ) -> Result<(), Status> {
        let (user, options) = (User::api_server(), WriteOptions { manager: MANAGER.into(), ..WriteOptions::default() });
        let attributes = Attributes::of(&user, Operation::Update, target, name, &options);
        let propose = |found: Option<&Value>| match wanted(found) {
            None => Ok(Proposal::Decided(Next::Keep)),
            Some(object) => {
                let (object, _) = decode::object(&target.kind, object.into(), FieldValidation::Strict)?;
                Ok(Proposal::Wanted(object))
            }
        };
        self.change(&attributes, propose).await.map(|_| ())
    }

    /// Changes what the server itself has to say of an object; one that nothing holds back any longer goes.
    pub async fn adjust(&self, target: &Target, name: &str, adjusted: impl Fn(&Value) -> Value) -> Result<(), Status> {
        let (user, options) = (User::api_server(), WriteOptions { manager: MANAGER.into(), ..WriteOptions::default() });
        let attributes = Attributes::of(&user, Operation::Update, target, name, &options);
        let propose = |found: Option<&Value>| {
            let next = found.map_or(Next::Keep, |found| before_write::settle(&target.kind, adjusted(found)));
            Ok(Proposal::Decided(next))
        };
        self.change(&attributes, propose).await.map(|_| ())
    }

    /// Removes an object that is in the way.
    pub async fn remove(&self, target: &Target, name: &str, is_wrong: impl Fn(&Value) -> bool) -> Result<(), Status> {
        let (user, options) = (User::api_server(), WriteOptions::default());
        let attributes = Attributes::of(&user, Operation::Delete, target, name, &options);
        let propose = |found: Option<&Value>| {
            let wrong = found.filter(|found| is_wrong(found));
            Ok(Proposal::Decided(wrong.map_or(Next::Keep, |wrong| Next::Delete(wrong.clone()))))
        };
        self.change(&attributes, propose).await.map(|_| ())
    }
}
