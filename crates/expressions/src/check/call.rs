//! Calls: which overloads of a function may be meant.

use super::{Checker, Reference};
use crate::{
    library::Overload,
    syntax::{Expression, Literal, NodeId, operators},
    types::{Parameter, Substitution, Type},
};
use std::collections::HashSet;

impl<'s> Checker<'_, 's> {
    pub(super) fn call(
        &mut self,
        id: NodeId,
        function: &str,
        target: Option<NodeId>,
        arguments: &[NodeId],
    ) -> Type<'s> {
        if function == operators::OPTIONAL_SELECT {
            return self.optional_select(id, arguments);
        }
        for &argument in arguments {
            self.check(argument);
        }
        let Some(target) = target else {
            let plain = function.strip_prefix('.').unwrap_or(function);
            return match self.environment.overloads(plain) {
                Some(overloads) => self.overload(id, plain, &overloads, None, arguments),
                None => self.undeclared(id, function),
            };
        };
        if let Some(of) = self.namespaced(id, function, target, arguments) {
            return of;
        }
        self.check(target);
        match self.environment.overloads(function) {
            Some(overloads) => self.overload(id, function, &overloads, Some(target), arguments),
            None => self.undeclared(id, function),
        }
    }

    /// `a.b(c)` may be a call of the function `a.b`.
    fn namespaced(&mut self, id: NodeId, function: &str, target: NodeId, arguments: &[NodeId]) -> Option<Type<'s>> {
        let name = format!("{}.{function}", self.tree.qualified_name(target)?);
        let plain = name.strip_prefix('.').unwrap_or(&name);
        let overloads = self.environment.overloads(plain)?;
        let call = Expression::Call { function: plain.into(), target: None, arguments: arguments.to_vec() };
        self.tree.replace(id, call);
        Some(self.overload(id, plain, &overloads, None, arguments))
    }

    fn optional_select(&mut self, id: NodeId, arguments: &[NodeId]) -> Type<'s> {
        let Expression::Literal(Literal::String(field)) = self.tree.expression(arguments[1]).clone() else {
            self.report(arguments[1], "unsupported optional field selection".to_owned());
            return Type::Error;
        };
        self.check(arguments[1]);
        let of = self.field(id, arguments[0], &field, true);
        let overloads = self.environment.overloads(operators::OPTIONAL_SELECT);
        self.references[id.index()] = Reference::Overloads(overloads.unwrap_or_default());
        self.known.apply(&of, false)
    }

    /// Picks all overloads that the arguments fit; the type is that of the first, or `dyn` if they disagree.
    fn overload(
        &mut self,
        id: NodeId,
        function: &str,
        overloads: &[&'static Overload],
        target: Option<NodeId>,
        arguments: &[NodeId],
    ) -> Type<'s> {
        let given: Vec<Type<'s>> = target.iter().chain(arguments).map(|&id| self.type_of(id)).collect();
        if [operators::AND, operators::OR].contains(&function) {
            return self.logic(id, overloads, arguments, &given);
        }
        let mut result: Option<Type<'s>> = None;
        let mut fitting = Vec::new();
        for &overload in overloads.iter().filter(|overload| overload.signature.member == target.is_some()) {
            let (parameters, of) = self.instantiate(overload);
            if !self.known.assign_all(&given, &parameters) {
                continue;
            }
            fitting.push(overload);
            let of = self.known.apply(&of, false);
            result = Some(match result {
                None => of,
                Some(known) if known.is_dyn() || known == of => known,
                Some(_) => Type::Dyn,
            });
        }
        self.references[id.index()] = Reference::Overloads(fitting);
        result.unwrap_or_else(|| self.no_overload(id, function, &given, target.is_some()))
    }

    fn logic(
        &mut self,
        id: NodeId,
        overloads: &[&'static Overload],
        arguments: &[NodeId],
        given: &[Type<'s>],
    ) -> Type<'s> {
        let mut result = Type::Bool;
        for (&argument, of) in arguments.iter().zip(given) {
            if !self.known.assign(of, &Type::Bool) {
                let found = self.known.apply(of, true);
                self.mismatch(argument, &Type::Bool, &found);
                result = Type::Error;
            }
        }
        self.references[id.index()] = Reference::Overloads(overloads.to_vec());
        result
    }

    /// An overload's types with variables of this call for its parameters.
    fn instantiate(&mut self, overload: &Overload) -> (Vec<Type<'s>>, Type<'s>) {
        let signature = &overload.signature;
        let mut fresh = Substitution::default();
        let mut seen = HashSet::new();
        for part in signature.parameters.iter().chain([&signature.result]) {
            for letter in letters(part) {
                if seen.insert(letter) {
                    fresh.set(Parameter::Declared(letter), self.new_variable());
                }
            }
        }
        let parameters = signature.parameters.iter().map(|parameter| fresh.apply(parameter, false)).collect();
        (parameters, fresh.apply(&signature.result, false))
    }

    fn no_overload(&mut self, id: NodeId, function: &str, given: &[Type<'s>], member: bool) -> Type<'s> {
        let mut shown = given.iter().map(|of| self.known.apply(of, true).to_string());
        let receiver = if member { shown.next().map(|of| format!("{of}.")) } else { None };
        let signature = format!("{}({})", receiver.unwrap_or_default(), shown.collect::<Vec<_>>().join(", "));
        self.report(id, format!("found no matching overload for '{function}' applied to '{signature}'"));
        Type::Error
    }
}

/// The parameters in a declared type.
fn letters(of: &Type<'_>) -> Vec<char> {
    match of {
        Type::Parameter(Parameter::Declared(letter)) => vec![*letter],
        other => other.parts().into_iter().flat_map(letters).collect(),
    }
}
