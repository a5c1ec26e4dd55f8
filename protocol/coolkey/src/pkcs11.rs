//! Token objects as PKCS#11 modules read them from the card.
//!
//! - [`spec`]: one object in the compact form: fixed attributes in four bytes, then the others.
//! - [`combined`]: the combined object `z0`, which holds all of them, compressed.
//! - [`separate`]: the older form, one card object for each token object.
//! - [`builder`]: the three objects that TPS writes for a certificate and its key pair.

pub mod builder;
pub mod combined;
pub mod separate;
pub mod spec;

pub use builder::{Capabilities, CertificateObjects};
pub use combined::{CombinedObject, CombinedObjectError, Compression};
pub use separate::SeparateObject;
pub use spec::{
    Attribute, AttributeType, AttributeValue, FixedAttributes, ObjectClass, ObjectSpec,
};
