//! Status words [ISO 7816-4 §5.6, GPCS 2.3.1 §11.1.3].

use core::fmt;

/// The two status bytes SW1 SW2 that end every response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusWord(pub u16);

/// One table of the status words that have a name; the constants and their texts both come from it.
macro_rules! status_words {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        impl StatusWord {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The meaning of this status word in words, where it has a fixed one.
            #[must_use]
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 { $($value => Some($text),)* _ => None }
            }
        }
    };
}

status_words! {
    /// Success.
    OK = 0x9000, "success";
    /// The logical channel was closed already [GPCS 2.3.1 §11.7].
    CHANNEL_ALREADY_CLOSED = 0x6200, "logical channel already closed";
    /// Selected, but the card is locked [GPCS 2.3.1 §11.9].
    CARD_LOCKED = 0x6283, "selected, card is locked";
    /// The host cryptogram did not verify [GPCS 2.3.1 §D.4.2].
    AUTHENTICATION_FAILED = 0x6300, "authentication of the host cryptogram failed";
    /// More data is available [GPCS 2.3.1 §11.4].
    MORE_DATA = 0x6310, "more data available";
    /// No specific diagnosis.
    NO_DIAGNOSIS = 0x6400, "no specific diagnosis";
    /// Memory failure.
    MEMORY_FAILURE = 0x6581, "memory failure";
    /// Wrong length.
    WRONG_LENGTH = 0x6700, "wrong length";
    /// Logical channel not supported or not active.
    CHANNEL_NOT_SUPPORTED = 0x6881, "logical channel not supported or not active";
    /// Secure messaging not supported.
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882, "secure messaging not supported";
    /// Security status not satisfied.
    SECURITY_STATUS = 0x6982, "security status not satisfied";
    /// Authentication method blocked.
    METHOD_BLOCKED = 0x6983, "authentication method blocked";
    /// Conditions of use not satisfied.
    CONDITIONS_OF_USE = 0x6985, "conditions of use not satisfied";
    /// The applet refused its selection [JCRE 3.0.5 §4.6].
    APPLET_SELECT_FAILED = 0x6999, "applet refused its selection";
    /// Incorrect parameters in the data field.
    WRONG_DATA = 0x6A80, "incorrect parameters in the data field";
    /// Function not supported.
    FUNCTION_NOT_SUPPORTED = 0x6A81, "function not supported";
    /// Application or file not found.
    NOT_FOUND = 0x6A82, "application or file not found";
    /// Not enough memory.
    NO_MEMORY = 0x6A84, "not enough memory";
    /// Incorrect P1 or P2.
    WRONG_P1P2 = 0x6A86, "incorrect P1 or P2";
    /// Referenced data not found.
    REFERENCED_DATA_NOT_FOUND = 0x6A88, "referenced data not found";
    /// Instruction not supported.
    INS_NOT_SUPPORTED = 0x6D00, "instruction not supported";
    /// Class not supported.
    CLA_NOT_SUPPORTED = 0x6E00, "class not supported";
    /// No precise diagnosis.
    UNKNOWN = 0x6F00, "no precise diagnosis";
}

impl StatusWord {
    /// From SW1 and SW2.
    #[must_use]
    pub const fn from_bytes(sw1: u8, sw2: u8) -> Self {
        Self(u16::from_be_bytes([sw1, sw2]))
    }

    /// SW1 and SW2.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// Whether this is 9000.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == 0x9000
    }

    /// Whether this is a warning: 62xx or 63xx.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(self.0 >> 8, 0x62 | 0x63)
    }

    /// `61xx`: how many response bytes wait for GET RESPONSE; xx = 00 stands for 256.
    #[must_use]
    pub const fn bytes_available(self) -> Option<u16> {
        match self.to_bytes() {
            [0x61, 0] => Some(256),
            [0x61, n] => Some(n as u16),
            _ => None,
        }
    }

    /// `6Cxx`: the Le with which the command must be sent again.
    #[must_use]
    pub const fn exact_le(self) -> Option<u8> {
        match self.to_bytes() {
            [0x6C, n] => Some(n),
            _ => None,
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(text) => write!(f, "{:04X} ({text})", self.0),
            None => write!(f, "{:04X}", self.0),
        }
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({:04X})", self.0)
    }
}
