//! What the targets of the virtual machine share: a package that uses most of the instruction set, inputs that damage it, a machine
//! that runs all of its methods.

use std::sync::{Arc, OnceLock};

use capfile::{
    CapFile,
    assemble::{Assembled, FRAMEWORK, Package},
};
use javacard_api::TABLE;
use jcvm::{
    AppletId, AppletRecord, Arguments, Body, ClassId, Fault, Lifetime, Limits, Machine, Native,
    Reclaimed, Reference, ReturnKind, Trap, Vm,
};

/// Fuel of one call: enough to reach everything, too little to be slow.
const FUEL: u64 = 20_000;
/// Most methods that are called.
const CALLS_MAX: usize = 24;

/// A package with all families of instructions; it is assembled once.
///
/// # Panics
/// When it does not assemble, which no input can bring about.
#[must_use]
pub fn package() -> Assembled {
    static PACKAGE: OnceLock<Assembled> = OnceLock::new();
    PACKAGE.get_or_init(assemble).clone()
}

fn assemble() -> Assembled {
    let mut package = Package::new(b"\xD2\x76\x00\x00\x85\x01\x01");
    package.import("framework", FRAMEWORK, 1, 0);
    let counter = package.interface("Counter");
    counter.shareable().implements("framework:2");
    counter.interface_method("bump", "(S)S");
    let base = package.class("Base");
    base.implements("Counter").field("next", "LBase;").field("total", "S").field("big", "I");
    base.default_constructor();
    base.virtual_method("bump", "(S)S").code(
        "aload_0; dup; getfield_s @Base.total; sload_1; sadd; putfield_s @Base.total
         aload_0; getfield_i_this @Base.big; iconst_1; iadd; putfield_i @Base.big
         getfield_s_this @Base.total; sreturn",
    );
    let derived = package.class("Derived");
    derived.extends("Base").default_constructor();
    derived.virtual_method("bump", "(S)S").code(
        "aload_0; sload_1; invokespecial super @Derived.bump; sconst_1; sadd; sreturn",
    );
    statics(package.class("T"));
    package.build().expect("the package assembles")
}

/// Static methods: each takes a short, an array and an object.
fn statics(class: &mut capfile::assemble::Class) {
    class.static_array("table", "[S", &[0, 1, 0, 2]).static_field("kept", "LBase;");
    class.static_value("count", "S", 3).static_value("flag", "B", 1);
    class.static_method("shorts", "(S[BLBase;)S").code(
        "sload_0; bspush 3; smul; sload_0; sdiv; sneg; sconst_2; sshl; sconst_1; sushr
         dup; dup2; sxor; sand; dup_x 1 2; swap_x 1 1; pop; pop; s2b; sreturn",
    );
    class.static_method("ints", "(S[BLBase;)I").code(
        "sload_0; s2i; iipush 70000; imul; dup2; istore_3; iload_3; isub; iinc 3 5
         iload_3; icmp; s2i; ineg; ireturn",
    );
    class.static_method("arrays", "(S[BLBase;)S").code(
        "sload_0; newarray int; astore_3; aload_3; sconst_1; iconst_5; iastore
         aload_1; sload_0; sconst_1; bastore; aload_1; sload_0; baload
         getstatic_a @T.table; sconst_0; saload; sadd; aload_3; arraylength; sadd; sreturn",
    );
    class.static_method("objects", "(S[BLBase;)S").code(
        "new @Derived; dup; invokespecial @Derived.<init>()V; dup; putstatic_a @T.kept
         dup; aload_2; putfield_a @Base.next; sload_0; invokevirtual @Base.bump
         getstatic_a @T.kept; checkcast @Counter; sload_0; invokeinterface @Counter.bump
         sadd; aload_2; instanceof @Derived; sadd; sreturn",
    );
    class.static_method("flow", "(S[BLBase;)S").code(
        "Start: sload_0; stableswitch Other 1 One Two
         One: aload_2; getfield_s @Base.total; sreturn
         Two: sconst_1; sconst_0; sdiv; sreturn
         Other: sload_0; slookupswitch End 7=One 9=Two
         End: jsr Sub; sload_0; ifge Start; sinc 0 1; sload_0; sreturn
         Sub: astore_3; sinc 0 -1; ret 3
         Caught: athrow
         .catch Start End Caught any",
    );
}

/// Damages a package as an input says: component, offset (two bytes), number of bytes, the bytes; again and again.
pub fn damage(assembled: &mut Assembled, mut input: &[u8]) {
    const TAGS: [u8; 8] = [7, 7, 7, 7, 5, 6, 8, 11];
    while let Some(([choice, high, low, length], rest)) = input.split_first_chunk::<4>() {
        let length = usize::from(length & 0x0F).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        input = rest;
        let Some(tag) = TAGS.get(usize::from(choice & 7)).copied() else { continue };
        let Some(component) = assembled.component(tag) else { continue };
        let offset = usize::from(u16::from_be_bytes([*high, *low]));
        if let Some(offset) = offset.checked_rem(component.len())
            && offset + bytes.len() <= component.len()
        {
            assembled.patch(tag, offset, bytes);
        }
    }
}

/// Natives that do nothing but give back something of the right kind.
pub struct Blanks;

impl Native for Blanks {
    fn invoke(&mut self, vm: &mut Vm<'_>, method: u16, _: Arguments<'_>) -> Result<i32, Trap> {
        match TABLE.returns.get(usize::from(method)) {
            Some(ReturnKind::Reference) => {
                Ok(vm.new_bytes(8, Lifetime::ClearOnReset)?.to_cell())
            }
            _ => Ok(1),
        }
    }

    fn reclaimed(&mut self, _: &Reclaimed) {}
}

/// Loads a package and calls its methods; faults that only ill-formed code brings about are given back.
///
/// # Panics
/// Never, unless the machine is at fault.
pub fn run(cap: CapFile, verify: bool) -> Vec<Fault> {
    let limits = Limits { fuel: FUEL, ..Limits::default() };
    let mut machine = Machine::new(&TABLE, &limits);
    machine.heap_mut().set_persistent_free(1 << 16);
    let aid = cap.header.aid;
    let Ok(id) = machine.load(Arc::new(cap), verify) else { return Vec::new() };
    let record = AppletRecord { aid, package: id, instance: Reference::NULL };
    let applet = machine.add_applet(record).unwrap_or(AppletId::NONE);
    let owner = (id.context(), applet);
    let methods: Vec<_> = machine.code().package(id).into_iter().flat_map(|p| p.methods.clone()).collect();
    let mut faults = Vec::new();
    for method in methods.iter().filter(|method| !method.is_abstract).take(CALLS_MAX) {
        machine.begin(Some(id.context()));
        let mut vm = machine.vm();
        let body = Body::Bytes(vec![1; 8].into());
        let array = vm.allocate_for(owner, ClassId::BYTE_ARRAY, Lifetime::ClearOnReset, body);
        let Ok(array) = array else { break };
        // A short, an array, null: what the package's own methods take. Others get it in this order, too.
        let cells = [1, array.to_cell(), 0];
        let count = usize::from(method.nargs);
        let arguments: Vec<i32> = cells.iter().copied().cycle().take(count).collect();
        let outcome = vm.call_static(&mut Blanks, id, method.location, applet, &arguments);
        if let Err(Trap::Fault(fault @ Fault::IllFormed(_))) = outcome {
            faults.push(fault);
        }
        machine.reset();
    }
    machine.collect(core::iter::empty());
    machine.heap_mut().take_changes();
    faults
}
