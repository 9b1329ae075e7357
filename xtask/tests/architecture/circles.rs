//! Circles among the modules of a crate: siblings that, with all that is below them, use each other.

use crate::modules::{Module, Uses};
use std::collections::{BTreeMap, BTreeSet};

/// Below one parent: which child names something of which other, with one example each.
type Siblings = BTreeMap<String, BTreeMap<String, String>>;

/// All circles, each as one line with an example for every step.
pub fn find(uses: &Uses) -> Vec<String> {
    let mut parents: BTreeMap<Module, Siblings> = BTreeMap::new();
    for (from, targets) in uses {
        for to in targets {
            if let Some((parent, child, other)) = diverge(from, to) {
                let example = format!("{} uses {}", from.join("::"), to.join("::"));
                parents.entry(parent).or_default().entry(child).or_default().entry(other).or_insert(example);
            }
        }
    }
    parents.values().flat_map(circles).collect()
}

/// Where the ways to two modules part; `None` if one is inside the other, which is how a module is built.
fn diverge(from: &Module, to: &Module) -> Option<(Module, String, String)> {
    let shared = from.iter().zip(to).take_while(|(left, right)| left == right).count();
    Some((from[..shared].to_vec(), from.get(shared)?.clone(), to.get(shared)?.clone()))
}

fn circles(siblings: &Siblings) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in siblings.keys() {
        if let Some(circle) = back_to(siblings, start) {
            let members: BTreeSet<_> = circle.iter().cloned().collect();
            if seen.insert(members) {
                found.push(described(siblings, &circle));
            }
        }
    }
    found
}

/// The shortest way from a module back to itself, without the return to the start.
fn back_to(siblings: &Siblings, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut visited = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in siblings.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(way);
                }
                if visited.insert(next.clone()) {
                    longer.push([&way[..], std::slice::from_ref(next)].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

fn described(siblings: &Siblings, circle: &[String]) -> String {
    let steps = circle.iter().zip(circle.iter().cycle().skip(1));
    steps.map(|(from, to)| siblings[from][to].as_str()).collect::<Vec<_>>().join(", ")
}
