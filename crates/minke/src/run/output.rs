//! Lines on the terminal: logs with a coloured prefix, state changes.

use std::io::{self, IsTerminal, Write};

/// ANSI colours of prefixes, in the order in which containers get them.
const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];

/// Writes whole lines, so that those of several containers do not mix.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    coloured: bool,
}

impl Output {
    /// Coloured if standard output is a terminal and the user does not object (<https://no-color.org>).
    pub fn detect() -> Self {
        Self { coloured: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// A container's log line.
    pub fn log(self, number: usize, prefix: &str, line: &str) {
        let colour = COLOURS.get(number % COLOURS.len()).copied().unwrap_or_default();
        print(&format!("{} {line}", self.paint(colour, &format!("{prefix} |"))));
    }

    /// A change of an object's state.
    pub fn state(self, object: &str, state: &str) {
        print(&format!("{} {state}", self.paint(1, &format!("{object}:"))));
    }

    fn paint(self, colour: u8, text: &str) -> String {
        if self.coloured { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_string() }
    }
}

fn print(line: &str) {
    // Nobody reads on: the pods end all the same, by their own rules.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
