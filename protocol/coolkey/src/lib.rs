//! The interface of the CoolKey token applet, for both ends: the applet parses what the hosts build.
//!
//! - [`command`]: the typed commands, from one table of instructions ([`instruction`]); [`status`]: the status words.
//! - [`acl`], [`object`]: identities, access control lists, object identifiers and the records of LIST OBJECTS.
//! - [`report`]: the answers of GET STATUS, GET LIFECYCLE, LIST KEYS and their like.
//! - [`blob`]: key blobs and the result of START ENROLLMENT.
//! - [`pkcs11`]: token objects as PKCS#11 modules read them, and the combined object `z0` that holds them all.
//!
//! There is no published specification of the applet: what is written here is what builds 1.4 and 1.5 do and what the
//! Dogtag TPS, libcoolkeypk11 and OpenSC's `coolkey` driver rely on. Bytes from the other side never panic, and every
//! size is bounded by a named constant.

pub mod acl;
pub mod blob;
pub mod command;
mod cursor;
pub mod instruction;
pub mod object;
pub mod pin;
pub mod pkcs11;
pub mod report;
pub mod status;

use iso7816::Aid;

pub use acl::{Identities, KeyAcl, ObjectAcl};
pub use command::{Access, Command, CommandError, Request};
pub use instruction::Instruction;
pub use object::{ObjectId, ObjectRecord};
pub use pin::{Nonce, Pin};

/// AID of the applet's load file (package).
pub const PACKAGE_AID: Aid = Aid::from_const(&[0x62, 0x76, 0x01, 0xFF, 0x00, 0x00]);
/// AID of the applet: module and instance.
pub const APPLET_AID: Aid = Aid::from_const(&[0x62, 0x76, 0x01, 0xFF, 0x00, 0x00, 0x00]);
/// AID of the load file of the applet's predecessor.
pub const LEGACY_PACKAGE_AID: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x00, 0x01]);
/// AID of the predecessor's instance.
pub const LEGACY_APPLET_AID: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x00, 0x01, 0x01]);

/// The ATR by which the PKCS#11 module knows a card as a token although the applet is not there yet.
pub const BLANK_TOKEN_ATR: [u8; 11] =
    [0x3B, 0x76, 0x94, 0x00, 0x00, 0xFF, 0x62, 0x76, 0x01, 0x00, 0x00];

/// Bytes of a card's unique identifier: CPLC fabricator, IC type, batch and serial number.
pub const CUID_LENGTH: usize = 10;

/// Key slots of the applet from build 1.4.54de790f on.
pub const KEY_SLOTS: u8 = 24;
/// PINs of the applet.
pub const PIN_SLOTS: u8 = 8;
/// Largest RSA modulus of the applet, in bits.
pub const MODULUS_BITS_MAX: u16 = 2048;
/// Size of the I/O buffer of builds 1.5.64 and 1.5.65, in bytes; build 1.4.58768072 has 900.
pub const IO_BUFFER_SIZE: u16 = 1200;
