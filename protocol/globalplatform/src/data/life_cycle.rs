//! Life cycle states and their legal changes [GPCS 2.3.1 §5, §11.1.1].

use core::fmt;

/// Life cycle state of the card, which is that of the issuer security domain [GPCS 2.3.1 §5.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CardState {
    /// Runs, knows no issuer data.
    OpReady = 0x01,
    /// Has issuer data.
    Initialized = 0x07,
    /// In the cardholder's hands.
    Secured = 0x0F,
    /// Only the final application can be selected.
    CardLocked = 0x7F,
    /// Ended for good.
    Terminated = 0xFF,
}

/// Every change of the card's state that exists; terminated cards do not change [GPCS 2.3.1 §5.1.2].
///
/// From OP_READY a card may be secured at once, as GlobalPlatformPro does it.
pub const CARD_TRANSITIONS: &[(CardState, CardState)] = &[
    (CardState::OpReady, CardState::Initialized),
    (CardState::OpReady, CardState::Secured),
    (CardState::OpReady, CardState::Terminated),
    (CardState::Initialized, CardState::Secured),
    (CardState::Initialized, CardState::Terminated),
    (CardState::Secured, CardState::CardLocked),
    (CardState::Secured, CardState::Terminated),
    (CardState::CardLocked, CardState::Secured),
    (CardState::CardLocked, CardState::Terminated),
];

impl CardState {
    const ALL: [Self; 5] =
        [Self::OpReady, Self::Initialized, Self::Secured, Self::CardLocked, Self::Terminated];

    /// The state of this byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.to_byte() == byte)
    }

    /// The byte of the state.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self as u8
    }

    /// The name of the state, as the specification writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpReady => "OP_READY",
            Self::Initialized => "INITIALIZED",
            Self::Secured => "SECURED",
            Self::CardLocked => "CARD_LOCKED",
            Self::Terminated => "TERMINATED",
        }
    }

    /// Whether the change is in [`CARD_TRANSITIONS`].
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        CARD_TRANSITIONS.contains(&(self, next))
    }
}

/// The only state of an executable load file [GPCS 2.3.1 §5.2].
pub const LOAD_FILE_LOADED: u8 = 0x01;
/// The bit that locks an application; the other bits remember the state before [GPCS 2.3.1 §5.3.1.3].
pub const APPLICATION_LOCKED: u8 = 0x80;

/// Life cycle state of an application or a supplementary security domain [GPCS 2.3.1 §5.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationState(pub u8);

/// Every change of a security domain's state other than locking and unlocking [GPCS 2.3.1 §5.3.2].
pub const SECURITY_DOMAIN_TRANSITIONS: &[(ApplicationState, ApplicationState)] = &[
    (ApplicationState::INSTALLED, ApplicationState::SELECTABLE),
    (ApplicationState::SELECTABLE, ApplicationState::PERSONALIZED),
];

impl ApplicationState {
    /// Installed, not selectable.
    pub const INSTALLED: Self = Self(0x03);
    /// Selectable.
    pub const SELECTABLE: Self = Self(0x07);
    /// A security domain that has keys.
    pub const PERSONALIZED: Self = Self(0x0F);

    /// Whether the application is locked.
    #[must_use]
    pub const fn is_locked(self) -> bool {
        self.0 & APPLICATION_LOCKED != 0
    }

    /// Whether the application can be selected.
    #[must_use]
    pub const fn is_selectable(self) -> bool {
        !self.is_locked() && self.0 & 0x07 == 0x07
    }

    /// The state with the lock closed.
    #[must_use]
    pub const fn locked(self) -> Self {
        Self(self.0 | APPLICATION_LOCKED)
    }

    /// The state that the lock hid.
    #[must_use]
    pub const fn unlocked(self) -> Self {
        Self(self.0 & !APPLICATION_LOCKED)
    }

    /// Whether an application may give itself this state: one of its own (0xxxx111), or locked [GPCS 2.3.1 §5.3.1].
    #[must_use]
    pub const fn may_become_by_itself(self, next: Self) -> bool {
        let own = !next.is_locked() && next.is_selectable();
        self.is_selectable() && (own || next.0 == self.locked().0)
    }

    /// Whether a security domain in this state may get that one: [`SECURITY_DOMAIN_TRANSITIONS`], lock, unlock.
    #[must_use]
    pub fn domain_may_become(self, next: Self) -> bool {
        SECURITY_DOMAIN_TRANSITIONS.contains(&(self, next))
            || !self.is_locked() && next == self.locked()
            || self.is_locked() && next == self.unlocked()
    }
}

/// The name of the state; the application's own states by number. PERSONALIZED is a security domain's, and a state of its own to any
/// other application.
impl fmt::Display for ApplicationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.unlocked();
        match state {
            // SET STATUS unlocks with 00 and locks with 80: no state is named there.
            Self(0) if self.is_locked() => return f.write_str("LOCKED"),
            Self(0) => return f.write_str("unlocked"),
            Self::INSTALLED => f.write_str("INSTALLED")?,
            Self::SELECTABLE => f.write_str("SELECTABLE")?,
            Self::PERSONALIZED => f.write_str("PERSONALIZED")?,
            Self(own) => write!(f, "application state {own:02X}")?,
        }
        if self.is_locked() { f.write_str(", LOCKED") } else { Ok(()) }
    }
}
