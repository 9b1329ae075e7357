//! Pods that talk to the outside do so with the node's address: nobody out there has a route to a pod.

use crate::{
    Result,
    nftables::{Batch, Nftables, Rule},
};
use ipnet::Ipv4Net;

const CHAIN: &str = "postrouting";

/// Puts the rule into a table of its own, by the bridge's name, in place of whatever an earlier run left there.
pub fn install(nftables: &mut Nftables, table: &str, pods: Ipv4Net) -> Result<()> {
    let leaves_the_pods = Rule::default().source_in(pods).destination_not_in(pods).masquerade();
    let batch =
        Batch::without_table(table).create_table().create_source_nat_chain(CHAIN).append_rule(CHAIN, &leaves_the_pods);
    nftables.commit(&batch)
}

pub fn remove(nftables: &mut Nftables, table: &str) -> Result<()> {
    nftables.commit(&Batch::without_table(table))
}
