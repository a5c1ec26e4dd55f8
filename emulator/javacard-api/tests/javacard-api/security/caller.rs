//! Calls of natives without a program: as the interpreter makes them, by the tables.

use javacard_api::{Api, TABLE};
use jcvm::{
    ApiMethod, Arguments, ClassId, Lifetime, MethodKind, Native, PackageId, Reference, Trap, Vm,
    Write,
};

use crate::bed::Bed;

/// An exception: the simple name of its class, and its reason.
pub(crate) type Thrown = (&'static str, i16);

/// A run in which natives are called.
pub(crate) struct Caller<'c, 'v, 'p> {
    pub(crate) vm: &'c mut Vm<'v>,
    api: &'c mut Api<'p>,
}

/// Runs something in a machine.
pub(crate) fn within<T>(bed: &mut Bed, run: impl FnOnce(&mut Caller<'_, '_, '_>) -> T) -> T {
    let (mut api, machine) = bed.api();
    let done = api.run(machine, None, |vm, api| Ok::<T, Trap>(run(&mut Caller { vm, api })));
    done.expect("no trap gets here")
}

/// Runs something in a new machine.
pub(crate) fn fresh<T>(run: impl FnOnce(&mut Caller<'_, '_, '_>) -> T) -> T {
    within(&mut Bed::new(), run)
}

/// `CryptoException`.
pub(crate) const fn crypto(reason: i16) -> Thrown {
    ("CryptoException", reason)
}

fn class(name: &str) -> ClassId {
    let package = name.rsplit_once('/').unwrap().0.replace('/', ".");
    let id = TABLE.packages.iter().position(|found| found.name == package).unwrap();
    let classes = TABLE.packages[id].classes;
    let found = classes.iter().find(|class| class.name == name).unwrap_or_else(|| panic!("{name}"));
    ClassId::new(PackageId(u8::try_from(id).unwrap()), found.token.into())
}

fn method(class: ClassId, signature: &str) -> &'static ApiMethod {
    let found = TABLE.class(class).unwrap();
    let is = |method: &&ApiMethod| format!("{}{}", method.name, method.descriptor) == signature;
    found.methods.iter().find(is).unwrap_or_else(|| panic!("{}.{signature}", found.name))
}

impl Caller<'_, '_, '_> {
    fn invoke(&mut self, method: &ApiMethod, cells: &[i32]) -> Result<i32, Thrown> {
        assert_eq!(usize::from(method.nargs), cells.len(), "{}", method.name);
        match self.api.invoke(self.vm, method.native, Arguments(cells)) {
            Ok(value) => Ok(value),
            Err(Trap::Exception(exception)) => {
                let found = self.vm.heap().get(exception).unwrap();
                let name = TABLE.class(found.class).unwrap().name.rsplit('/').next().unwrap();
                let reason = self.vm.field(exception, class("java/lang/Throwable"), 0);
                Err((name, i16::try_from(reason).unwrap()))
            }
            Err(Trap::Fault(fault)) => panic!("{}: {fault}", method.name),
        }
    }

    /// A static method, `class.name+descriptor`.
    pub(crate) fn make(&mut self, name: &str, cells: &[i32]) -> Result<Reference, Thrown> {
        self.fixed(name, cells).map(Reference::from_cell)
    }

    /// A static method.
    pub(crate) fn fixed(&mut self, name: &str, cells: &[i32]) -> Result<i32, Thrown> {
        let (owner, signature) = name.split_once('.').unwrap();
        self.invoke(method(class(owner), signature), cells)
    }

    /// A constructor, with a new object.
    pub(crate) fn construct(&mut self, name: &str, cells: &[i32]) -> Result<Reference, Thrown> {
        let (owner, descriptor) = name.split_once('(').unwrap();
        let owner = class(owner);
        let object = self.vm.new_instance(owner, Lifetime::Persistent).unwrap();
        let cells = [&[object.to_cell()], cells].concat();
        let signature = format!("<init>({descriptor}");
        self.invoke(method(owner, &signature), &cells).map(|_| object)
    }

    /// A virtual method of an object's class.
    pub(crate) fn on(
        &mut self,
        object: Reference,
        signature: &str,
        cells: &[i32],
    ) -> Result<i32, Thrown> {
        let found = self.vm.heap().get(object).unwrap().class;
        let found = method(found, signature);
        assert_eq!(found.kind, MethodKind::Virtual);
        self.invoke(found, &[&[object.to_cell()], cells].concat())
    }

    /// A method of an interface.
    pub(crate) fn through(
        &mut self,
        object: Reference,
        name: &str,
        cells: &[i32],
    ) -> Result<i32, Thrown> {
        let (owner, signature) = name.split_once('.').unwrap();
        let owner = class(owner);
        assert!(self.vm.is_instance(object, owner), "no {name}");
        self.invoke(method(owner, signature), &[&[object.to_cell()], cells].concat())
    }

    /// Whether an object is of a class.
    pub(crate) fn is(&self, object: Reference, name: &str) -> bool {
        self.vm.is_instance(object, class(name))
    }

    /// A byte array.
    pub(crate) fn array(&mut self, bytes: &[u8]) -> Reference {
        let length = i16::try_from(bytes.len()).unwrap();
        let array = self.vm.new_bytes(length, Lifetime::Persistent).unwrap();
        self.vm.write_bytes(array, 0, bytes, Write::Immediate).unwrap();
        array
    }

    /// A short array of this length.
    pub(crate) fn shorts(&mut self, length: i16) -> Reference {
        self.vm.new_array(ClassId::SHORT_ARRAY, length, Lifetime::Persistent).unwrap()
    }

    /// What an array holds.
    pub(crate) fn bytes(&mut self, array: Reference) -> Vec<u8> {
        self.vm.all_bytes(array).unwrap().to_vec()
    }

    /// A method `(input, offset, length, output, offset)` with all of the input: what it put out.
    pub(crate) fn transform(
        &mut self,
        object: Reference,
        name: &str,
        input: &[u8],
    ) -> Result<Vec<u8>, Thrown> {
        let (from, to) = (self.array(input), self.array(&[0xEE; 600]));
        let length = i32::try_from(input.len()).unwrap();
        let cells = [from.to_cell(), 0, length, to.to_cell(), 0];
        let made = self.on(object, &format!("{name}([BSS[BS)S"), &cells)?;
        let output = self.bytes(to);
        let (made, rest) = output.split_at(usize::try_from(made).unwrap());
        assert!(rest.iter().all(|byte| *byte == 0xEE), "more was written than is said");
        Ok(made.to_vec())
    }

    /// A method `(array, offset, length)` with all of an array.
    pub(crate) fn feed(
        &mut self,
        object: Reference,
        name: &str,
        input: &[u8],
    ) -> Result<i32, Thrown> {
        let from = self.array(input);
        let length = i32::try_from(input.len()).unwrap();
        self.on(object, &format!("{name}([BSS)V"), &[from.to_cell(), 0, length])
    }
}
