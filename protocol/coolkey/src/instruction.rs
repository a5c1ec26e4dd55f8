//! The instructions of the applet: one table for parsing, building and display.

use core::fmt;

/// Class of plain commands.
pub const CLASS_PLAIN: u8 = 0xB0;
/// Class of commands over the secure channel.
pub const CLASS_SECURE: u8 = 0x84;
/// Class of INITIALIZE UPDATE.
pub const CLASS_INITIALIZE: u8 = 0x80;

/// What the table says of an instruction besides its number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether it may be sent plain, with class B0.
    pub plain: bool,
    /// Whether it may be sent over the secure channel, with class 84.
    pub secure: bool,
    /// Whether the plain form ends with a nonce of eight bytes.
    pub nonce: bool,
}

const PLAIN: Rules = Rules { plain: true, secure: false, nonce: false };
const SECURE: Rules = Rules { plain: false, secure: true, nonce: false };
/// Both ways; the plain form carries a nonce.
const EITHER: Rules = Rules { plain: true, secure: true, nonce: true };
/// Both ways, without a nonce.
const OPEN: Rules = Rules { plain: true, secure: true, nonce: false };

/// One row an instruction: variant, INS, name, rules.
macro_rules! instructions {
    ($($(#[$doc:meta])* $variant:ident = $ins:literal, $name:literal, $rules:ident;)*) => {
        /// An instruction of the applet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Instruction { $($(#[$doc])* $variant = $ins),* }

        impl Instruction {
            /// All instructions, by INS.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The instruction with this INS.
            #[must_use]
            pub const fn from_ins(ins: u8) -> Option<Self> {
                match ins { $($ins => Some(Self::$variant),)* _ => None }
            }

            /// The name of the command.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How it may be sent.
            #[must_use]
            pub const fn rules(self) -> Rules {
                match self { $(Self::$variant => $rules),* }
            }
        }
    };
}

instructions! {
    /// Sets a PIN without the old one, and unblocks it.
    SetPin = 0x04, "SET PIN", SECURE;
    /// Reads the I/O buffer (builds before 1.3.427B6FAD).
    ReadIoBuffer = 0x08, "READ IOBUF", SECURE;
    /// Imports a key pair that a server made.
    ImportKeyEncrypted = 0x0A, "IMPORT KEY ENCRYPTED", SECURE;
    /// Makes an RSA key pair and proves its possession.
    StartEnrollment = 0x0C, "START ENROLLMENT", SECURE;
    /// Makes an EC key pair; sent by TPS, known to no build.
    StartEnrollmentEcc = 0x0D, "START ENROLLMENT ECC", SECURE;
    /// Imports a key from an object.
    ImportKey = 0x32, "IMPORT KEY", EITHER;
    /// Signs or deciphers.
    ComputeCrypt = 0x36, "COMPUTE CRYPT", EITHER;
    /// Lists the keys.
    ListKeys = 0x3A, "LIST KEYS", PLAIN;
    /// Versions, memory, logins.
    GetStatus = 0x3C, "GET STATUS", PLAIN;
    /// Makes a PIN.
    CreatePin = 0x40, "CREATE PIN", EITHER;
    /// Logs in.
    VerifyPin = 0x42, "VERIFY PIN", PLAIN;
    /// Changes a PIN.
    ChangePin = 0x44, "CHANGE PIN", PLAIN;
    /// Which PINs there are.
    ListPins = 0x48, "LIST PINS", PLAIN;
    /// How many tries a PIN has left.
    GetPinTries = 0x4A, "GET PIN TRIES", PLAIN;
    /// Opens a secure channel.
    InitializeUpdate = 0x50, "INITIALIZE UPDATE", SECURE;
    /// Deletes an object.
    DeleteObject = 0x52, "DELETE OBJECT", EITHER;
    /// Writes into an object.
    WriteObject = 0x54, "WRITE OBJECT", EITHER;
    /// Clears the key slots that are not named.
    ClearKeySlots = 0x55, "CLEAR KEY SLOTS", SECURE;
    /// Reads from an object.
    ReadObject = 0x56, "READ OBJECT", EITHER;
    /// Lists the objects.
    ListObjects = 0x58, "LIST OBJECTS", PLAIN;
    /// Makes an object.
    CreateObject = 0x5A, "CREATE OBJECT", EITHER;
    /// Logs out.
    Logout = 0x61, "LOGOUT", PLAIN;
    /// Which build the applet is.
    GetBuildId = 0x70, "GET BUILDID", PLAIN;
    /// Does nothing.
    Nop = 0x71, "NOP", PLAIN;
    /// Random bytes.
    GetRandom = 0x72, "GET RANDOM", PLAIN;
    /// Stirs the random generator.
    SeedRandom = 0x73, "SEED RANDOM", PLAIN;
    /// Ends response MACs (builds 1.5).
    EndRmacSession = 0x78, "END R-MAC SESSION", SECURE;
    /// Begins response MACs (builds 1.5).
    BeginRmacSession = 0x7A, "BEGIN R-MAC SESSION", SECURE;
    /// Authenticates the host.
    ExternalAuthenticate = 0x82, "EXTERNAL AUTHENTICATE", SECURE;
    /// Sets the life cycle state.
    SetLifeCycle = 0xF0, "SET LIFECYCLE", SECURE;
    /// The life cycle state.
    GetLifeCycle = 0xF2, "GET LIFECYCLE", PLAIN;
    /// Sets the issuer's URL.
    SetIssuerInfo = 0xF4, "SET ISSUER INFO", SECURE;
    /// The issuer's URL.
    GetIssuerInfo = 0xF6, "GET ISSUER INFO", OPEN;
    /// Sets who may create objects, keys and PINs.
    SetBuiltinAcl = 0xF8, "SET BUILTIN ACL", SECURE;
    /// Who may create objects, keys and PINs.
    GetBuiltinAcl = 0xFA, "GET BUILTIN ACL", PLAIN;
}

impl Instruction {
    /// INS.
    #[must_use]
    pub const fn ins(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
