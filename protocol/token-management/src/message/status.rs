//! Status codes: why TPS ended an operation.

use core::fmt;

/// One row a status: variant, code, name, text for the user.
macro_rules! statuses {
    ($($variant:ident = $code:literal, $name:literal, $text:literal;)*) => {
        /// `message` of END_OP.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // each is what its text says; the table above has them all
        pub enum Status {
            $($variant,)*
            /// A code that is not in the table.
            Unknown(u32),
        }

        impl Status {
            /// All statuses with a name, by code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The status with this code.
            #[must_use]
            pub const fn from_code(code: u32) -> Self {
                match code { $($code => Self::$variant,)* other => Self::Unknown(other) }
            }

            /// Its code.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$variant => $code,)* Self::Unknown(code) => code }
            }

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* Self::Unknown(_) => "UNKNOWN" }
            }

            /// What it means, in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(_) => "a status that this version does not know",
                }
            }
        }
    };
}

statuses! {
    NoError = 0, "NO_ERROR", "done";
    Snac = 1, "SNAC", "server error";
    SecInitUpdate = 2, "SEC_INIT_UPDATE", "the card refused to begin a secure channel";
    CreateCardManager = 3, "CREATE_CARDMGR", "the card manager could not be set up";
    MacResetPinPdu = 4, "MAC_RESET_PIN_PDU", "the command that resets the PIN could not be protected";
    MacCertPdu = 5, "MAC_CERT_PDU", "the command that writes a certificate could not be protected";
    MacLifeCyclePdu = 6, "MAC_LIFECYCLE_PDU", "the command that sets the life cycle could not be protected";
    MacEnrollPdu = 7, "MAC_ENROLL_PDU", "the command that makes a key could not be protected, or the card refused it";
    CannotPerformOperation = 8, "CANNOT_PERFORM_OPERATION", "the operation cannot be performed";
    BadStatus = 9, "BAD_STATUS", "the token's record has a state that is not valid";
    CaResponse = 10, "CA_RESPONSE", "the certificate authority did not issue a certificate";
    ReadBufferOverflow = 11, "READ_BUFFER_OVERFLOW", "the card answered with more than was expected";
    TokenResetPinFailed = 12, "TOKEN_RESET_PIN_FAILED", "the card refused the new PIN";
    Connection = 13, "CONNECTION", "a subsystem behind the server could not be reached";
    Login = 14, "LOGIN", "user name or password is wrong";
    Db = 15, "DB", "the server's database failed";
    UnknownToken = 16, "UNKNOWN_TOKEN", "the server does not know this token";
    SecureChannel = 17, "SECURE_CHANNEL", "no secure channel: the card's keys are not those the server expects";
    Misconfiguration = 18, "MISCONFIGURATION", "the server's configuration is wrong";
    UpgradeApplet = 19, "UPGRADE_APPLET", "the applet could not be loaded or installed";
    KeyChangeOver = 20, "KEY_CHANGE_OVER", "the card's keys could not be changed";
    ExternalAuth = 21, "EXTERNAL_AUTH", "the card refused to authenticate the server";
    MappingResolverFailed = 22, "MAPPING_RESOLVER_FAILED", "no profile of the server fits this token";
    MappingResolverParamsNotFound = 23, "MAPPING_RESOLVER_PARAMS_NOT_FOUND", "the client did not send what the server needs to find a profile";
    Publish = 24, "PUBLISH", "the certificate could not be published";
    LdapConnection = 25, "LDAP_CONN", "the directory could not be reached";
    DisabledToken = 26, "DISABLED_TOKEN", "the token's state does not allow this operation";
    NotPinResettable = 27, "NOT_PIN_RESETABLE", "the policy of the token does not allow its PIN to be reset";
    ConnectionLost = 28, "CONN_LOST", "the connection was lost";
    CreateTusTokenEntry = 29, "CREATE_TUS_TOKEN_ENTRY", "the token's record could not be made";
    NoSuchTokenState = 30, "NO_SUCH_TOKEN_STATE", "the token's record has an unknown state";
    NoSuchLostReason = 31, "NO_SUCH_LOST_REASON", "the token's record has an unknown reason of loss";
    UnusableTokenKeyCompromise = 32, "UNUSABLE_TOKEN_KEYCOMPROMISE", "the token's keys are compromised";
    InactiveTokenNotFound = 33, "INACTIVE_TOKEN_NOT_FOUND", "the user has no former token to recover from";
    HasAtLeastOneActiveToken = 34, "HAS_AT_LEAST_ONE_ACTIVE_TOKEN", "the user already has an active token";
    TokenTerminated = 35, "TOKEN_TERMINATED", "the token is terminated";
    RecoveryIsProcessed = 36, "RECOVERY_IS_PROCESSED", "keys were recovered";
    RecoveryFailed = 37, "RECOVERY_FAILED", "keys could not be recovered, or certificates not renewed";
    NoOperationOnLostToken = 38, "NO_OPERATION_ON_LOST_TOKEN", "the token is marked lost";
    KeyArchiveOff = 39, "KEY_ARCHIVE_OFF", "the key was never archived";
    NoTksConnection = 40, "NO_TKS_CONNID", "the server has no token key service for this profile";
    UpdateTokenDbFailed = 41, "UPDATE_TOKENDB_FAILED", "the token's record could not be changed";
    RevokeCertificatesFailed = 42, "REVOKE_CERTIFICATES_FAILED", "the token's certificates could not be revoked";
    NotTokenOwner = 43, "NOT_TOKEN_OWNER", "the token belongs to another user";
    RenewalIsProcessed = 44, "RENEWAL_IS_PROCESSED", "certificates were renewed";
    CannotEstablishCommunication = 45, "CANNOT_ESTABLISH_COMMUNICATION", "the server cannot talk to this card";
    SymKey256Upgrade = 46, "SYMKEY_256_UPGRADE", "the card's keys could not be changed to 256 bits";
}

impl Status {
    /// The same number as [`Status::RecoveryFailed`]; upstream gave 37 twice.
    pub const RENEWAL_FAILED: Self = Self::RecoveryFailed;
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name(), self.code(), self.text())
    }
}
