//! A machine for tests: a tiny native API, and packages that are assembled on the spot.

use std::sync::Arc;

use capfile::assemble::{Assembled, Package};
use jcvm::{
    ApiClass, ApiMethod, ApiPackage, ApiTable, AppletId, AppletRecord, Arguments, Body, ClassId,
    ContextId, Lifetime, Limits, LinkError, Machine, MethodKind, Native, ObjectFlags, PackageId,
    Reclaimed, Reference, ReturnKind, Standard, Trap, Vm, Write,
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
/// `Probe.view([BSSS)[B`: a view of an array, of the caller: offset, length, attributes.
const VIEW: u16 = 11;
/// `Probe.transientObjects(SB)[Ljava/lang/Object;`.
const OBJECTS: u16 = 12;
/// `Probe.entry(S)Ljava/lang/Object;`: an entry point, temporary for 0 or permanent.
const ENTRY: u16 = 13;
/// `Probe.fill([BBS)V`: the whole array gets this byte, in one transactional store for 0, in many immediate ones otherwise.
const FILL: u16 = 14;
/// `Probe.fail(S)V`: a `SystemException` with this reason.
const FAIL: u16 = 15;
/// `Probe.callBack(Ljava/lang/Object;)S`: calls the virtual method 1 of an object.
const CALL_BACK: u16 = 16;
/// `Base.first()S`, `Base.second()S`: 100 and 200, plus the context whose code called.
const FIRST: u16 = 17;
const SECOND: u16 = 18;

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
    method(9, "view", "([BSSS)[B", MethodKind::Static, 4, ReturnKind::Reference, VIEW),
    method(
        10,
        "transientObjects",
        "(SB)[Ljava/lang/Object;",
        MethodKind::Static,
        2,
        ReturnKind::Reference,
        OBJECTS,
    ),
    method(
        11,
        "entry",
        "(S)Ljava/lang/Object;",
        MethodKind::Static,
        1,
        ReturnKind::Reference,
        ENTRY,
    ),
    method(12, "fill", "([BBS)V", MethodKind::Static, 3, ReturnKind::Void, FILL),
    method(13, "fail", "(S)V", MethodKind::Static, 1, ReturnKind::Void, FAIL),
    method(
        14,
        "callBack",
        "(Ljava/lang/Object;)S",
        MethodKind::Static,
        1,
        ReturnKind::Short,
        CALL_BACK,
    ),
];

/// A class that packages extend: its older version had no `second`.
const BASE: ApiClass = ApiClass {
    superclass: Some(ClassId::OBJECT),
    cells: 2,
    methods: &[
        INIT,
        EQUALS_ROW,
        method(1, "first", "()S", MethodKind::Virtual, 1, ReturnKind::Short, FIRST),
        method(2, "second", "()S", MethodKind::Virtual, 1, ReturnKind::Short, SECOND),
    ],
    ..class(21, "javacard/framework/Base", None)
};
/// A class that no package can name.
const HIDDEN: ApiClass =
    ApiClass { superclass: Some(ClassId::OBJECT), ..class(130, "javacard/framework/Hidden", None) };

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
            classes: &[SHAREABLE, SYSTEM, TRANSACTION, PROBE_CLASS, BASE, HIDDEN],
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
        ReturnKind::Reference,
        ReturnKind::Reference,
        ReturnKind::Reference,
        ReturnKind::Void,
        ReturnKind::Void,
        ReturnKind::Short,
        ReturnKind::Short,
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
            VIEW | OBJECTS | ENTRY | FILL | FAIL | CALL_BACK => {
                return self.further(vm, method, arguments);
            }
            FIRST => return Ok(100 + i32::from(vm.context().0)),
            SECOND => return Ok(200 + i32::from(vm.context().0)),
            NOTE => self.shorts.push(arguments.short(0)?),
            EQUALS => return Ok(i32::from(arguments.cell(0)? == arguments.cell(1)?)),
            TRANSIENT => {
                let lifetime = lifetime(arguments.byte(1)?);
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
                let array = vm.new_bytes(4, Lifetime::Runtime)?;
                vm.set_flags(array, ObjectFlags::GLOBAL_ARRAY);
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

impl Notes {
    fn further(
        &mut self,
        vm: &mut Vm<'_>,
        method: u16,
        arguments: Arguments<'_>,
    ) -> Result<i32, Trap> {
        let made = match method {
            VIEW => {
                let target = arguments.reference(0)?;
                let part = |index| arguments.short(index).map(i16::cast_unsigned);
                let (offset, length) = (part(1)?, part(2)?);
                let attributes = arguments.short(3)?;
                let view = Body::View { target, offset, length, attributes };
                let class = vm.object(target)?.class;
                vm.allocate(class, Lifetime::Runtime, view)?
            }
            OBJECTS => {
                let length = arguments.short(0)?;
                vm.new_array(ClassId::REFERENCE_ARRAY, length, lifetime(arguments.byte(1)?))?
            }
            ENTRY => {
                let owner = (ContextId::JCRE, AppletId::NONE);
                let body = Body::Fields([0, 0].into());
                let made = vm.allocate_for(owner, BASE_ID, Lifetime::Runtime, body)?;
                vm.set_flags(
                    made,
                    match arguments.short(0)? {
                        0 => ObjectFlags::TEMPORARY_ENTRY_POINT,
                        _ => ObjectFlags::PERMANENT_ENTRY_POINT,
                    },
                );
                made
            }
            FILL => {
                let array = arguments.reference(0)?;
                let bytes = vec![arguments.byte(1)?.cast_unsigned(); vm.array_length(array)?];
                let write = match arguments.short(2)? {
                    0 => Write::Transactional,
                    _ => Write::Immediate,
                };
                vm.write_bytes(array, 0, &bytes, write)?;
                Reference::NULL
            }
            FAIL => return Err(vm.throw(Standard::System(arguments.short(0)?))),
            _ => return vm.call_virtual(self, arguments.reference(0)?, 1, &[]),
        };
        Ok(made.to_cell())
    }
}

fn lifetime(event: i8) -> Lifetime {
    match event {
        0 => Lifetime::Persistent,
        1 => Lifetime::ClearOnReset,
        _ => Lifetime::ClearOnDeselect,
    }
}

const BASE_ID: ClassId = ClassId::new(PackageId(1), 21);

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
        ("view", "framework:20.9([BSSS)[B"),
        ("transientObjects", "framework:20.10(SB)[Llang:0;"),
        ("entry", "framework:20.11(S)Llang:0;"),
        ("fill", "framework:20.12([BBS)V"),
        ("fail", "framework:20.13(S)V"),
        ("callBack", "framework:20.14(Llang:0;)S"),
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

    /// Loads a package that is expected not to link.
    pub(crate) fn refuse(&mut self, package: &mut Package) -> LinkError {
        let assembled = package.build().expect("the package assembles");
        let cap = assembled.cap_unverified().expect("the package is a file");
        let loaded = self.machine.load(Arc::new(cap), false);
        loaded.expect_err("the package does not link")
    }

    /// The identifiers of a package that was loaded, and of its applet.
    pub(crate) fn loaded(&self, nth: usize) -> (PackageId, AppletId) {
        let (id, _, applet) = &self.loaded[nth];
        (*id, *applet)
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

/// Exceptions by class and reason.
pub(crate) const NULL_POINTER: (u8, u16, i16) = (0, 7, 0);
pub(crate) const OUT_OF_BOUNDS: (u8, u16, i16) = (0, 5, 0);
pub(crate) const NEGATIVE_SIZE: (u8, u16, i16) = (0, 6, 0);
pub(crate) const CLASS_CAST: (u8, u16, i16) = (0, 8, 0);
pub(crate) const ARITHMETIC: (u8, u16, i16) = (0, 9, 0);
pub(crate) const SECURITY: (u8, u16, i16) = (0, 10, 0);
pub(crate) const ARRAY_STORE: (u8, u16, i16) = (0, 11, 0);
pub(crate) const NO_TRANSIENT_SPACE: (u8, u16, i16) = (1, 13, 2);
pub(crate) const NO_RESOURCE: (u8, u16, i16) = (1, 13, 5);
pub(crate) const BUFFER_FULL: (u8, u16, i16) = (1, 14, 3);
