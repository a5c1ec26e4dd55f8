//! Every native with whatever arguments: null, objects of the wrong class or not constructed, arrays of the wrong type, numbers out of
//! range. Code that no verifier has seen can pass all of it; what it gets is an exception or a fault, and never more.

use javacard_api::TABLE;
use jcvm::{
    ApiClass, ApiMethod, Arguments, Body, ClassId, Lifetime, MethodKind, Native, PackageId,
    Reference, ReturnKind, Trap, Vm,
};

use crate::bed::Bed;

/// Calls in one machine, and machines.
const CALLS: usize = 400;
const MACHINES: u64 = 60;
/// Key generation takes its time, and is tested elsewhere.
const SLOW: [&str; 1] = ["genKeyPair"];

/// A sequence of numbers that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }

    /// A cell: mostly something that makes sense somewhere.
    fn cell(&mut self, objects: &[Reference]) -> i32 {
        match self.roll(10) {
            0..=4 => self.pick(objects).to_cell(),
            5..=7 => self.pick(&[0, 1, 2, 3, 4, 5, 7, 8, 16, 20, 32, 128]),
            8 => self.pick(&[-1, -2, 255, 256, 512, 0x7FFF, -0x8000, 0x7F, -0x80]),
            _ => self.pick(&[i32::MAX, i32::MIN, 0x4000_0000, 0x4000_FFFF, 0x1_0000]),
        }
    }
}

fn classes() -> Vec<(ClassId, &'static ApiClass)> {
    (0..)
        .zip(TABLE.packages)
        .flat_map(|(package, found)| {
            let id = move |class: &ApiClass| ClassId::new(PackageId(package), class.token.into());
            found.classes.iter().map(move |class| (id(class), class))
        })
        .collect()
}

/// Arrays of every kind, and an instance of every class, constructed or not.
fn objects(vm: &mut Vm<'_>) -> Vec<Reference> {
    let mut made = vec![Reference::NULL];
    for class in [ClassId::BYTE_ARRAY, ClassId::SHORT_ARRAY, ClassId::INT_ARRAY] {
        for length in [0, 4, 300] {
            made.extend(vm.new_array(class, length, Lifetime::Persistent));
        }
    }
    made.extend(vm.new_array(ClassId::REFERENCE_ARRAY, 4, Lifetime::Persistent));
    made.extend(vm.new_array(ClassId::BYTE_ARRAY, 32, Lifetime::ClearOnReset));
    if let Some(target) = made.get(3).copied() {
        let view = Body::View { target, offset: 10, length: 20, attributes: 1 };
        made.extend(vm.allocate(ClassId::BYTE_ARRAY, Lifetime::Persistent, view));
    }
    let concrete = classes().into_iter().filter(|(_, class)| !class.is_interface);
    made.extend(concrete.filter_map(|(id, _)| vm.new_instance(id, Lifetime::Persistent).ok()));
    made
}

fn call(
    dice: &mut Dice,
    vm: &mut Vm<'_>,
    api: &mut javacard_api::Api<'_>,
    (objects, method): (&mut Vec<Reference>, &ApiMethod),
    class: ClassId,
) {
    let mut cells: Vec<i32> = (0..method.nargs).map(|_| dice.cell(objects)).collect();
    // The machine sees to it that `this` is what it should be, verified or not.
    if method.kind != MethodKind::Static {
        let fitting: Vec<Reference> =
            objects.iter().copied().filter(|object| vm.is_instance(*object, class)).collect();
        match cells.first_mut() {
            Some(this) if !fitting.is_empty() => *this = dice.pick(&fitting).to_cell(),
            _ => return,
        }
    }
    match api.invoke(vm, method.native, Arguments(&cells)) {
        Ok(value) if method.returns == ReturnKind::Reference && value != 0 => {
            let made = Reference::from_cell(value);
            assert!(vm.heap().get(made).is_some(), "{}: no object", method.name);
            objects.push(made);
        }
        Ok(value) if method.returns == ReturnKind::Short => {
            assert!(i16::try_from(value).is_ok(), "{}{cells:?}: {value}", method.name);
        }
        Ok(_) | Err(Trap::Exception(_) | Trap::Fault(_)) => {}
    }
}

#[test]
fn whatever_natives_are_given_they_end() {
    let methods: Vec<(ClassId, &ApiMethod)> = classes()
        .into_iter()
        .flat_map(|(id, class)| class.methods.iter().map(move |method| (id, method)))
        .filter(|(_, method)| (TABLE.implemented)(method.native) && !SLOW.contains(&method.name))
        .collect();
    let mut dice = Dice(1);
    for _ in 0..MACHINES {
        let mut bed = Bed::new();
        let (mut api, machine) = bed.api();
        let run = api.run(machine, None, |vm, api| {
            let mut objects = objects(vm);
            for _ in 0..CALLS {
                let (class, method) = dice.pick(&methods);
                call(&mut dice, vm, api, (&mut objects, method), class);
            }
            Ok::<(), Trap>(())
        });
        assert!(run.is_ok());
    }
}
