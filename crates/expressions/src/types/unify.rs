//! Which type may stand for which other, and what that makes of the parameters in them (cel-go, checker/types.go).

use super::{Parameter, Type};
use std::collections::HashMap;

/// What is known of type variables.
#[derive(Clone, Default)]
pub(crate) struct Substitution<'s> {
    known: HashMap<Parameter, Type<'s>>,
}

impl<'s> Substitution<'s> {
    /// Whether each type may stand for its counterpart. What was learnt of variables is kept only if all may.
    pub fn assign_all(&mut self, from: &[Type<'s>], to: &[Type<'s>]) -> bool {
        if from.len() != to.len() {
            return false;
        }
        let mut attempt = self.clone();
        let assignable = from.iter().zip(to).all(|(from, to)| attempt.unify(from, to));
        if assignable {
            *self = attempt;
        }
        assignable
    }

    pub fn assign(&mut self, from: &Type<'s>, to: &Type<'s>) -> bool {
        self.assign_all(std::slice::from_ref(from), std::slice::from_ref(to))
    }

    pub fn set(&mut self, parameter: Parameter, to: Type<'s>) {
        self.known.insert(parameter, to);
    }

    /// The type with all that is known put in; what is not known becomes `dyn` if asked for.
    pub fn apply(&self, to: &Type<'s>, unknown_to_dyn: bool) -> Type<'s> {
        match to {
            Type::Parameter(parameter) => match self.known.get(parameter) {
                Some(known) => self.apply(known, unknown_to_dyn),
                None if unknown_to_dyn => Type::Dyn,
                None => to.clone(),
            },
            other => other.with_parts(|part| self.apply(part, unknown_to_dyn)),
        }
    }

    fn unify(&mut self, from: &Type<'s>, to: &Type<'s>) -> bool {
        if let Type::Parameter(parameter) = to {
            let (valid, known) = self.substitute(from, *parameter);
            if valid || known {
                return valid;
            }
        }
        if let Type::Parameter(parameter) = from {
            return self.substitute(to, *parameter).0;
        }
        if from.is_dyn_or_error() || to.is_dyn_or_error() {
            return true;
        }
        match (from, to) {
            (Type::Null, other) | (other, Type::Null) => is_nullable(other),
            (Type::Type(_), Type::Type(_)) => true,
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.unify(a, b),
            (Type::Map(a), Type::Map(b)) => self.unify(&a.0, &b.0) && self.unify(&a.1, &b.1),
            _ => from == to,
        }
    }

    /// Whether a type may stand for a parameter, and whether something did before.
    fn substitute(&mut self, with: &Type<'s>, parameter: Parameter) -> (bool, bool) {
        if matches!(with, Type::Parameter(other) if *other == parameter) {
            return (true, true);
        }
        let Some(known) = self.known.get(&parameter).cloned() else {
            let free = !self.occurs(parameter, with);
            if free {
                self.set(parameter, with.clone());
            }
            return (free, false);
        };
        if with == &known {
            return (true, true);
        }
        if !self.unify(with, &known) {
            return (false, true);
        }
        let general = most_general(with, &known);
        if !self.occurs(parameter, &general) {
            self.set(parameter, general);
        }
        (true, true)
    }

    fn occurs(&self, parameter: Parameter, within: &Type<'s>) -> bool {
        match within {
            Type::Parameter(other) if *other == parameter => true,
            Type::Parameter(other) => self.known.get(other).is_some_and(|known| self.occurs(parameter, known)),
            other => other.parts().iter().any(|part| self.occurs(parameter, part)),
        }
    }
}

/// What null may stand for. (Objects of messages, in CEL's words, may be absent.)
fn is_nullable(of: &Type<'_>) -> bool {
    matches!(of, Type::Null | Type::Object(_) | Type::Opaque(_) | Type::Optional(_) | Type::Duration | Type::Timestamp)
}

/// The more general of two types that may stand for each other.
pub(crate) fn most_general<'s>(a: &Type<'s>, b: &Type<'s>) -> Type<'s> {
    if is_as_general(a, b) { a.clone() } else { b.clone() }
}

fn is_as_general(a: &Type<'_>, b: &Type<'_>) -> bool {
    match (a, b) {
        (Type::Dyn | Type::Parameter(_), _) | (Type::Type(_), Type::Type(_)) => true,
        (_, Type::Dyn | Type::Parameter(_)) => false,
        _ => {
            let (parts, others) = (a.parts(), b.parts());
            std::mem::discriminant(a) == std::mem::discriminant(b)
                && a.name() == b.name()
                && parts.iter().zip(others).all(|(part, other)| is_as_general(part, other))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_take_the_more_general_type() {
        let (a, b) = (Parameter::Variable(0), Parameter::Variable(1));
        let mut known = Substitution::default();
        assert!(known.assign(&Type::Int, &Type::Parameter(a)));
        assert!(!known.assign(&Type::String, &Type::Parameter(a)));
        assert!(known.assign(&Type::Dyn, &Type::Parameter(a)));
        assert_eq!(known.apply(&Type::list(Type::Parameter(a)), false), Type::list(Type::Dyn));
        assert!(!known.assign(&Type::list(Type::Parameter(b)), &Type::Parameter(b)), "a type does not contain itself");
        assert_eq!(known.apply(&Type::Parameter(b), true), Type::Dyn);
    }

    #[test]
    fn null_stands_for_objects_but_not_for_numbers() {
        let mut known = Substitution::default();
        assert!(known.assign(&Type::Null, &Type::Timestamp));
        assert!(known.assign(&Type::optional(Type::Int), &Type::Null));
        assert!(!known.assign(&Type::Null, &Type::Int));
        assert!(!known.assign(&Type::list(Type::Int), &Type::Null));
    }
}
