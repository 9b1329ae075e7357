//! What keeps failing for the same reason, said once.

/// The last thing that was said of something that is tried again and again.
#[derive(Debug, Default)]
pub struct Complaint(Option<String>);

impl Complaint {
    /// Whether this has not just been said.
    pub fn is_news(&mut self, message: &impl ToString) -> bool {
        let message = Some(message.to_string());
        let is_news = self.0 != message;
        self.0 = message;
        is_news
    }

    /// It has worked: from now on everything is news again.
    pub fn settle(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_said_once() {
        let mut complaint = Complaint::default();
        let said = ["a", "a", "b", "a"].map(|message| complaint.is_news(&message));
        assert_eq!(said, [true, false, true, true]);
        complaint.settle();
        assert!(complaint.is_news(&"a"));
    }
}
