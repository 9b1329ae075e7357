//! The pods' leave to pass a firewall of this machine that drops what is forwarded.
//!
//! Docker and ufw give the chain `FORWARD` of iptables the policy DROP, and every packet of a pod is forwarded. Where
//! the chain is one of `nf_tables` (`iptables-nft`, the default of distributions), the bridge is let through by two
//! rules before all others; where there is no such chain there is nothing to do.

use crate::{
    Result,
    nftables::{Batch, Installed, Nftables, Rule, comment},
};

const TABLE: &str = "filter";
const CHAIN: &str = "FORWARD";

/// Lets the bridge's packets through, if something could stop them and they are not let through yet.
pub fn permit(nftables: &mut Nftables, bridge: &str) -> Result<()> {
    let rules = permits(bridge);
    let Some(present) = present(nftables, bridge)?.filter(|present| present.len() != rules.len()) else {
        return Ok(());
    };
    // One of two is left when somebody deleted the other.
    let cleared = present.iter().fold(Batch::of(TABLE), |batch, rule| batch.delete_rule(CHAIN, rule));
    let batch = rules.iter().fold(cleared, |batch, rule| batch.insert_rule(CHAIN, rule));
    nftables.commit(&batch)
}

/// Takes back what [`permit`] gave.
pub fn revoke(nftables: &mut Nftables, bridge: &str) -> Result<()> {
    let Some(present) = present(nftables, bridge)?.filter(|present| !present.is_empty()) else { return Ok(()) };
    let batch = present.iter().fold(Batch::of(TABLE), |batch, rule| batch.delete_rule(CHAIN, rule));
    nftables.commit(&batch)
}

fn permits(bridge: &str) -> [Rule; 2] {
    [Rule::default().comes_in_by(bridge), Rule::default().goes_out_by(bridge)]
        .map(|rule| rule.count().accept().comment(&tag(bridge)))
}

/// What tells the rules of one instance from all others.
fn tag(bridge: &str) -> String {
    format!("minke: pods on {bridge}")
}

/// Our rules in the chain; nothing if there is no such chain.
fn present(nftables: &mut Nftables, bridge: &str) -> Result<Option<Vec<Installed>>> {
    if !nftables.has_chain(TABLE, CHAIN)? {
        return Ok(None);
    }
    let ours = comment(&tag(bridge));
    Ok(Some(nftables.rules(TABLE, CHAIN)?.into_iter().filter(|rule| rule.user_data == ours).collect()))
}
