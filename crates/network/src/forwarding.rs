//! The pods' leave to pass a firewall of this machine that drops what is forwarded.
//!
//! Docker and ufw give the chain `FORWARD` of iptables the policy DROP, and every packet of a pod is forwarded. Where
//! the chain is one of `nf_tables` (`iptables-nft`, the default of distributions), the bridge is let through by two
//! rules before all others; where there is no such chain there is nothing to do.

use crate::Result;
use netlink::{
    AddressFamily,
    nftables::{Batch, Installed, Nftables, Rule, Table, Verdict, comment},
};

const CHAIN: &str = "FORWARD";

/// Lets the bridge's packets through, if something could stop them and they are not let through yet.
pub fn permit(nftables: &mut Nftables, bridge: &str, family: AddressFamily) -> Result<()> {
    let rules = permits(bridge);
    let Some(present) = present(nftables, bridge, family)?.filter(|present| present.len() != rules.len()) else {
        return Ok(());
    };
    // One of two is left when somebody deleted the other.
    let cleared = present.iter().fold(Batch::of(table(family)), |batch, rule| batch.delete_rule(CHAIN, rule));
    Ok(nftables.commit(&rules.iter().fold(cleared, |batch, rule| batch.insert_rule(CHAIN, rule)))?)
}

/// Takes back what [`permit`] gave.
pub fn revoke(nftables: &mut Nftables, bridge: &str, family: AddressFamily) -> Result<()> {
    let present = present(nftables, bridge, family)?.unwrap_or_default();
    let batch = present.iter().fold(Batch::of(table(family)), |batch, rule| batch.delete_rule(CHAIN, rule));
    Ok(nftables.commit(&batch)?)
}

fn table(family: AddressFamily) -> Table<'static> {
    Table { family, name: "filter" }
}

fn permits(bridge: &str) -> [Rule; 2] {
    [Rule::default().comes_in_by(bridge), Rule::default().goes_out_by(bridge)]
        .map(|rule| rule.count().verdict(Verdict::Accept).comment(&tag(bridge)))
}

/// What tells the rules of one instance from all others.
fn tag(bridge: &str) -> String {
    format!("minke: pods on {bridge}")
}

/// Our rules in the chain; nothing if there is no such chain.
fn present(nftables: &mut Nftables, bridge: &str, family: AddressFamily) -> Result<Option<Vec<Installed>>> {
    if !nftables.has_chain(table(family), CHAIN)? {
        return Ok(None);
    }
    let ours = comment(&tag(bridge));
    let rules = nftables.rules(table(family), CHAIN)?;
    Ok(Some(rules.into_iter().filter(|rule| rule.user_data == ours).collect()))
}
