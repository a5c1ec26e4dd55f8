//! The table of mutants: what was claimed of each, and what was found.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use faults::Fault;

use super::{Claims, Findings};

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Exactly the cases that claim the rule blame the card.
    Killed,
    /// No case claims the rule, and none blames the card.
    Unclaimed,
    /// No case that claims the rule blames the card.
    Survived,
    /// Other cases than those that claim the rule blame the card.
    Otherwise,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The fault.
    pub fault: Fault,
    /// Numbers of the cases that claim its rule.
    pub claimed: BTreeSet<String>,
    /// Numbers of the cases that blame the card.
    pub killers: BTreeSet<String>,
}

impl Row {
    /// One row a fault, in the order of the faults.
    #[must_use]
    pub fn all(claims: &Claims, findings: &Findings) -> Vec<Self> {
        let row = |fault: &Fault| {
            let killers = findings.killers.get(fault.name()).into_iter().flatten();
            Self {
                fault: *fault,
                claimed: claims.killed_by.get(fault.name()).cloned().unwrap_or_default(),
                killers: killers.map(|number| (*number).to_owned()).collect(),
            }
        };
        Fault::ALL.iter().map(row).collect()
    }

    /// What became of it.
    #[must_use]
    pub fn state(&self) -> State {
        match (self.claimed.is_empty(), self.killers.is_empty()) {
            (true, true) => State::Unclaimed,
            (false, true) => State::Survived,
            _ if self.claimed == self.killers => State::Killed,
            _ => State::Otherwise,
        }
    }

    /// Writes the table in Markdown, what is wrong first, and the score under it.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(rows: &[Self], out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "| mutant | rule | clause | claimed by | killed by | |")?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        for row in rows {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                row.fault.name(),
                row.fault.rule(),
                row.fault.clause(),
                joined(&row.claimed),
                joined(&row.killers),
                match row.state() {
                    State::Killed => "killed",
                    State::Unclaimed => "no case claims it",
                    State::Survived => "SURVIVED",
                    State::Otherwise => "KILLED BY OTHERS",
                },
            )?;
        }
        let count = |state| rows.iter().filter(|row| row.state() == state).count();
        writeln!(
            out,
            "\n{} mutants: {} killed by exactly the cases that claim their rule, {} survived, {} killed by others, {} claimed by no case",
            rows.len(),
            count(State::Killed),
            count(State::Survived),
            count(State::Otherwise),
            count(State::Unclaimed),
        )
    }
}

fn joined(numbers: &BTreeSet<String>) -> String {
    numbers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
