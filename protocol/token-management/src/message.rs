//! Messages between client and TPS.
//!
//! One HTTP POST is one token operation. Client and server take turns: BEGIN_OP, then request and answer, at last END_OP.
//! On the wire a message is `s=<bytes of what follows>&msg_type=<number>&name=value&…` ([`frame`]).
//!
//! [`ClientMessage`] and [`ServerMessage`] are the two directions; each encodes and decodes. There are two
//! [`Dialect`]s on the client's side, and both are understood without being told which it is.

pub mod client;
pub mod encoding;
pub mod extensions;
mod fields;
pub mod frame;
pub mod operation;
pub mod server;
pub mod status;
pub mod violation;

pub use client::{ClientMessage, Dialect};
pub use extensions::Extensions;
pub use frame::{Deframer, MESSAGE_SIZE_MAX};
pub use operation::{Operation, OperationResult};
pub use server::{LoginParameter, ServerMessage};
pub use status::Status;
pub use violation::Violation;

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The client.
    Client,
    /// TPS.
    Server,
    /// Nobody: the number is reserved.
    Nobody,
}

/// One row a message: variant, number, name, sender.
macro_rules! message_types {
    ($($variant:ident = $number:literal, $name:literal, $sender:ident;)*) => {
        /// The messages and their numbers (`msg_type`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // each is what its name says; the table above has them all
        pub enum MessageType { $($variant = $number),* }

        impl MessageType {
            /// All messages, by number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The message with this number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The name of the message.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Who sends it.
            #[must_use]
            pub const fn sender(self) -> Sender {
                match self { $(Self::$variant => Sender::$sender),* }
            }
        }
    };
}

message_types! {
    Undefined = 0, "UNDEFINED", Nobody;
    Error = 1, "ERROR", Nobody;
    BeginOp = 2, "BEGIN_OP", Client;
    LoginRequest = 3, "LOGIN_REQUEST", Server;
    LoginResponse = 4, "LOGIN_RESPONSE", Client;
    SecurIdRequest = 5, "SECUREID_REQUEST", Server;
    SecurIdResponse = 6, "SECUREID_RESPONSE", Client;
    AsqRequest = 7, "ASQ_REQUEST", Server;
    AsqResponse = 8, "ASQ_RESPONSE", Client;
    TokenPduRequest = 9, "TOKEN_PDU_REQUEST", Server;
    TokenPduResponse = 10, "TOKEN_PDU_RESPONSE", Client;
    NewPinRequest = 11, "NEW_PIN_REQUEST", Server;
    NewPinResponse = 12, "NEW_PIN_RESPONSE", Client;
    EndOp = 13, "END_OP", Server;
    StatusUpdateRequest = 14, "STATUS_UPDATE_REQUEST", Server;
    StatusUpdateResponse = 15, "STATUS_UPDATE_RESPONSE", Client;
    ExtendedLoginRequest = 16, "EXTENDED_LOGIN_REQUEST", Server;
    ExtendedLoginResponse = 17, "EXTENDED_LOGIN_RESPONSE", Client;
}

impl core::fmt::Display for MessageType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
