//! Pods that talk to the outside do so with the node's address: nobody out there has a route to a pod.

use crate::{Cidrs, Result};
use ipnet::IpNet;
use netlink::{
    AddressFamily,
    nftables::{Base, Batch, Chain, Hook, Nftables, Policy, Purpose, Rule, Table},
};

const CHAIN: Chain = Chain {
    name: "postrouting",
    base: Some(Base {
        purpose: Purpose::Nat,
        hook: Hook::Postrouting,
        priority: Base::SOURCE_NAT,
        policy: Policy::Accept,
    }),
};

/// Puts the rules into tables of their own, by the bridge's name, in place of whatever an earlier run left there.
pub fn install(nftables: &mut Nftables, name: &str, pods: &Cidrs) -> Result<()> {
    let unused = |family: &AddressFamily| !pods.families().any(|used| used == *family);
    for family in [AddressFamily::Ipv4, AddressFamily::Ipv6].into_iter().filter(unused) {
        remove(nftables, name, family)?;
    }
    let batches = pods.iter().map(|pods| table(name, pods)).reduce(Batch::and);
    batches.map_or(Ok(()), |batch| Ok(nftables.commit(&batch)?))
}

fn table(name: &str, pods: IpNet) -> Batch<'_> {
    let leaves_the_pods = Rule::default().source_in(pods).destination_not_in(pods).masquerade();
    let table = Table { family: AddressFamily::of(pods.addr()), name };
    Batch::without_table(table).create_table().create_chain(&CHAIN).append_rule(CHAIN.name, &leaves_the_pods)
}

/// Looks first: to delete what may not be there, one makes it first, which a kernel without the family refuses.
pub fn remove(nftables: &mut Nftables, name: &str, family: AddressFamily) -> Result<()> {
    let table = Table { family, name };
    if !nftables.has_chain(table, CHAIN.name)? {
        return Ok(());
    }
    Ok(nftables.commit(&Batch::without_table(table))?)
}
