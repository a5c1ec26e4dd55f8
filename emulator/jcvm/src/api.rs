//! The shape of native packages: tables that the API crate makes, and that linking reads.

use crate::ident::{ClassId, PackageId};

/// What a method leaves on the operand stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnKind {
    /// Nothing.
    Void,
    /// A boolean, byte or short: one cell.
    Short,
    /// An int: two cells.
    Int,
    /// A reference: one cell.
    Reference,
}

/// Token spaces of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// Static methods.
    Static,
    /// Constructors; they share the token space of static methods.
    Constructor,
    /// Virtual methods of classes.
    Virtual,
    /// Methods of interfaces.
    Interface,
}

/// A method of a native class or interface.
#[derive(Clone, Copy, Debug)]
pub struct ApiMethod {
    /// Token.
    pub token: u8,
    /// Name.
    pub name: &'static str,
    /// Descriptor, e.g. `([BSS)V`.
    pub descriptor: &'static str,
    /// Token space.
    pub kind: MethodKind,
    /// Whether there is no code to call.
    pub is_abstract: bool,
    /// Version of the package (major, minor) that introduced it.
    pub since: (u8, u8),
    /// Cells of the arguments, `this` included.
    pub nargs: u8,
    /// What it returns.
    pub returns: ReturnKind,
    /// Number under which [`Native::invoke`](crate::Native::invoke) knows it: one for each row of the tables.
    pub native: u16,
}

/// A native class or interface.
#[derive(Clone, Copy, Debug)]
pub struct ApiClass {
    /// Token; 128 and above for classes that no package can name (implementations behind interfaces and factories).
    pub token: u8,
    /// Name with slashes.
    pub name: &'static str,
    /// Whether it is an interface.
    pub is_interface: bool,
    /// Whether it is a shareable interface.
    pub shareable: bool,
    /// Whether it has no instances.
    pub is_abstract: bool,
    /// Version of the package (major, minor) that introduced it.
    pub since: (u8, u8),
    /// Superclass; `None` for `java.lang.Object` and interfaces.
    pub superclass: Option<ClassId>,
    /// All interfaces, direct or inherited.
    pub interfaces: &'static [ClassId],
    /// Hidden cells that the class itself declares and that hold references; they come first.
    pub references: u8,
    /// All hidden cells that the class itself declares.
    pub cells: u8,
    /// Methods; virtual ones with those inherited, ascending by token within their kind.
    pub methods: &'static [ApiMethod],
}

/// A native package.
#[derive(Clone, Copy, Debug)]
pub struct ApiPackage {
    /// AID.
    pub aid: &'static [u8],
    /// Name with dots or slashes, as the table has it.
    pub name: &'static str,
    /// Version, major then minor: the newest; it serves importers of every lower minor.
    pub version: (u8, u8),
    /// Classes, ascending by token.
    pub classes: &'static [ApiClass],
}

/// All native packages. The index is the package's [`PackageId`]: new packages are only ever appended, for images keep it.
#[derive(Clone, Copy, Debug)]
pub struct ApiTable {
    /// In the order of their identifiers: `java.lang` is 0, `javacard.framework` 1.
    pub packages: &'static [ApiPackage],
    /// What each native method returns, by its number.
    pub returns: &'static [ReturnKind],
    /// Static reference fields that are no constants: their class and token.
    pub static_fields: &'static [(ClassId, u8)],
    /// Whether somebody implements the method with this number: what is not implemented cannot be imported.
    pub implemented: fn(u16) -> bool,
}

impl ApiTable {
    /// The package with this AID.
    #[must_use]
    pub fn find(&self, aid: &[u8]) -> Option<(PackageId, &'static ApiPackage)> {
        let index = self.packages.iter().position(|package| package.aid == aid)?;
        Some((PackageId(u8::try_from(index).ok()?), self.packages.get(index)?))
    }

    /// A native class.
    #[must_use]
    pub fn class(&self, id: ClassId) -> Option<&'static ApiClass> {
        let classes = self.packages.get(usize::from(id.package().0))?.classes;
        let token = u8::try_from(id.index()).ok()?;
        // Tokens are mostly dense: the class is at its token or before it.
        match classes.get(usize::from(token)) {
            Some(class) if class.token == token => Some(class),
            _ => classes.iter().find(|class| class.token == token),
        }
    }
}

impl ApiClass {
    /// A method by token space and token; constructors are in the space of static methods.
    #[must_use]
    pub fn method(&self, kind: MethodKind, token: u8) -> Option<&'static ApiMethod> {
        self.methods.iter().find(|method| {
            let same_space = match kind {
                MethodKind::Static | MethodKind::Constructor => {
                    matches!(method.kind, MethodKind::Static | MethodKind::Constructor)
                }
                other => method.kind == other,
            };
            same_space && method.token == token
        })
    }

    /// The virtual method with this name and descriptor.
    #[must_use]
    pub fn virtual_named(&self, name: &str, descriptor: &str) -> Option<&'static ApiMethod> {
        self.methods.iter().find(|method| {
            method.kind == MethodKind::Virtual
                && method.name == name
                && method.descriptor == descriptor
        })
    }
}
