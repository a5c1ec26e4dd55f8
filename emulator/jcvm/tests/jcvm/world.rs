//! A machine for tests: a tiny native API, and packages that are assembled on the spot.

use std::sync::Arc;

use capfile::assemble::{Assembled, Package};
use jcvm::{
    ApiClass, ApiMethod, ApiPackage, ApiTable, AppletId, AppletRecord, Arguments, ClassId, Limits,
    Machine, MethodKind, Native, PackageId, Reclaimed, Reference, ReturnKind, Trap, Vm,
};

const NOTHING: u16 = 0;
const EQUALS: u16 = 1;
/// `Probe.note(S)V`: remembers a short.
const NOTE: u16 = 2;
/// `Probe.transientBytes(SB)[B`.
const TRANSIENT: u16 = 3;
/// `Probe.begin()V`, `Probe.commit()V`, `Probe.abort()V`.
const BEGIN: u16 = 4;
const COMMIT: u16 = 5;
const ABORT: u16 = 6;
/// `Probe.context()S`.
const CONTEXT: u16 = 7;
/// `Probe.shared()Ljavacard/framework/Shareable;`: what the test put there.
const SHARED: u16 = 8;
/// `Probe.temporary()[B`: a global array.
const GLOBAL: u16 = 9;
/// `Probe.previous()S`: the applet before the last context switch, -1 for none.
const PREVIOUS: u16 = 10;

const fn method(
    token: u8,
    name: &'static str,
    descriptor: &'static str,
    kind: MethodKind,
    nargs: u8,
    returns: ReturnKind,
    native: u16,
) -> ApiMethod {
    let since = (1, 0);
    ApiMethod { token, name, descriptor, kind, is_abstract: false, since, nargs, returns, native }
}

const INIT: ApiMethod =
    method(0, "<init>", "()V", MethodKind::Constructor, 1, ReturnKind::Void, NOTHING);
const EQUALS_ROW: ApiMethod =
    method(0, "equals", "(Ljava/lang/Object;)Z", MethodKind::Virtual, 2, ReturnKind::Short, EQUALS);
const PLAIN: &[ApiMethod] = &[INIT, EQUALS_ROW];

const fn class(token: u8, name: &'static str, superclass: Option<u16>) -> ApiClass {
    ApiClass {
        token,
        name,
        is_interface: false,
        shareable: false,
        is_abstract: false,
        since: (1, 0),
        superclass: match superclass {
            Some(index) => Some(ClassId::new(PackageId(0), index)),
            None => None,
        },
        interfaces: &[],
        references: 0,
        cells: if token == 1 { 1 } else { 0 },
        methods: PLAIN,
    }
}

const LANG: &[ApiClass] = &[
    class(0, "java/lang/Object", None),
    class(1, "java/lang/Throwable", Some(0)),
    class(2, "java/lang/Exception", Some(1)),
    class(3, "java/lang/RuntimeException", Some(2)),
    class(4, "java/lang/IndexOutOfBoundsException", Some(3)),
    class(5, "java/lang/ArrayIndexOutOfBoundsException", Some(4)),
    class(6, "java/lang/NegativeArraySizeException", Some(3)),
    class(7, "java/lang/NullPointerException", Some(3)),
    class(8, "java/lang/ClassCastException", Some(3)),
    class(9, "java/lang/ArithmeticException", Some(3)),
    class(10, "java/lang/SecurityException", Some(3)),
    class(11, "java/lang/ArrayStoreException", Some(3)),
];

const PROBE: &[ApiMethod] = &[
    method(0, "note", "(S)V", MethodKind::Static, 1, ReturnKind::Void, NOTE),
    method(1, "transientBytes", "(SB)[B", MethodKind::Static, 2, ReturnKind::Reference, TRANSIENT),
    method(2, "begin", "()V", MethodKind::Static, 0, ReturnKind::Void, BEGIN),
    method(3, "commit", "()V", MethodKind::Static, 0, ReturnKind::Void, COMMIT),
    method(4, "abort", "()V", MethodKind::Static, 0, ReturnKind::Void, ABORT),
    method(5, "context", "()S", MethodKind::Static, 0, ReturnKind::Short, CONTEXT),
    method(
        6,
        "shared",
        "()Ljava/lang/Object;",
        MethodKind::Static,
        0,
        ReturnKind::Reference,
        SHARED,
    ),
    method(7, "global", "()[B", MethodKind::Static, 0, ReturnKind::Reference, GLOBAL),
    method(8, "previous", "()S", MethodKind::Static, 0, ReturnKind::Short, PREVIOUS),
];

const SHAREABLE: ApiClass = ApiClass {
    is_interface: true,
    shareable: true,
    superclass: None,
    methods: &[],
    ..class(2, "javacard/framework/Shareable", None)
};
const SYSTEM: ApiClass = ApiClass {
    superclass: Some(ClassId::new(PackageId(0), 3)),
    ..class(13, "javacard/framework/SystemException", None)
};
const TRANSACTION: ApiClass = ApiClass {
    superclass: Some(ClassId::new(PackageId(0), 3)),
    ..class(14, "javacard/framework/TransactionException", None)
};
const PROBE_CLASS: ApiClass = ApiClass {
    superclass: Some(ClassId::OBJECT),
    methods: PROBE,
    ..class(20, "javacard/framework/Probe", None)
};

static TABLE: ApiTable = ApiTable {
    packages: &[
        ApiPackage {
            aid: &[0xA0, 0, 0, 0, 0x62, 0, 1],
            name: "java.lang",
            version: (1, 0),
            classes: LANG,
        },
        ApiPackage {
            aid: &[0xA0, 0, 0, 0, 0x62, 1, 1],
            name: "javacard.framework",
            version: (1, 9),
            classes: &[SHAREABLE, SYSTEM, TRANSACTION, PROBE_CLASS],
        },
    ],
    returns: &[
        ReturnKind::Void,
        ReturnKind::Short,
        ReturnKind::Void,
        ReturnKind::Reference,
        ReturnKind::Void,
        ReturnKind::Void,
        ReturnKind::Void,
        ReturnKind::Short,
        ReturnKind::Reference,
        ReturnKind::Reference,
        ReturnKind::Short,
    ],
    static_fields: &[],
    implemented: |_| true,
};

/// What the natives of tests remember.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) shorts: Vec<i16>,
    pub(crate) shared: Reference,
    pub(crate) reclaimed: Vec<u32>,
}

impl Native for Notes {
    fn invoke(
        &mut self,
        vm: &mut Vm<'_>,
        method: u16,
        arguments: Arguments<'_>,
    ) -> Result<i32, Trap> {
        match method {
            NOTE => self.shorts.push(arguments.short(0)?),
            EQUALS => return Ok(i32::from(arguments.cell(0)? == arguments.cell(1)?)),
            TRANSIENT => {
                let lifetime = match arguments.byte(1)? {
                    1 => jcvm::Lifetime::ClearOnReset,
                    _ => jcvm::Lifetime::ClearOnDeselect,
                };
                return Ok(vm.new_bytes(arguments.short(0)?, lifetime)?.to_cell());
            }
            BEGIN => vm.begin_transaction()?,
            COMMIT => vm.commit_transaction()?,
            ABORT => self.reclaimed.extend(vm.abort_transaction()?.0),
            CONTEXT => return Ok(i32::from(vm.context().0)),
            SHARED => return Ok(self.shared.to_cell()),
            PREVIOUS => {
                let id = vm.previous_applet();
                return Ok(if id == AppletId::NONE { -1 } else { i32::from(id.0) });
            }
            GLOBAL => {
                let array = vm.new_bytes(4, jcvm::Lifetime::Runtime)?;
                vm.set_flags(array, jcvm::ObjectFlags::GLOBAL_ARRAY);
                return Ok(array.to_cell());
            }
            _ => {}
        }
        Ok(0)
    }

    fn reclaimed(&mut self, objects: &Reclaimed) {
        self.reclaimed.extend(&objects.0);
    }
}

/// A machine with packages.
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) notes: Notes,
    loaded: Vec<(PackageId, Assembled, AppletId)>,
}

/// A package that can be added to, with the probe imported as `probe:`.
pub(crate) fn package(number: u8) -> Package {
    let mut package = Package::new(&[0xD2, 0x76, 0, 0, 0x85, number]);
    package.import("framework", &[0xA0, 0, 0, 0, 0x62, 1, 1], 1, 0);
    let names = [
        ("note", "framework:20.0(S)V"),
        ("transientBytes", "framework:20.1(SB)[B"),
        ("begin", "framework:20.2()V"),
        ("commit", "framework:20.3()V"),
        ("abort", "framework:20.4()V"),
        ("context", "framework:20.5()S"),
        ("shared", "framework:20.6()Ljava/lang/Object;"),
        ("global", "framework:20.7()[B"),
        ("previous", "framework:20.8()S"),
    ];
    for (name, reference) in names {
        package.alias(name, &reference.replace("java/lang/Object", "lang:0"));
    }
    package
}

/// A package with one class `T` and one static method `T.run` with this descriptor and code.
pub(crate) fn program(descriptor: &str, code: &str) -> Package {
    let mut package = package(1);
    package.class("T").static_method("run", descriptor).code(code);
    package
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_limits(&Limits { fuel: 10_000_000, ..Limits::default() })
    }

    pub(crate) fn with_limits(limits: &Limits) -> Self {
        let mut machine = Machine::new(&TABLE, limits);
        machine.heap_mut().set_persistent_free(1 << 20);
        machine.begin(None);
        Self { machine, notes: Notes::default(), loaded: Vec::new() }
    }

    /// Loads a package, and makes an applet of it that objects can belong to.
    pub(crate) fn load(&mut self, package: &mut Package) -> PackageId {
        self.load_with(package, true)
    }

    pub(crate) fn load_with(&mut self, package: &mut Package, verify: bool) -> PackageId {
        let assembled = package.build().expect("the package assembles");
        let cap = assembled.cap().expect("the package is well formed");
        let aid = cap.header.aid;
        let id = self.machine.load(Arc::new(cap), verify).expect("the package links");
        let record = AppletRecord { aid, package: id, instance: Reference::NULL };
        let applet = self.machine.add_applet(record).expect("there is room");
        self.loaded.push((id, assembled, applet));
        id
    }

    /// Calls a static method by its path, e.g. `T.run`, in the package that was loaded `nth`.
    pub(crate) fn call_in(
        &mut self,
        nth: usize,
        path: &str,
        arguments: &[i32],
    ) -> Result<i32, Trap> {
        let (id, assembled, applet) = &self.loaded[nth];
        let location = assembled.method(path).expect("the method is there");
        let mut vm = self.machine.vm();
        vm.call_static(&mut self.notes, *id, location, *applet, arguments)
    }

    pub(crate) fn call(&mut self, path: &str, arguments: &[i32]) -> Result<i32, Trap> {
        self.call_in(0, path, arguments)
    }

    /// The class of the exception in a trap.
    pub(crate) fn exception(&self, outcome: Result<i32, Trap>) -> (u8, u16, i16) {
        let Err(Trap::Exception(reference)) = outcome else { panic!("{outcome:?}, no exception") };
        let object = self.machine.heap().get(reference).expect("the exception is there");
        let reason = object.body.cells().and_then(|cells| cells.first()).copied().unwrap_or(0);
        (object.class.package().0, object.class.index(), i16::try_from(reason).unwrap_or(0))
    }
}

/// Runs `T.run` of a program with one method.
pub(crate) fn run(descriptor: &str, code: &str, arguments: &[i32]) -> Result<i32, Trap> {
    let mut world = World::new();
    world.load(&mut program(descriptor, code));
    world.call("T.run", arguments)
}
