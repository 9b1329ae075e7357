//! Containers of a pod on their way out.

use super::kill::Kills;
use runtime::ContainerState;

#[derive(Default)]
pub struct Ends {
    pub kills: Kills,
    /// Ends of containers whose start has not been reported yet.
    early: Vec<ContainerState>,
}

impl Ends {
    /// A container has ended that nobody knows of yet.
    pub fn came_early(&mut self, state: ContainerState) {
        self.early.push(state);
    }

    /// The end of a container that is known now, if it came early.
    pub fn take_early(&mut self, id: &str) -> Option<ContainerState> {
        let position = self.early.iter().position(|state| state.id == id)?;
        Some(self.early.swap_remove(position))
    }
}
