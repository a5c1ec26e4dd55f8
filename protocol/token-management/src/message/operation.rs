//! Token operations and how they end.

use core::fmt;

/// One row an operation: variant, number, name, text.
macro_rules! operations {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $text:literal;)*) => {
        /// What a client asks TPS to do with a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Operation { $($(#[$doc])* $variant = $number),* }

        impl Operation {
            /// All operations, by number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The operation with this number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it does, in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

operations! {
    /// No operation.
    Undefined = 0, "UNDEFINED", "no operation";
    /// Makes keys and certificates on the token.
    Enroll = 1, "ENROLL", "enrol the token";
    /// Not done by any TPS.
    Unblock = 2, "UNBLOCK", "unblock the token";
    /// Sets a new PIN.
    ResetPin = 3, "RESET_PIN", "reset the PIN";
    /// Not done by any TPS: renewal is a kind of enrolment.
    Renew = 4, "RENEW", "renew the certificates";
    /// Erases the token and loads the applet.
    Format = 5, "FORMAT", "format the token";
}

impl Operation {
    /// The number of the operation.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `result` of END_OP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OperationResult {
    /// Done.
    Good = 0,
    /// Not done; the status says why.
    Error = 1,
}

impl OperationResult {
    /// From its number: everything but 0 is an error.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        if number == 0 { Self::Good } else { Self::Error }
    }
}
