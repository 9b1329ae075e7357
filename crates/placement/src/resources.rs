//! Amounts of resources, as whole numbers that are quick to compare and to sum up.

use api::pod::resources::Quantities;
use machinery::quantity::Quantity;
use std::collections::BTreeMap;

/// Amounts by name: `cpu` in thousandths of a CPU, everything else in whole units (bytes, pieces).
///
/// Each amount that goes in fits 64 bits, sums need not: they are kept wider, as what saturates cannot be subtracted
/// again, and come out as the nearest number of 64 bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, i128>);

impl Resources {
    /// Kubernetes rounds fractions up.
    #[must_use]
    pub fn from_quantities(quantities: &Quantities) -> Self {
        let amount = |(name, quantity): (&String, &Quantity)| {
            let amount = if name == "cpu" { quantity.milli_value() } else { quantity.value() };
            (name.clone(), i128::from(amount))
        };
        Self(quantities.iter().map(amount).collect())
    }

    /// The amount of a resource, 0 if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().map_or(0, nearest)
    }

    /// Whether the resource is named at all.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names and amounts, in the order in which kube-scheduler looks at them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        const FIRST: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
        let first = FIRST.into_iter().filter_map(|name| Some((name, nearest(*self.0.get(name)?))));
        let others = self.0.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
        first.chain(others.map(|(name, amount)| (name.as_str(), nearest(*amount))))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            *self.0.entry(name.clone()).or_default() += amount;
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            *self.0.entry(name.clone()).or_default() -= amount;
        }
    }
}

fn nearest(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources<const COUNT: usize>(quantities: [(&str, &str); COUNT]) -> Resources {
        let quantities = quantities.map(|(name, quantity)| (name.to_owned(), quantity.parse().unwrap()));
        Resources::from_quantities(&quantities.into())
    }

    #[test]
    fn fractions_are_rounded_up_and_the_well_known_come_first() {
        let resources = resources([("a", "1"), ("cpu", "1.0001"), ("memory", "1500m")]);
        assert_eq!(resources.iter().collect::<Vec<_>>(), [("cpu", 1001), ("memory", 2), ("a", 1)]);
    }

    #[test]
    fn the_greatest_amounts_are_taken_away_again_without_a_trace() {
        let greatest = resources([("cpu", "9223372036854775807"), ("memory", "9223372036854775807")]);
        let small = resources([("cpu", "1"), ("memory", "1k")]);
        let mut sum = small.clone();
        sum.add(&greatest);
        sum.add(&greatest);
        assert_eq!(sum.iter().collect::<Vec<_>>(), [("cpu", i64::MAX), ("memory", i64::MAX)]);
        sum.subtract(&greatest);
        assert_eq!((sum.get("cpu"), sum.get("memory")), (i64::MAX, i64::MAX));
        sum.subtract(&greatest);
        assert_eq!(sum, small);
    }
}
