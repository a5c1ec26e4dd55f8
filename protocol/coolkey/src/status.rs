//! The applet's own status words, 9Cxx.
//!
//! One table gives the constants and their texts; words of ISO 7816-4 are in [`iso7816::StatusWord`].

use iso7816::StatusWord;

/// One row a status word: constant, value, text.
macro_rules! status_words {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        $($(#[$doc])* pub const $name: StatusWord = StatusWord($value);)*

        /// All status words of the applet with their texts.
        pub const ALL: &[(StatusWord, &str)] = &[$(($name, $text)),*];

        /// What a status word of the applet means; words of ISO 7816-4 by [`StatusWord::meaning`].
        #[must_use]
        pub const fn meaning(status: StatusWord) -> Option<&'static str> {
            match status.0 { $($value => Some($text),)* _ => status.meaning() }
        }
    };
}

status_words! {
    /// The object heap or the I/O buffer is too small.
    NO_MEMORY_LEFT = 0x9C01, "no memory left";
    /// Wrong PIN.
    AUTH_FAILED = 0x9C02, "authentication failed";
    /// The state of the token forbids it.
    OPERATION_NOT_ALLOWED = 0x9C03, "operation not allowed";
    /// The applet does not have this feature.
    UNSUPPORTED_FEATURE = 0x9C05, "unsupported feature";
    /// No identity that the access control list asks for is logged in, or the nonce is wrong.
    UNAUTHORIZED = 0x9C06, "unauthorized";
    /// There is no such object.
    OBJECT_NOT_FOUND = 0x9C07, "object not found";
    /// The object is there already.
    OBJECT_EXISTS = 0x9C08, "object exists";
    /// Wrong algorithm.
    INCORRECT_ALGORITHM = 0x9C09, "incorrect algorithm";
    /// The signature that the applet just made does not verify.
    SIGNATURE_INVALID = 0x9C0B, "signature does not verify";
    /// The PIN is blocked.
    IDENTITY_BLOCKED = 0x9C0C, "PIN blocked";
    /// No diagnosis.
    UNSPECIFIED_ERROR = 0x9C0D, "unspecified error";
    /// A value in the data field is wrong.
    INVALID_PARAMETER = 0x9C0F, "invalid parameter";
    /// Wrong P1: also a key or PIN number that does not exist.
    INCORRECT_P1 = 0x9C10, "incorrect P1";
    /// Wrong P2.
    INCORRECT_P2 = 0x9C11, "incorrect P2";
    /// There is no further object in the list.
    SEQUENCE_END = 0x9C12, "end of list";
    /// Direction of COMPUTE CRYPT that the applet does not have.
    DIRECTION_UNSUPPORTED = 0x9C13, "cipher direction not supported";
    /// Direction of COMPUTE CRYPT that does not exist.
    DIRECTION_INVALID = 0x9C14, "cipher direction invalid";
    /// Data location that the applet does not have.
    LOCATION_UNSUPPORTED = 0x9C15, "data location not supported";
    /// Data location that does not exist.
    LOCATION_INVALID = 0x9C16, "data location invalid";
    /// Key type that the applet does not have.
    KEY_TYPE_UNSUPPORTED = 0x9C17, "key type not supported";
    /// Key type that does not exist, or does not fit the command.
    KEY_TYPE_INVALID = 0x9C18, "key type invalid";
    /// Wrong length of a piece of data.
    CHUNK_SIZE_INVALID = 0x9C19, "chunk size invalid";
    /// Wrong key size.
    KEY_SIZE_INVALID = 0x9C1A, "key size invalid";
    /// Cipher mode that the applet does not have.
    MODE_UNSUPPORTED = 0x9C1B, "cipher mode not supported";
    /// Cipher mode that does not exist.
    MODE_INVALID = 0x9C1C, "cipher mode invalid";
    /// The result does not fit in the answer.
    OUTPUT_TOO_SMALL = 0x9C1D, "output does not fit in the answer";
    /// The slots of a pair belong to different pairs.
    KEY_PAIRING_INVALID = 0x9C1E, "key slots do not belong together";
    /// Too little input.
    INPUT_TOO_SMALL = 0x9C1F, "input too short";
    /// The check value of a wrapped key does not match.
    WRAPPED_KEY_CHECK_FAILED = 0x9C20, "wrapped key does not verify";
    /// A wrapped private key is not for RSA.
    ALGORITHM_ID_INVALID = 0x9C21, "algorithm identifier is not RSA";
    /// A wrapped private key does not unwrap.
    WRAPPED_PRIVATE_KEY_INVALID = 0x9C22, "wrapped private key invalid";
    /// A private key is not DER.
    DER_INVALID = 0x9CD0, "private key is not valid DER";
    /// Internal error.
    INTERNAL_ERROR = 0x9CFF, "internal error";
}
