//! The native side of the Java Card and GlobalPlatform API packages.
//!
//! The shape of every package comes from the tables in `data/` ([`TABLE`]); what a method does is a Rust function in the module named
//! for its package, registered under `class.name+descriptor` in the module's `NATIVES`. What has to outlive a command is kept in
//! hidden cells and hidden arrays of the machine, so that it takes part in persistence, transactions and collection like everything
//! else; what is under way (a digest in the middle of its data) is in [`ApiState`].

#![allow(clippy::unnecessary_wraps, reason = "every native has the one signature")]

mod algorithm_family;
mod api;
mod call;
mod ended;
mod java_lang;
mod javacard;
mod javacardx;
mod org;
mod platform;
mod registry;
mod runtime;
mod visa;

pub use algorithm_family::AlgorithmFamily;
pub use api::{Api, ApiState};
pub use ended::Ended;
pub use org::globalplatform::{
    card::{Entry, GlobalPin, GlobalPlatform, Power},
    personalization::is_personalizable,
};
pub use platform::{Platform, Protocol};
pub use registry::unimplemented;
pub use runtime::{Installation, Origin, Selection};
pub use tables::{TABLE, classes};

pub(crate) use call::Call;

/// What `build.rs` makes of `data/`.
mod tables {
    use jcvm::{
        ApiClass, ApiMethod, ApiPackage, ApiTable, ClassId, MethodKind, PackageId, ReturnKind,
    };

    use crate::registry::implemented;

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
