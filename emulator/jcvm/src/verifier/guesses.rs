//! What abstract methods return of which nobody tells anything.
//!
//! Without the Descriptor component of its package, an interface method that no known class implements has no result type anywhere:
//! neither its tables nor the call tell it. The code around its calls fits one of three: nothing, one cell, an int. A method that calls
//! such is verified under one assumption after the other, and accepted when one of them holds.

use super::{signatures::Returns, tables::AbstractMethod, type_system::Value};

/// Most combinations of assumptions that are tried for a method.
const ATTEMPTS_MAX: usize = 243;
/// What a method may return.
const CHOICES: [Returns; 3] =
    [Returns::Nothing, Returns::Value(Value::Any), Returns::Value(Value::Int)];

/// The current assumptions, in the order in which they were needed.
#[derive(Default)]
pub(super) struct Guesses {
    made: Vec<(AbstractMethod, usize)>,
    attempts: usize,
}

impl Guesses {
    /// What a method is assumed to return.
    pub(super) fn of(&mut self, method: AbstractMethod) -> Returns {
        let known = self.made.iter().find(|(made, _)| *made == method).map(|(_, choice)| *choice);
        let choice = known.unwrap_or_else(|| {
            self.made.push((method, 0));
            0
        });
        CHOICES.get(choice).copied().unwrap_or(Returns::Unknown)
    }

    /// Goes on to other assumptions; `false` when all have been tried.
    pub(super) fn next(&mut self) -> bool {
        self.attempts += 1;
        while let Some((_, choice)) = self.made.last_mut() {
            *choice += 1;
            if *choice < CHOICES.len() {
                return self.attempts < ATTEMPTS_MAX;
            }
            self.made.pop();
        }
        false
    }
}
