//! A batch: changes that the kernel makes all or none of.

use super::{
    chain::Chain,
    protocol::{
        NFTA_CHAIN_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_HANDLE, NFTA_RULE_TABLE, NFTA_RULE_USERDATA,
        Table, header, message,
    },
    rule::{Installed, Rule},
    set::{Element, Set},
};
use crate::{
    attributes::{Attributes, MAXIMUM},
    message::{Request, flags},
};

const NFT_MSG_NEWTABLE: u16 = 0;
const NFT_MSG_DELTABLE: u16 = 2;
const NFT_MSG_NEWCHAIN: u16 = 3;
const NFT_MSG_DELCHAIN: u16 = 5;
const NFT_MSG_NEWRULE: u16 = 6;
const NFT_MSG_DELRULE: u16 = 8;
const NFT_MSG_NEWSET: u16 = 9;
const NFT_MSG_DELSET: u16 = 11;
const NFT_MSG_NEWSETELEM: u16 = 12;
const NFT_MSG_DELSETELEM: u16 = 14;

const NFTA_TABLE_NAME: u16 = 1;
const NFTA_CHAIN_HOOK: u16 = 4;
const NFTA_CHAIN_POLICY: u16 = 5;
const NFTA_CHAIN_TYPE: u16 = 7;
const NFTA_RULE_EXPRESSIONS: u16 = 4;
const NFTA_SET_TABLE: u16 = 1;
const NFTA_SET_NAME: u16 = 2;
const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
const NFTA_SET_ELEM_LIST_SET: u16 = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS: u16 = 3;

/// Changes to one table, and with [`Batch::and`] to several.
#[derive(Debug)]
pub struct Batch<'a> {
    table: Table<'a>,
    pub(super) changes: Vec<Request>,
}

impl<'a> Batch<'a> {
    /// A batch of changes to a table that is there.
    #[must_use]
    pub fn of(table: Table<'a>) -> Batch<'a> {
        Batch { table, changes: Vec::new() }
    }

    /// A batch that starts with the table gone, whether it was there or not.
    #[must_use]
    pub fn without_table(table: Table<'a>) -> Batch<'a> {
        Batch::of(table).create_table().table_change("delete", NFT_MSG_DELTABLE, 0)
    }

    /// Creates the table unless it is there.
    #[must_use]
    pub fn create_table(self) -> Self {
        self.table_change("create", NFT_MSG_NEWTABLE, flags::CREATE)
    }

    /// Creates the chain unless it is there.
    #[must_use]
    pub fn create_chain(self, chain: &Chain) -> Self {
        let body = self.body().text(NFTA_CHAIN_TABLE, self.table.name).text(NFTA_CHAIN_NAME, chain.name);
        let body = body.with(chain.base, |body, base| {
            body.nested(NFTA_CHAIN_HOOK, &base.hook())
                .number(NFTA_CHAIN_POLICY, base.policy())
                .text(NFTA_CHAIN_TYPE, base.purpose())
        });
        self.change(&format!("create the chain {} of", chain.name), NFT_MSG_NEWCHAIN, flags::CREATE, body)
    }

    /// Deletes a chain that nothing jumps to, with its rules.
    #[must_use]
    pub fn delete_chain(self, chain: &str) -> Self {
        let body = self.body().text(NFTA_CHAIN_TABLE, self.table.name).text(NFTA_CHAIN_NAME, chain);
        let emptied = self.flush_chain(chain);
        emptied.change(&format!("delete the chain {chain} of"), NFT_MSG_DELCHAIN, 0, body)
    }

    /// Deletes the rules of a chain.
    #[must_use]
    pub fn flush_chain(self, chain: &str) -> Self {
        let body = self.in_chain(chain);
        self.change(&format!("empty the chain {chain} of"), NFT_MSG_DELRULE, 0, body)
    }

    /// Puts a rule behind all others of the chain.
    #[must_use]
    pub fn append_rule(self, chain: &str, rule: &Rule) -> Self {
        self.add_rule(chain, rule, flags::APPEND)
    }

    /// Puts a rule before all others of the chain.
    #[must_use]
    pub fn insert_rule(self, chain: &str, rule: &Rule) -> Self {
        self.add_rule(chain, rule, 0)
    }

    fn add_rule(self, chain: &str, rule: &Rule, place: u16) -> Self {
        let user_data = Some(&rule.user_data).filter(|user_data| !user_data.is_empty());
        let body = self
            .in_chain(chain)
            .nested(NFTA_RULE_EXPRESSIONS, &rule.expressions)
            .with(user_data, |body, user_data| body.bytes(NFTA_RULE_USERDATA, user_data));
        self.change(&format!("add a rule to the chain {chain} of"), NFT_MSG_NEWRULE, flags::CREATE | place, body)
    }

    /// Deletes a rule.
    #[must_use]
    pub fn delete_rule(self, chain: &str, rule: &Installed) -> Self {
        let body = self.in_chain(chain).bytes(NFTA_RULE_HANDLE, &rule.handle);
        self.change(&format!("delete a rule from the chain {chain} of"), NFT_MSG_DELRULE, 0, body)
    }

    /// Creates the set or map unless it is there.
    #[must_use]
    pub fn create_set(self, set: &Set) -> Self {
        let id = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
        let body = set.describe(self.body().text(NFTA_SET_TABLE, self.table.name), id);
        self.change(&format!("create the set {} of", set.name), NFT_MSG_NEWSET, flags::CREATE, body)
    }

    /// Deletes a set or map that no rule uses.
    #[must_use]
    pub fn delete_set(self, set: &str) -> Self {
        let body = self.body().text(NFTA_SET_TABLE, self.table.name).text(NFTA_SET_NAME, set);
        self.change(&format!("delete the set {set} of"), NFT_MSG_DELSET, 0, body)
    }

    /// Puts elements into a set or map. Fails if a map has one of the keys with something else.
    #[must_use]
    pub fn add_elements<'e>(self, set: &str, elements: impl IntoIterator<Item = &'e Element>) -> Self {
        let action = format!("add elements to the set {set} of");
        self.elements(&action, set, NFT_MSG_NEWSETELEM, flags::CREATE, elements)
    }

    /// Takes elements out of a set or map by their keys.
    #[must_use]
    pub fn delete_elements<'e>(self, set: &str, elements: impl IntoIterator<Item = &'e Element>) -> Self {
        let action = format!("delete elements from the set {set} of");
        self.elements(&action, set, NFT_MSG_DELSETELEM, 0, elements)
    }

    /// As many messages as the length of a list asks for.
    fn elements<'e>(
        mut self,
        action: &str,
        set: &str,
        kind: u16,
        flags: u16,
        elements: impl IntoIterator<Item = &'e Element>,
    ) -> Self {
        let mut list = Attributes::default();
        let mut elements = elements.into_iter().map(Element::listed).peekable();
        while let Some(element) = elements.next() {
            list.0.extend(element.0);
            if elements.peek().is_none_or(|next| list.0.len() + next.0.len() > MAXIMUM) {
                let body = self
                    .body()
                    .text(NFTA_SET_ELEM_LIST_TABLE, self.table.name)
                    .text(NFTA_SET_ELEM_LIST_SET, set)
                    .nested(NFTA_SET_ELEM_LIST_ELEMENTS, &std::mem::take(&mut list));
                self = self.change(action, kind, flags, body);
            }
        }
        self
    }

    /// The changes of this batch and then those of another, all or none.
    #[must_use]
    pub fn and(mut self, other: Batch) -> Self {
        self.changes.extend(other.changes);
        self
    }

    fn table_change(self, verb: &str, kind: u16, flags: u16) -> Self {
        let body = self.body().text(NFTA_TABLE_NAME, self.table.name);
        self.change(verb, kind, flags, body)
    }

    fn change(mut self, verb: &str, kind: u16, flags: u16, body: Attributes) -> Self {
        self.changes.push(Request::new(
            format!("{verb} the nftables table {}", self.table.name),
            message(kind),
            flags,
            body,
        ));
        self
    }

    fn in_chain(&self, chain: &str) -> Attributes {
        self.body().text(NFTA_RULE_TABLE, self.table.name).text(NFTA_RULE_CHAIN, chain)
    }

    fn body(&self) -> Attributes {
        header(self.table.family.number(), 0)
    }
}
