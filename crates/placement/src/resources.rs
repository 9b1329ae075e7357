//! Amounts of resources, as whole numbers that are quick to compare and to sum up.

use api::{pod::resources::Quantities, quantity::Quantity};
use std::collections::BTreeMap;

/// Amounts by name: `cpu` in thousandths of a CPU, everything else in whole units (bytes, pieces).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, i64>);

impl Resources {
    /// Kubernetes rounds fractions up.
    #[must_use]
    pub fn from_quantities(quantities: &Quantities) -> Self {
        let amount = |(name, quantity): (&String, &Quantity)| {
            (name.clone(), if name == "cpu" { quantity.milli_value() } else { quantity.value() })
        };
        Self(quantities.iter().map(amount).collect())
    }

    /// The amount of a resource, 0 if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Whether the resource is named at all.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names and amounts, in the order in which kube-scheduler looks at them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        const FIRST: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
        let first = FIRST.into_iter().filter_map(|name| Some((name, *self.0.get(name)?)));
        let others = self.0.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
        first.chain(others.map(|(name, amount)| (name.as_str(), *amount)))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    fn combine(&mut self, other: &Self, operation: impl Fn(i64, i64) -> i64) {
        for (name, amount) in &other.0 {
            let own = self.0.entry(name.clone()).or_default();
            *own = operation(*own, *amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_rounded_up_and_the_well_known_come_first() {
        let quantities: Quantities = [("a", "1"), ("cpu", "1.0001"), ("memory", "1500m")]
            .map(|(name, quantity)| (name.to_owned(), quantity.parse().unwrap()))
            .into();
        let resources = Resources::from_quantities(&quantities);
        assert_eq!(resources.iter().collect::<Vec<_>>(), [("cpu", 1001), ("memory", 2), ("a", 1)]);
    }
}
