//! Costs of nodes: each its own and those of the nodes below.

use super::{Entries, Estimator, Path, Range};
use crate::{
    library::{Callee, LIST_COST, MAP_COST, STRUCT_COST},
    syntax::{Element, Entry, Expression, Literal, NodeId, operators},
    types::Type,
};

impl<'s> Estimator<'_, 's> {
    pub(super) fn cost(&mut self, id: NodeId) -> Range {
        if let Some(cost) = self.costs.get(&id) {
            return *cost;
        }
        let checked = self.checked;
        let cost = match checked.tree.expression(id) {
            Expression::Literal(_) => Range::ZERO,
            Expression::Identifier(name) => self.identifier(id, name),
            Expression::Select { operand, field, test } => self.select(id, *operand, field, *test),
            Expression::Call { function, target, arguments } => {
                let target = *target;
                self.call(id, function, target, arguments)
            }
            Expression::List(elements) => self.list(id, elements),
            Expression::Map(entries) => self.map(id, entries),
            Expression::Struct { fields, .. } => {
                let fields = fields.iter().map(|field| self.cost(field.value));
                fields.fold(Range::exactly(STRUCT_COST), Range::plus)
            }
            Expression::Fold(fold) => self.fold(id, fold),
        };
        self.costs.insert(id, cost);
        cost
    }

    fn identifier(&mut self, id: NodeId, name: &str) -> Range {
        let path = match self.find(name) {
            Some(bound) => bound.path.clone(),
            None => self.root(),
        };
        self.paths.insert(id, path);
        Range::exactly(1)
    }

    /// Where every path begins: upstream knows one schema and takes it for that of every name.
    pub(super) fn root(&self) -> Path<'s> {
        self.checked.root_shape.map_or(Path::Unknown, Path::To)
    }

    fn select(&mut self, id: NodeId, operand: NodeId, field: &str, test: bool) -> Range {
        let cost = self.cost(operand);
        if test {
            return cost;
        }
        let path = self.path(operand).field(field);
        self.paths.insert(id, path);
        let charged = matches!(self.checked.type_of(operand), Type::Map(_) | Type::Object(_) | Type::Opaque(_));
        if charged { cost.plus(Range::exactly(1)) } else { cost }
    }

    fn list(&mut self, id: NodeId, elements: &[Element]) -> Range {
        let mut cost = Range::exactly(LIST_COST);
        let mut value = if elements.is_empty() { Range::ZERO } else { Range { min: u64::MAX, max: 0 } };
        for element in elements {
            cost = cost.plus(self.cost(element.value));
            value = value.union(self.size_or_unknown(element.value));
        }
        self.entries.insert(id, Entries { is_list: true, key: Range::exactly(1), value });
        cost
    }

    fn map(&mut self, id: NodeId, entries: &[Entry]) -> Range {
        let mut cost = Range::exactly(MAP_COST);
        let nothing = if entries.is_empty() { Range::ZERO } else { Range { min: u64::MAX, max: 0 } };
        let (mut key, mut value) = (nothing, nothing);
        for entry in entries {
            cost = cost.plus(self.cost(entry.key)).plus(self.cost(entry.value));
            key = key.union(self.size_or_unknown(entry.key));
            value = value.union(self.size_or_unknown(entry.value));
        }
        self.entries.insert(id, Entries { is_list: false, key, value });
        cost
    }

    fn call(&mut self, id: NodeId, function: &str, target: Option<NodeId>, arguments: &[NodeId]) -> Range {
        if let ("dyn", [argument]) = (function, arguments) {
            let cost = self.cost(*argument);
            self.copy_sizes(id, *argument);
            return cost.plus(Range::exactly(1));
        }
        let costs: Vec<Range> = arguments.iter().map(|&argument| self.cost(argument)).collect();
        let receiver = target.map_or(Range::ZERO, |target| self.cost(target));
        let own = match (function, &*costs) {
            (operators::AND | operators::OR, [left, right]) => {
                return receiver.plus(Range { min: left.min, max: left.plus(*right).max });
            }
            (operators::CONDITIONAL, [condition, truthy, falsy]) => {
                self.join_branches(id, arguments);
                return condition.plus(truthy.union(*falsy));
            }
            _ => self.overloads(id, function, target, arguments),
        };
        costs.into_iter().fold(receiver.plus(own), Range::plus)
    }

    /// The size of a conditional is that of either branch.
    fn join_branches(&mut self, id: NodeId, arguments: &[NodeId]) {
        let (truthy, falsy) = (arguments[1], arguments[2]);
        let size = self.size_or_unknown(truthy).union(self.size_or_unknown(falsy));
        self.sizes.insert(id, size);
        self.join_entries(id, truthy, falsy);
    }

    fn join_entries(&mut self, id: NodeId, a: NodeId, b: NodeId) {
        if let (Some(a), Some(b)) = (self.entries(a), self.entries(b)) {
            self.entries.insert(id, a.union(b));
        }
    }

    /// The range over all overloads that may be meant.
    fn overloads(&mut self, id: NodeId, function: &str, target: Option<NodeId>, arguments: &[NodeId]) -> Range {
        let operands: Vec<NodeId> = target.iter().chain(arguments).copied().collect();
        let sizes: Vec<Range> = operands.iter().map(|&operand| self.size_or_unknown(operand)).collect();
        let integers: Vec<Option<i64>> = operands.iter().map(|&operand| self.integer(operand)).collect();
        let (element, any_element, is_list) = self.element(operands.first().copied());
        let opaque = self.opaque(function, &operands);
        let callee = Callee { sizes: &sizes, element, any_element, is_list, opaque, integers: &integers };
        let mut cost = Range { min: u64::MAX, max: 0 };
        let mut size: Option<Range> = None;
        for overload in self.checked.overloads(id) {
            let (own, result) = overload.price.estimate(&callee);
            cost = cost.union(own);
            size = match (size, result) {
                (Some(size), Some(result)) => Some(size.union(result)),
                (size, result) => size.or(result),
            };
            size = self.indexed(id, overload.id, &operands, size);
        }
        if function == operators::ADD {
            self.join_entries(id, operands[0], operands[1]);
        }
        if let Some(size) = size.or_else(|| self.size(id)) {
            self.sizes.insert(id, size);
        }
        if self.checked.overloads(id).is_empty() { Range::ZERO } else { cost }
    }

    /// The way on through an index.
    fn indexed(&mut self, id: NodeId, overload: &str, operands: &[NodeId], size: Option<Range>) -> Option<Range> {
        if !["index_list", "index_map"].contains(&overload) {
            return size;
        }
        let path = self.below(operands[0], Path::elements);
        self.paths.insert(id, path);
        self.entries(operands[0]).map(|entries| entries.value).or_else(|| self.size(id))
    }

    fn integer(&self, id: NodeId) -> Option<i64> {
        match self.checked.tree.expression(id) {
            Expression::Literal(Literal::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// The size of an element of a list: if it is a string, and in any case; whether there are elements.
    fn element(&mut self, list: Option<NodeId>) -> (Option<Range>, Option<Range>, bool) {
        let Some(list) = list else { return (None, None, false) };
        let Some(element) = self.checked.type_of(list).parts().first().copied() else { return (None, None, false) };
        let size = self.element_size(list);
        let text = matches!(element, Type::String | Type::Bytes).then_some(size);
        (text, Some(size), true)
    }

    /// The size of an element: of no value that comes from nowhere anything is known.
    fn element_size(&self, list: NodeId) -> Range {
        self.path(list).elements().size().unwrap_or(Range::UNKNOWN)
    }

    /// The library's type that both operands of `==` are of.
    fn opaque(&self, function: &str, operands: &[NodeId]) -> Option<&'static str> {
        let [a, b] = operands else { return None };
        match (self.checked.type_of(*a), self.checked.type_of(*b)) {
            (Type::Opaque(a), Type::Opaque(b)) if a == b && function == operators::EQUALS => Some(a),
            _ => None,
        }
    }
}
