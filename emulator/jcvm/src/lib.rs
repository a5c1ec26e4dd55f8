//! The Java Card virtual machine.
//!
//! A [`Machine`] holds packages and objects. Packages are linked when they are loaded ([`code`]); objects live in a [`heap`] that journals
//! transactions, knows what of it is persistent, and can be written to and read back from records. The interpreter runs methods
//! under the firewall, with bounded stack, frames and fuel. What the API packages do natively is behind the trait [`Native`]: the
//! machine knows their shape ([`api`]), not their meaning; it knows nothing of APDUs, GlobalPlatform or cryptography.

pub mod api;
pub mod code;
pub mod heap;
pub mod ident;
mod interpreter;
pub mod limits;
pub mod machine;
pub mod native;
pub mod reference;
pub mod trap;
pub mod verifier;
pub mod vm;

pub use api::{ApiClass, ApiMethod, ApiPackage, ApiTable, MethodKind, ReturnKind};
pub use code::{Code, LinkError, LoadedPackage};
pub use heap::{
    Body, Heap, Lifetime, Object, ObjectFlags, Reclaimed, Transactions, TransientAllotment, Write,
};
pub use ident::{AppletId, ClassId, ContextId, MethodId, PackageId};
pub use limits::Limits;
pub use machine::{AppletRecord, Machine};
pub use native::{Arguments, Native};
pub use reference::Reference;
pub use trap::{Fault, Standard, Trap};
pub use vm::Vm;
