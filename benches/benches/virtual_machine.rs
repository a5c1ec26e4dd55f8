//! Instructions per second of the virtual machine: loop, calls, arrays, dispatch.
//!
//! Elements are bytecodes, as the programs have them; the programs are assembled here, verified and linked as any package.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::sync::Arc;

use capfile::assemble::{Assembled, Package};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use javacard_api::TABLE;
use jcvm::{
    AppletId, Arguments, Body, ClassId, Lifetime, Limits, Machine, Native, PackageId, Reclaimed,
    Trap, Vm,
};

/// Iterations of a program in one call.
const ITERATIONS: i16 = 30_000;

/// The programs call nothing of the API but the constructor of `Object`, which does nothing.
struct NoNatives;

impl Native for NoNatives {
    fn invoke(&mut self, _: &mut Vm<'_>, _: u16, _: Arguments<'_>) -> Result<i32, Trap> {
        Ok(0)
    }

    fn reclaimed(&mut self, _: &Reclaimed) {}
}

/// A program with `T.run`, and how many bytecodes one of its iterations has.
struct Program {
    name: &'static str,
    bytecodes: u64,
    package: Package,
}

fn package() -> Package {
    Package::new(b"\xD2\x76\x00\x00\x85\x01")
}

fn counting() -> Program {
    let mut package = package();
    package.class("T").static_method("run", "(S[B)S").code(
        "sconst_0; sstore_2
         Again: sload_0; ifle End; sload_2; sload_0; sadd; sstore_2; sinc 0 -1; goto Again
         End: sload_2; sreturn",
    );
    Program { name: "loop", bytecodes: 8, package }
}

fn calling() -> Program {
    let mut package = package();
    let class = package.class("T");
    class.static_method("f", "(SS)S").code("sload_0; sload_1; sadd; sreturn");
    class.static_method("run", "(S[B)S").code(
        "sconst_0; sstore_2
         Again: sload_0; ifle End; sload_2; sload_0; invokestatic @T.f; sstore_2; sinc 0 -1; goto Again
         End: sload_2; sreturn",
    );
    Program { name: "call", bytecodes: 12, package }
}

fn indexing() -> Program {
    let mut package = package();
    package.class("T").static_method("run", "(S[B)S").code(
        "sconst_0; sstore_2
         Again: sload_0; ifle End; aload_1; sload_0; sspush 255; sand
         dup2; baload; sload_2; sadd; dup; sstore_2; bastore; sinc 0 -1; goto Again
         End: sload_2; sreturn",
    );
    Program { name: "array", bytecodes: 15, package }
}

fn dispatching() -> Program {
    let mut package = package();
    let class = package.class("A");
    class.field("x", "S").default_constructor();
    class.virtual_method("f", "(S)S").code("getfield_s_this @A.x; sload_1; sadd; sreturn");
    let class = package.class("B");
    class.extends("A").default_constructor();
    class.virtual_method("f", "(S)S").code("sload_1; sconst_1; sadd; sreturn");
    let class = package.class("T");
    class.static_field("a", "LA;").static_field("b", "LA;");
    class.static_method("run", "(S[B)S").code(
        "getstatic_a @T.a; ifnonnull Made
         new @A; dup; invokespecial @A.<init>()V; putstatic_a @T.a
         new @B; dup; invokespecial @B.<init>()V; putstatic_a @T.b
         Made: getstatic_a @T.a; astore_2; getstatic_a @T.b; astore_3
         sconst_0; sstore 4
         Again: sload_0; ifle End
         aload_2; sload 4; invokevirtual @A.f; sstore 4
         aload_3; sload 4; invokevirtual @A.f; sstore 4
         sinc 0 -1; goto Again
         End: sload 4; sreturn",
    );
    Program { name: "dispatch", bytecodes: 20, package }
}

/// A machine with the program, and a transient array for it.
fn machine(assembled: &Assembled) -> (Machine, PackageId, i32) {
    let limits = Limits { fuel: u64::MAX, ..Limits::default() };
    let mut machine = Machine::new(&TABLE, &limits);
    machine.heap_mut().set_persistent_free(1 << 24);
    let id = machine.load(Arc::new(assembled.cap().unwrap()), true).unwrap();
    machine.begin(Some(id.context()));
    let owner = (id.context(), AppletId::NONE);
    let body = Body::Bytes(vec![0; 256].into());
    let class = ClassId::BYTE_ARRAY;
    let array = machine.vm().allocate_for(owner, class, Lifetime::ClearOnReset, body).unwrap();
    (machine, id, array.to_cell())
}

fn instructions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("instructions");
    for program in [counting(), calling(), indexing(), dispatching()] {
        let assembled = program.package.build().unwrap();
        let location = assembled.method("T.run").expect("the program has one");
        let (mut machine, id, array) = machine(&assembled);
        group.throughput(Throughput::Elements(
            program.bytecodes * u64::from(ITERATIONS.unsigned_abs()),
        ));
        group.bench_function(program.name, |bencher| {
            bencher.iter(|| {
                machine
                    .vm()
                    .call_static(
                        &mut NoNatives,
                        id,
                        location,
                        AppletId::NONE,
                        &[ITERATIONS.into(), array],
                    )
                    .unwrap()
            });
        });
    }
    group.finish();
}

/// Linking and verifying, as LOAD does it.
fn loading(criterion: &mut Criterion) {
    let assembled = dispatching().package.build().unwrap();
    let cap = Arc::new(assembled.cap().unwrap());
    criterion.bench_function("load", |bencher| {
        bencher.iter(|| {
            let mut machine = Machine::new(&TABLE, &Limits::default());
            machine.heap_mut().set_persistent_free(1 << 24);
            machine.load(Arc::clone(&cap), true).unwrap()
        });
    });
}

criterion_group!(benches, instructions, loading);
criterion_main!(benches);
