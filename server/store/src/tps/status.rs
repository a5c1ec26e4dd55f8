//! Token states and the moves between them, as Dogtag's token database has them.

use core::fmt;

/// The status of a token's record; the numbers are those of Dogtag's token database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TokenStatus {
    /// The applet is there, no keys.
    Formatted = 0,
    /// Physically damaged: its keys count as destroyed.
    Damaged = 1,
    /// Lost for good: its keys count as compromised.
    PermLost = 2,
    /// On hold, and so are its certificates.
    Suspended = 3,
    /// Enrolled and in use.
    Active = 4,
    /// Withdrawn.
    Terminated = 6,
    /// Known, without usable content.
    Unformatted = 7,
}

use TokenStatus::{Active, Damaged, Formatted, PermLost, Suspended, Terminated, Unformatted};

/// Every status with its name on the interfaces and its label for people.
pub const STATUSES: [(TokenStatus, &str, &str); 7] = [
    (Formatted, "FORMATTED", "Formatted"),
    (Damaged, "DAMAGED", "Physically damaged"),
    (PermLost, "PERM_LOST", "Permanently lost"),
    (Suspended, "SUSPENDED", "Suspended"),
    (Active, "ACTIVE", "Active"),
    (Terminated, "TERMINATED", "Terminated"),
    (Unformatted, "UNFORMATTED", "Unformatted"),
];

/// What a card operation may do (Dogtag's `tps.operations.allowedTransitions`, and the enrolment of a card that was never
/// formatted here, which formats it on the way).
pub const OPERATION_TRANSITIONS: [(TokenStatus, TokenStatus); 6] = [
    (Formatted, Formatted),
    (Formatted, Active),
    (Active, Active),
    (Active, Formatted),
    (Unformatted, Formatted),
    (Unformatted, Active),
];

/// What an agent may do (Dogtag's `tokendb.allowedTransitions`, and a suspended token that is found again without
/// certificates).
pub const AGENT_TRANSITIONS: [(TokenStatus, TokenStatus); 19] = [
    (Formatted, Damaged),
    (Formatted, PermLost),
    (Formatted, Suspended),
    (Formatted, Terminated),
    (Suspended, PermLost),
    (Suspended, Terminated),
    (Suspended, Damaged),
    (Suspended, Active),
    (Suspended, Formatted),
    (Active, Damaged),
    (Active, PermLost),
    (Active, Suspended),
    (Active, Terminated),
    (Terminated, Unformatted),
    (Terminated, Damaged),
    (Terminated, PermLost),
    (Damaged, PermLost),
    (Unformatted, Damaged),
    (Unformatted, PermLost),
];

impl TokenStatus {
    /// Its name on the interfaces, e.g. `PERM_LOST`.
    #[must_use]
    pub fn name(self) -> &'static str {
        STATUSES.iter().find(|(status, ..)| *status == self).map_or("", |(_, name, _)| name)
    }

    /// Its label for people, e.g. `Permanently lost`.
    #[must_use]
    pub fn label(self) -> &'static str {
        STATUSES.iter().find(|(status, ..)| *status == self).map_or("", |(.., label)| label)
    }

    /// The status of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        STATUSES.iter().find(|(_, known, _)| *known == name).map(|(status, ..)| *status)
    }

    /// The status with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        STATUSES.iter().map(|(status, ..)| *status).find(|status| *status as u8 == number)
    }

    /// Whether a card operation may take a token from here to `next`; staying is always allowed.
    #[must_use]
    pub fn allows_operation(self, next: Self) -> bool {
        self == next || OPERATION_TRANSITIONS.contains(&(self, next))
    }

    /// Whether an agent may take a token from here to `next`.
    #[must_use]
    pub fn allows_agent(self, next: Self) -> bool {
        AGENT_TRANSITIONS.contains(&(self, next))
    }

    /// Where an agent may take a token from here.
    pub fn next_for_agent(self) -> impl Iterator<Item = Self> {
        AGENT_TRANSITIONS.into_iter().filter(move |(from, _)| *from == self).map(|(_, to)| to)
    }
}

impl fmt::Display for TokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
