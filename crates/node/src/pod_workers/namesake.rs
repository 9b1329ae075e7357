//! Which of several pods of one name is meant. Their creation times tell nothing: they are whole seconds.

/// One of the pods that have a name, or had it.
#[derive(Clone, Copy, Debug)]
pub struct Namesake {
    /// The API server has no such pod any more.
    pub is_gone: bool,
    pub is_deleting: bool,
    /// The place in the order in which the pods came to the node.
    pub arrival: u64,
}

impl Namesake {
    /// The higher, the more likely it is meant; None if it is not. The last one to come is, but for one on its way out.
    pub fn rank(self) -> Option<(bool, u64)> {
        (!self.is_gone).then_some((!self.is_deleting, self.arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_come_that_stays_is_meant() {
        let pod = |is_gone, is_deleting| (is_gone, is_deleting);
        let (stays, goes, gone) = (pod(false, false), pod(false, true), pod(true, true));
        for (pods, meant) in [
            (vec![], None),
            (vec![stays], Some(0)),
            (vec![goes], Some(0)),
            (vec![gone], None),
            (vec![stays, stays], Some(1)),
            (vec![goes, stays], Some(1)),
            (vec![stays, goes], Some(0)),
            (vec![goes, goes], Some(1)),
            (vec![goes, gone], Some(0)),
            (vec![pod(true, false), stays, gone], Some(1)),
        ] {
            let namesakes = (0..).zip(&pods).map(|(arrival, (is_gone, is_deleting))| Namesake {
                is_gone: *is_gone,
                is_deleting: *is_deleting,
                arrival,
            });
            let found = namesakes.filter_map(Namesake::rank).max().map(|(_, arrival)| arrival);
            assert_eq!(found, meant, "{pods:?}");
        }
    }
}
