//! An assembler: packages from declarations and mnemonic text, well formed or not.
//!
//! A [`Package`] is told what it imports and declares; [`Package::build`] gives an [`Assembled`] package, which knows its bytes
//! ([`Assembled::ijc`], [`Assembled::zip`]), its parsed form ([`Assembled::cap`]), where everything is
//! ([`Assembled::method`], [`Assembled::class`], [`Assembled::label`] …), and lets itself be damaged ([`Assembled::patch`],
//! [`Assembled::replace`], [`Assembled::remove`]).
//!
//! ```
//! use capfile::assemble::{FRAMEWORK, Package};
//!
//! let mut package = Package::new(b"\xD2\x76\x00\x00\x85\x01\x01");
//! package.import("framework", FRAMEWORK, 1, 0);
//! package.alias("ISOException.throwIt", "framework:7.1(S)V");
//! package.applet(b"\xD2\x76\x00\x00\x85\x01\x01\x01", "Demo.install");
//!
//! let demo = package.class("Demo");
//! demo.extends("framework:3"); // javacard.framework.Applet
//! demo.field("count", "S").static_array("table", "[B", &[1, 2, 3]);
//! demo.constructor("()V").code("aload_0; invokespecial @framework:3.0()V; return");
//! demo.static_method("install", "([BSB)V").code(
//!     "new @Demo; dup; invokespecial @Demo.<init>()V
//!      invokevirtual @framework:3.1()V // register()
//!      return",
//! );
//! demo.virtual_method("process", "(Lframework:10;)V").token(7).code(
//!     "        getfield_s_this @Demo.count
//!              bspush 10
//!              if_scmplt Count
//!              sspush 0x6985
//!              invokestatic @ISOException.throwIt
//!      Count:  aload_0; dup; getfield_s @Demo.count; sconst_1; sadd; putfield_s @Demo.count
//!              return",
//! );
//!
//! let assembled = package.build().unwrap();
//! let cap = assembled.cap().unwrap();
//! assert_eq!(cap.applet.unwrap().applets[0].install, assembled.method("Demo.install").unwrap());
//! ```
//!
//! # Names
//!
//! `java.lang` is imported as `lang` by every package, and classes extend `lang:0` (`Object`) unless told otherwise. `import:token` is a
//! class of an imported package, `import:token.token` a member of it; a method of another package is followed by its descriptor, from
//! which stack depth and types come (`()V` when there is none). [`Package::alias`] gives such a reference a name. Classes and members
//! of the package itself go by their names; a descriptor tells overloads apart, and constructors are named `<init>`. Types are Java
//! descriptors; the name between `L` and `;` is any of these class names.
//!
//! # Code
//!
//! Statements end with `;` or the line; `//` begins a comment. Mnemonics are those of the specification.
//!
//! | operand | form |
//! |---|---|
//! | numbers | `5`, `-1`, `0x6985` |
//! | branches | a label (`Loop:` before a statement defines it), or a number that goes into the offset as it is |
//! | constant pool | `@name`, or `#5` for an index as it is, or `#name` for a [`Package::constant`] |
//! | `invokespecial` of a method of the superclass | `super @Demo.bump`, where `Demo` is the calling class |
//! | `invokeinterface` | `@Counter.bump`, or `2 @Counter 0`: cells, interface, token |
//! | `dup_x`, `swap_x` | `m n`, two counts of cells |
//! | `newarray` | `boolean`, `byte`, `short`, `int`, or a number |
//! | `checkcast`, `instanceof` | `@Demo`, `@Demo[]`, `byte[]` …, or two numbers |
//! | `stableswitch`, `itableswitch` | `default low label…`: the high value follows from the number of labels |
//! | `slookupswitch`, `ilookupswitch` | `default value=label…` |
//! | `.byte 0xB9 1`, `.short 300` | bytes as they are |
//! | `.catch Start End Handler @Class` | an exception handler from the label `Start` to before `End`; `any` in place of the class catches all |
//!
//! Stack depth, locals and argument cells are computed, and can be set ([`Method::max_stack`], [`Method::locals`], [`Method::nargs`]);
//! headers are extended when a number needs it. Instance fields come first in the constant pool, so that their indices fit in a byte.

mod assembled;
mod constants;
mod declare;
mod depth;
mod descriptor;
mod emit;
mod link;
mod members;
mod reference;
mod scope;
mod statics;
mod text;
mod types;

use thiserror::Error;

pub use self::{
    assembled::Assembled,
    declare::{Class, Method},
};
use crate::component::PackageVersion;

/// AID of `java.lang`.
pub const LANG: &[u8] = b"\xA0\x00\x00\x00\x62\x00\x01";
/// AID of `javacard.framework`.
pub const FRAMEWORK: &[u8] = b"\xA0\x00\x00\x00\x62\x01\x01";
/// AID of `javacard.security`.
pub const SECURITY: &[u8] = b"\xA0\x00\x00\x00\x62\x01\x02";
/// AID of `javacardx.crypto`.
pub const CRYPTO: &[u8] = b"\xA0\x00\x00\x00\x62\x02\x01";
/// AID of `org.globalplatform`.
pub const GLOBALPLATFORM: &[u8] = b"\xA0\x00\x00\x01\x51\x00";

/// Why a package cannot be assembled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {message}")]
pub struct AssembleError {
    /// The declaration, or the method and statement.
    pub place: String,
    /// What is wrong there.
    pub message: String,
}

impl AssembleError {
    pub(crate) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

/// An imported package.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    pub(crate) alias: String,
    pub(crate) aid: Vec<u8>,
    pub(crate) version: PackageVersion,
}

/// A package that is being declared.
#[derive(Clone, Debug)]
pub struct Package {
    pub(crate) aid: Vec<u8>,
    pub(crate) version: PackageVersion,
    pub(crate) format: PackageVersion,
    pub(crate) int: bool,
    pub(crate) extended: bool,
    pub(crate) name: String,
    pub(crate) imports: Vec<Imported>,
    pub(crate) aliases: Vec<(String, String)>,
    pub(crate) applets: Vec<(Vec<u8>, String)>,
    pub(crate) classes: Vec<Class>,
    pub(crate) exports: Vec<String>,
    pub(crate) constants: Vec<(String, [u8; 4])>,
    pub(crate) resources: Vec<(u16, Vec<u8>)>,
    pub(crate) described: bool,
}

impl Package {
    /// A package of version 1.0 and format 2.1 that imports `java.lang` 1.0.
    #[must_use]
    pub fn new(aid: &[u8]) -> Self {
        let mut package = Self {
            aid: aid.to_vec(),
            version: PackageVersion { major: 1, minor: 0 },
            format: PackageVersion { major: 2, minor: 1 },
            int: false,
            extended: false,
            name: String::new(),
            imports: Vec::new(),
            aliases: Vec::new(),
            applets: Vec::new(),
            classes: Vec::new(),
            exports: Vec::new(),
            constants: Vec::new(),
            resources: Vec::new(),
            described: true,
        };
        package.import("lang", LANG, 1, 0);
        package
    }

    /// Sets the version of the package.
    pub fn version(&mut self, major: u8, minor: u8) -> &mut Self {
        self.version = PackageVersion { major, minor };
        self
    }

    /// Sets the format: 2.1, 2.2 or 2.3.
    pub fn format(&mut self, major: u8, minor: u8) -> &mut Self {
        self.format = PackageVersion { major, minor };
        self
    }

    /// Sets the flag `ACC_INT`. It is set in any case where the code has an instruction or type that needs it.
    pub fn int(&mut self) -> &mut Self {
        self.int = true;
        self
    }

    /// Makes the format the extended one, which is of version 2.3. Methods go to the block that [`Method::block`] says.
    pub fn extended(&mut self) -> &mut Self {
        self.extended = true;
        self.format(2, 3)
    }

    /// Sets the name (`com/example/demo`), which formats from 2.2 on have.
    pub fn name(&mut self, name: &str) -> &mut Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Imports a package; its classes are `alias:token`. An import of the same alias is replaced.
    pub fn import(&mut self, alias: &str, aid: &[u8], major: u8, minor: u8) -> &mut Self {
        let version = PackageVersion { major, minor };
        let imported = Imported { alias: alias.to_owned(), aid: aid.to_vec(), version };
        match self.imports.iter_mut().find(|import| import.alias == alias) {
            Some(import) => *import = imported,
            None => self.imports.push(imported),
        }
        self
    }

    /// Gives a class (`framework:3`) or member (`framework:7.1(S)V`) of another package a name.
    pub fn alias(&mut self, name: &str, reference: &str) -> &mut Self {
        self.aliases.push((name.to_owned(), reference.to_owned()));
        self
    }

    /// Adds an applet with its install method (`Demo.install`).
    pub fn applet(&mut self, aid: &[u8], install: &str) -> &mut Self {
        self.applets.push((aid.to_vec(), install.to_owned()));
        self
    }

    /// The class of this name, declared when it is not yet.
    pub fn class(&mut self, name: &str) -> &mut Class {
        self.declare(name, false)
    }

    /// The interface of this name, declared when it is not yet.
    pub fn interface(&mut self, name: &str) -> &mut Class {
        self.declare(name, true)
    }

    #[allow(clippy::indexing_slicing)] // the position was just found or made
    fn declare(&mut self, name: &str, interface: bool) -> &mut Class {
        let found = self.classes.iter().position(|class| class.name == name);
        let position = found.unwrap_or_else(|| {
            self.classes.push(Class::new(name, interface));
            self.classes.len() - 1
        });
        &mut self.classes[position]
    }

    /// Exports a class or interface with its public static fields and methods; tokens count in the order of these calls.
    pub fn export(&mut self, class: &str) -> &mut Self {
        self.exports.push(class.to_owned());
        self
    }

    /// Adds an entry to the end of the constant pool, to which code refers by `#name`.
    pub fn constant(&mut self, name: &str, entry: [u8; 4]) -> &mut Self {
        self.constants.push((name.to_owned(), entry));
        self
    }

    /// Adds a static resource (format 2.3).
    pub fn resource(&mut self, id: u16, bytes: &[u8]) -> &mut Self {
        self.resources.push((id, bytes.to_vec()));
        self
    }

    /// Leaves the Descriptor out.
    pub fn without_descriptor(&mut self) -> &mut Self {
        self.described = false;
        self
    }

    /// Assembles the package.
    ///
    /// # Errors
    /// [`AssembleError`]: a name that is not declared, a statement that cannot be read, a number that does not fit.
    pub fn build(&self) -> Result<Assembled, AssembleError> {
        link::link(self)
    }
}
