//! The loop that runs instructions.
//!
//! One function for speed: program counter and stack pointer stay in machine registers. What is rare, or long, is a function of its
//! own in a family beside this file. Instructions of packages that the verifier has not seen run with `CHECKED`: each is preceded by
//! a check that the operands are there and the results have room.

use faults::Fault as Planted;

use super::{
    Flow, arrays, fields,
    registers::{Cells, Registers, get, set},
    shuffle, types,
    types::Wanted,
    unwind,
};
use crate::{
    code::{
        Code,
        op::{Op, Test, Width},
    },
    heap::Body,
    ident::ClassId,
    machine::State,
    reference::Reference,
    trap::{Fault, Standard},
};

#[inline(always)]
const fn holds(test: Test, left: i32, right: i32) -> bool {
    match test {
        Test::Equal => left == right,
        Test::NotEqual => left != right,
        Test::Less => left < right,
        Test::GreaterOrEqual => left >= right,
        Test::Greater => left > right,
        Test::LessOrEqual => left <= right,
    }
}

/// The low 16 bits, as a short.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // arithmetic on shorts wraps [JCVM 3.0.5 §3.2.4.2]
const fn short(value: i32) -> i32 {
    value as i16 as i32
}

/// Runs instructions until something happens that this loop does not do itself.
#[allow(clippy::too_many_lines)] // see the module's comment
pub(super) fn run<'c, const CHECKED: bool>(
    code: &'c Code,
    state: &mut State,
    registers: &mut Registers<'c>,
    cells: &mut Cells,
) -> Flow {
    let mut ops = registers.ops;
    let mut pc = registers.pc;
    let mut sp = registers.sp;
    let mut locals = registers.locals;
    let mut accessor = registers.accessor();

    /// The registers that live in variables go back to where others see them.
    macro_rules! save {
        () => {
            registers.pc = pc;
            registers.sp = sp;
        };
    }
    macro_rules! reload {
        () => {
            ops = registers.ops;
            pc = registers.pc;
            sp = registers.sp;
            locals = registers.locals;
            accessor = registers.accessor();
        };
    }
    /// Ends the loop.
    macro_rules! leave {
        ($flow:expr) => {{
            save!();
            return $flow.into();
        }};
    }
    /// The value, or the end of the loop.
    macro_rules! attempt {
        ($outcome:expr) => {
            match $outcome {
                Ok(value) => value,
                Err(flow) => leave!(flow),
            }
        };
    }
    macro_rules! push {
        ($value:expr) => {{
            let value = $value;
            set(cells, sp, value);
            sp = sp.wrapping_add(1);
        }};
    }
    /// An int takes two cells; its value is in the lower one.
    macro_rules! push_int {
        ($value:expr) => {{
            let value = $value;
            set(cells, sp, value);
            sp = sp.wrapping_add(2);
        }};
    }
    macro_rules! pop {
        () => {{
            sp = sp.wrapping_sub(1);
            get(cells, sp)
        }};
    }
    macro_rules! pop_int {
        () => {{
            sp = sp.wrapping_sub(2);
            get(cells, sp)
        }};
    }
    /// An operation on the two shorts on top.
    macro_rules! binary {
        ($operation:expr) => {{
            let right = pop!();
            let left = get(cells, sp.wrapping_sub(1));
            set(cells, sp.wrapping_sub(1), short($operation(left, right)));
        }};
    }
    macro_rules! binary_int {
        ($operation:expr) => {{
            let right = pop_int!();
            let left = get(cells, sp.wrapping_sub(2));
            set(cells, sp.wrapping_sub(2), $operation(left, right));
        }};
    }
    macro_rules! jump {
        ($target:expr) => {{
            let target = $target;
            if target < pc {
                // Only a branch backwards can make a program run for ever.
                attempt!(registers.burn(u64::from(pc - target)));
            }
            pc = target;
        }};
    }
    /// Enters another method.
    macro_rules! call {
        ($call:expr) => {{
            save!();
            match $call {
                Ok(()) => {
                    reload!();
                }
                Err(flow) => return flow.into(),
            }
        }};
    }

    loop {
        let Some(op) = ops.get(pc as usize) else { leave!(Fault::IllFormed("no instruction")) };
        pc += 1;
        if CHECKED {
            registers.sp = sp;
            attempt!(registers.check_op(*op));
        }
        match *op {
            Op::Nop => {}
            Op::Push(value) => push!(i32::from(value)),
            Op::PushInt(value) => push_int!(value),
            Op::Load(local) => push!(get(cells, locals + usize::from(local))),
            Op::LoadInt(local) => push_int!(get(cells, locals + usize::from(local))),
            Op::Store(local) => {
                let value = pop!();
                set(cells, locals + usize::from(local), value);
            }
            Op::StoreInt(local) => {
                let value = pop_int!();
                set(cells, locals + usize::from(local), value);
            }
            Op::ArrayLoadByte => {
                let index = pop!();
                let array = get(cells, sp.wrapping_sub(1));
                let value = attempt!(arrays::load_byte(&state.heap, array, index, accessor));
                set(cells, sp.wrapping_sub(1), value);
            }
            Op::ArrayLoadShort => {
                let index = pop!();
                let array = get(cells, sp.wrapping_sub(1));
                let value = attempt!(arrays::load_short(&state.heap, array, index, accessor));
                set(cells, sp.wrapping_sub(1), value);
            }
            Op::ArrayLoadReference => {
                let index = pop!();
                let array = pop!();
                let width = Width::Reference;
                push!(attempt!(arrays::load_cell(&state.heap, array, index, accessor, width)));
            }
            Op::ArrayLoadInt => {
                let index = pop!();
                let array = pop!();
                let width = Width::Int;
                push_int!(attempt!(arrays::load_cell(&state.heap, array, index, accessor, width)));
            }
            Op::ArrayStoreByte => {
                let value = pop!();
                let index = pop!();
                let array = pop!();
                let place = (array, index, value);
                attempt!(arrays::store(code, &mut state.heap, place, accessor, Width::Byte));
            }
            Op::ArrayStoreShort => {
                let value = pop!();
                let index = pop!();
                let array = pop!();
                let place = (array, index, value);
                attempt!(arrays::store(code, &mut state.heap, place, accessor, Width::Short));
            }
            Op::ArrayStoreInt => {
                let value = pop_int!();
                let index = pop!();
                let array = pop!();
                let place = (array, index, value);
                attempt!(arrays::store(code, &mut state.heap, place, accessor, Width::Int));
            }
            Op::ArrayStoreReference => {
                let value = pop!();
                let index = pop!();
                let array = pop!();
                let place = (array, index, value);
                attempt!(arrays::store(code, &mut state.heap, place, accessor, Width::Reference));
            }
            Op::Pop => sp = sp.wrapping_sub(1),
            Op::Pop2 => sp = sp.wrapping_sub(2),
            Op::Dup => push!(get(cells, sp.wrapping_sub(1))),
            Op::Dup2 => {
                push!(get(cells, sp.wrapping_sub(2)));
                push!(get(cells, sp.wrapping_sub(2)));
            }
            Op::DupX { count, depth } => sp = shuffle::dup_x(cells, sp, count, depth),
            Op::SwapX { upper, lower } => shuffle::swap_x(cells, sp, upper, lower),
            Op::Add if faults::active(Planted::ShortAdditionNotNarrowed) => {
                let right = pop!();
                let left = get(cells, sp.wrapping_sub(1));
                set(cells, sp.wrapping_sub(1), left.wrapping_add(right));
            }
            Op::Add => binary!(i32::wrapping_add),
            Op::Subtract => binary!(i32::wrapping_sub),
            Op::Multiply => binary!(i32::wrapping_mul),
            Op::Divide | Op::Remainder if get(cells, sp.wrapping_sub(1)) == 0 => {
                leave!(Standard::Arithmetic);
            }
            Op::Divide => binary!(i32::wrapping_div),
            Op::Remainder => binary!(i32::wrapping_rem),
            Op::Negate => {
                let value = pop!();
                push!(short(value.wrapping_neg()));
            }
            // Shift counts are masked with 1F; what is shifted is the sign-extended value [JCVM 3.0.5 §7.5.91 to §7.5.111].
            Op::ShiftLeft => {
                binary!(|left: i32, right: i32| left.wrapping_shl(right.cast_unsigned() & 0x1F));
            }
            Op::ShiftRight => {
                binary!(|left: i32, right: i32| left.wrapping_shr(right.cast_unsigned() & 0x1F));
            }
            Op::UnsignedShiftRight => binary!(|left: i32, right: i32| {
                (left.cast_unsigned().wrapping_shr(right.cast_unsigned() & 0x1F)).cast_signed()
            }),
            Op::And => binary!(|left, right| left & right),
            Op::Or => binary!(|left, right| left | right),
            Op::Xor => binary!(|left, right| left ^ right),
            Op::AddInt => binary_int!(i32::wrapping_add),
            Op::SubtractInt => binary_int!(i32::wrapping_sub),
            Op::MultiplyInt => binary_int!(i32::wrapping_mul),
            Op::DivideInt | Op::RemainderInt if get(cells, sp.wrapping_sub(2)) == 0 => {
                leave!(Standard::Arithmetic);
            }
            Op::DivideInt => binary_int!(i32::wrapping_div),
            Op::RemainderInt if faults::active(Planted::IntRemainderUnsigned) => {
                binary_int!(i32::wrapping_rem_euclid);
            }
            Op::RemainderInt => binary_int!(i32::wrapping_rem),
            Op::NegateInt => {
                let value = pop_int!();
                push_int!(value.wrapping_neg());
            }
            Op::ShiftLeftInt => {
                binary_int!(|left: i32, right: i32| left.wrapping_shl(right.cast_unsigned() & 0x1F));
            }
            Op::ShiftRightInt => {
                binary_int!(|left: i32, right: i32| left.wrapping_shr(right.cast_unsigned() & 0x1F));
            }
            Op::UnsignedShiftRightInt => binary_int!(|left: i32, right: i32| {
                (left.cast_unsigned().wrapping_shr(right.cast_unsigned() & 0x1F)).cast_signed()
            }),
            Op::AndInt => binary_int!(|left, right| left & right),
            Op::OrInt => binary_int!(|left, right| left | right),
            Op::XorInt => binary_int!(|left, right| left ^ right),
            Op::Increment { local, by } => {
                let place = locals + usize::from(local);
                let value = get(cells, place).wrapping_add(i32::from(by));
                set(cells, place, short(value));
            }
            Op::IncrementInt { local, by } => {
                let place = locals + usize::from(local);
                let value = get(cells, place).wrapping_add(i32::from(by));
                set(cells, place, value);
            }
            #[allow(clippy::cast_possible_truncation)] // s2b keeps the low byte
            Op::ShortToByte => {
                let value = pop!();
                let unsigned = faults::active(Planted::ShortToByteUnsigned);
                push!(if unsigned { value & 0xFF } else { i32::from(value as i8) });
            }
            Op::ShortToInt => {
                let value = pop!();
                push_int!(value);
            }
            #[allow(clippy::cast_possible_truncation)] // i2b keeps the low byte
            Op::IntToByte => {
                let value = pop_int!();
                push!(i32::from(value as i8));
            }
            Op::IntToShort => {
                let value = pop_int!();
                push!(short(value));
            }
            Op::CompareInt => {
                let right = pop_int!();
                let left = pop_int!();
                push!(left.cmp(&right) as i32);
            }
            Op::IfZero { test, target } => {
                let value = pop!();
                if holds(test, value, 0) {
                    jump!(target);
                }
            }
            Op::IfCompare { test, target } => {
                let right = pop!();
                let left = pop!();
                if holds(test, left, right) {
                    jump!(target);
                }
            }
            Op::Goto(target) => jump!(target),
            Op::Subroutine(target) => {
                // The return address is a short on a chip; here it is the index of an instruction.
                push!(pc.cast_signed());
                jump!(target);
            }
            Op::SubroutineReturn(local) => {
                let target = get(cells, locals + usize::from(local)).cast_unsigned();
                save!();
                attempt!(registers.check_return_address(code, target));
                jump!(target);
            }
            Op::SwitchShort(number) => {
                let value = pop!();
                jump!(attempt!(registers.switch_target(code, number, value)));
            }
            Op::SwitchInt(number) => {
                let value = pop_int!();
                jump!(attempt!(registers.switch_target(code, number, value)));
            }
            Op::Return(width) => {
                let value = if width == Width::Int { pop_int!() } else { pop!() };
                save!();
                if !registers.pop_frame(code, state) {
                    return Flow::Returned(value);
                }
                reload!();
                if width == Width::Int {
                    push_int!(value);
                } else {
                    push!(value);
                }
                if CHECKED {
                    attempt!(registers.check_returned(sp));
                }
            }
            Op::ReturnVoid => {
                save!();
                if !registers.pop_frame(code, state) {
                    return Flow::Returned(0);
                }
                reload!();
            }
            Op::GetStaticReference { package, index } => {
                push!(attempt!(fields::get_static_reference(code, &state.heap, package, index)));
            }
            Op::GetNativeStatic { token, class } => leave!(Flow::NativeStatic { class, token }),
            Op::GetStatic { width, package, offset } => {
                let place = (package, offset);
                let value = attempt!(fields::get_static(code, &state.heap, place, width));
                if width == Width::Int {
                    push_int!(value);
                } else {
                    push!(value);
                }
            }
            Op::PutStaticReference { package, index } => {
                let value = pop!();
                let heap = &mut state.heap;
                attempt!(fields::put_static_reference(code, heap, (package, index), value));
            }
            Op::PutStatic { width, package, offset } => {
                let value = if width == Width::Int { pop_int!() } else { pop!() };
                let heap = &mut state.heap;
                attempt!(fields::put_static(code, heap, (package, offset), (width, value)));
            }
            Op::GetField(cell) => {
                let object = get(cells, sp.wrapping_sub(1));
                let value = attempt!(fields::get(&state.heap, object, cell, accessor));
                set(cells, sp.wrapping_sub(1), value);
            }
            Op::GetFieldInt(cell) => {
                let object = pop!();
                push_int!(attempt!(fields::get(&state.heap, object, cell, accessor)));
            }
            Op::GetFieldThis(cell) => {
                let object = get(cells, locals);
                push!(attempt!(fields::get(&state.heap, object, cell, accessor)));
            }
            Op::GetFieldThisInt(cell) => {
                let object = get(cells, locals);
                push_int!(attempt!(fields::get(&state.heap, object, cell, accessor)));
            }
            Op::PutField { width, cell } => {
                let value = if width == Width::Int { pop_int!() } else { pop!() };
                let object = pop!();
                let heap = &mut state.heap;
                attempt!(fields::put(heap, object, cell, (width, value), accessor));
            }
            Op::PutFieldThis { width, cell } => {
                let value = if width == Width::Int { pop_int!() } else { pop!() };
                let object = get(cells, locals);
                let heap = &mut state.heap;
                attempt!(fields::put(heap, object, cell, (width, value), accessor));
            }
            Op::InvokeVirtual { nargs, token } => {
                call!(registers.invoke_virtual(code, state, cells, (nargs, token)));
            }
            Op::InvokePackageVisible { nargs, token } => {
                call!(registers.invoke_package_visible(code, state, cells, (nargs, token)));
            }
            Op::InvokeInterface { nargs, token, interface } => {
                let called = (nargs, token, interface);
                call!(registers.invoke_interface(code, state, cells, called));
            }
            Op::Invoke { this, method } => {
                call!(registers.invoke_known(code, state, cells, this, method));
            }
            Op::InvokeNative { nargs, this, method } => {
                if this {
                    let receiver = get(cells, sp.wrapping_sub(usize::from(nargs)));
                    attempt!(registers.check_this(state, receiver));
                }
                leave!(Flow::Native { nargs, number: method, owner: None })
            }
            Op::New(class) => {
                push!(attempt!(types::new(code, state, registers, class)));
            }
            Op::NewArray(kind) => {
                let length = pop!();
                let (class, body) = attempt!(arrays::new_body(kind, length));
                push!(attempt!(types::allocate(state, registers, class, body)));
            }
            Op::NewReferenceArray(element) => {
                let length = pop!();
                let (_, body) = attempt!(arrays::new_body(13, length));
                let Body::Ints(cells_of_array) = body else { leave!(Standard::Security) };
                let body = Body::References { element, cells: cells_of_array };
                let class = ClassId::REFERENCE_ARRAY;
                push!(attempt!(types::allocate(state, registers, class, body)));
            }
            Op::ArrayLength => {
                let array = Reference::from_cell(pop!());
                let Some(object) = state.heap.get(array) else { leave!(super::missing(array)) };
                let length = object.body.length();
                attempt!(super::access::content(&state.heap, array, accessor).map(|_| ()));
                push!(i32::try_from(length).unwrap_or(i32::MAX));
            }
            Op::Throw => {
                let exception = pop!();
                leave!(unwind::thrown(code, state, registers, exception))
            }
            Op::CheckCast(class) => {
                let wanted = Wanted::Class(class);
                let reference = get(cells, sp.wrapping_sub(1));
                let found = types::is_instance(code, state, registers, reference, wanted);
                if attempt!(found) == Some(false) && !faults::active(Planted::CheckCastAccepts) {
                    leave!(Standard::ClassCast);
                }
            }
            Op::CheckCastArray(class) => {
                let wanted = Wanted::ArrayOf(class);
                let reference = get(cells, sp.wrapping_sub(1));
                let found = types::is_instance(code, state, registers, reference, wanted);
                if attempt!(found) == Some(false) {
                    leave!(Standard::ClassCast);
                }
            }
            Op::InstanceOf(class) => {
                let reference = pop!();
                let wanted = Wanted::Class(class);
                let found = types::is_instance(code, state, registers, reference, wanted);
                push!(i32::from(attempt!(found).unwrap_or(false)));
            }
            Op::InstanceOfArray(class) => {
                let reference = pop!();
                let wanted = Wanted::ArrayOf(class);
                let found = types::is_instance(code, state, registers, reference, wanted);
                push!(i32::from(attempt!(found).unwrap_or(false)));
            }
            Op::IllFormed => leave!(Fault::IllFormed("a place without an instruction")),
        }
    }
}
