//! What a command may do to a card, by its class and instruction.

use crate::case::Effect;

/// What a command may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Nothing that lasts.
    None,
    /// It may cost one of the tries that a card gives.
    Authentication,
    /// It advances a counter, at most.
    Counter,
    /// It changes content, keys or data.
    Content,
    /// It changes the card's life cycle state in a way that may be final.
    LifeCycle,
    /// It ends the card's life.
    Termination,
}

impl Danger {
    /// The effect that a case must declare to send it.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::None => Effect::Read,
            Self::Authentication | Self::Counter => Effect::Session,
            Self::Content => Effect::Persist,
            Self::LifeCycle | Self::Termination => Effect::Irreversible,
        }
    }
}

/// SET STATUS: P1 for the card, P2 for its states [GPCS 2.3.1 §11.10.2].
const SET_STATUS_CARD: u8 = 0x80;
const STATE_CARD_LOCKED: u8 = 0x7F;

/// What a command may do, as far as its first bytes tell. Of bytes that are no command nothing is known.
#[must_use]
pub fn danger(bytes: &[u8]) -> Danger {
    let &[cla, ins, p1, p2, ..] = bytes else { return Danger::None };
    match (is_proprietary(cla), ins) {
        (_, 0x82 | 0x20 | 0x24 | 0x2C) => Danger::Authentication,
        (true, 0x50) => Danger::Counter,
        (true, 0xF0) => set_status(p1, p2),
        // In the interindustry classes: files and data objects, keys among them, activate and deactivate.
        (true, 0xD8 | 0xE2 | 0xE4 | 0xE6 | 0xE8)
        | (false, 0x04 | 0x44 | 0xD0..=0xE2 | 0xE4 | 0x46 | 0x47) => Danger::Content,
        (false, 0xE6 | 0xE8 | 0xFE) => Danger::Termination,
        _ => Danger::None,
    }
}

/// GlobalPlatform's commands go in the proprietary classes, secure messaging and logical channels apart [GPCS 2.3.1 §11.1.4].
const fn is_proprietary(cla: u8) -> bool {
    cla & 0x80 != 0 && cla != 0xFF
}

const fn set_status(p1: u8, p2: u8) -> Danger {
    match (p1, p2) {
        (SET_STATUS_CARD, STATE_CARD_LOCKED | 0x01 | 0x07 | 0x0F) => Danger::LifeCycle,
        (SET_STATUS_CARD, _) => Danger::Termination,
        _ => Danger::Content,
    }
}

#[cfg(test)]
mod tests {
    use super::{Danger, danger};

    #[test]
    fn management_is_dangerous_under_any_class_of_it() {
        for cla in [0x80, 0x84, 0x81, 0x85, 0xC0, 0xE0] {
            assert_eq!(danger(&[cla, 0xD8, 1, 0x81, 0]), Danger::Content, "{cla:02X}");
            assert_eq!(danger(&[cla, 0x82, 1, 0]), Danger::Authentication);
            assert_eq!(danger(&[cla, 0xF0, 0x80, 0xFF]), Danger::Termination);
            assert_eq!(danger(&[cla, 0xF0, 0x80, 0x7F]), Danger::LifeCycle);
            assert_eq!(danger(&[cla, 0xF0, 0x40, 0x80]), Danger::Content);
            assert_eq!(danger(&[cla, 0xCA, 0, 0x66]), Danger::None);
        }
        assert_eq!(danger(&[0x00, 0x20, 0, 0x80]), Danger::Authentication);
        assert_eq!(danger(&[0x00, 0xA4]), Danger::None);
    }
}
