//! The linked instruction for a bytecode.

use capfile::instruction::{Instruction, Opcode, Operands};

use super::Emitted;
use crate::{
    code::{
        LinkError,
        link::{Resolver, StaticPlace},
        op::{Op, Switch, Test, Width},
    },
    ident::ClassId,
};

/// Selects the linked instruction of a bytecode.
pub(super) fn op(
    resolver: &Resolver<'_>,
    emitted: &mut Emitted,
    instruction: &Instruction,
) -> Result<Op, LinkError> {
    let opcode = instruction.opcode;
    match &instruction.operands {
        Operands::None => Ok(plain(opcode)),
        Operands::Value(value) => Ok(push(opcode, *value)),
        Operands::Local(local) => Ok(with_local(opcode, *local)),
        Operands::Counts(high, low) => Ok(shuffle(opcode, *high, *low)),
        Operands::Constant(index) => constant(resolver, opcode, *index),
        Operands::Branch(target) => Ok(branch(opcode, emitted.place(*target))),
        Operands::Increment(local, by) => Ok(match opcode {
            Opcode::Iinc | Opcode::IincW => Op::IncrementInt { local: *local, by: *by },
            _ => Op::Increment { local: *local, by: *by },
        }),
        Operands::Interface { nargs, constant, token } => {
            let interface = resolver.class_constant(*constant)?;
            if *nargs == 0 {
                return Ok(Op::IllFormed);
            }
            Ok(Op::InvokeInterface { nargs: *nargs, token: *token, interface })
        }
        Operands::ArrayType(kind) => {
            Ok(if (10..=13).contains(kind) { Op::NewArray(*kind) } else { Op::IllFormed })
        }
        Operands::TypeCheck { array_type, constant } => {
            type_check(resolver, opcode, *array_type, *constant)
        }
        Operands::Table { default, low, targets } => {
            let targets = targets.iter().map(|target| emitted.place(*target)).collect();
            let table = Switch::Table { low: *low, targets, default: emitted.place(*default) };
            Ok(switch(opcode, emitted.switch(table)))
        }
        Operands::Lookup { default, pairs } => {
            let mut pairs: Vec<(i32, u32)> =
                pairs.iter().map(|(value, target)| (*value, emitted.place(*target))).collect();
            pairs.sort_by_key(|pair| pair.0);
            let default = emitted.place(*default);
            let number = emitted.switch(Switch::Lookup { pairs: pairs.into(), default });
            Ok(switch(opcode, number))
        }
    }
}

const fn switch(opcode: Opcode, number: u32) -> Op {
    match opcode {
        Opcode::Itableswitch | Opcode::Ilookupswitch => Op::SwitchInt(number),
        _ => Op::SwitchShort(number),
    }
}

#[allow(clippy::cast_possible_truncation)] // the operand of these bytecodes is a byte or a short
const fn push(opcode: Opcode, value: i32) -> Op {
    match opcode {
        Opcode::Bspush | Opcode::Sspush => Op::Push(value as i16),
        _ => Op::PushInt(value),
    }
}

const fn with_local(opcode: Opcode, local: u8) -> Op {
    match opcode {
        Opcode::Iload => Op::LoadInt(local),
        Opcode::Astore | Opcode::Sstore => Op::Store(local),
        Opcode::Istore => Op::StoreInt(local),
        Opcode::Ret => Op::SubroutineReturn(local),
        _ => Op::Load(local),
    }
}

/// `dup_x`: `count` cells are copied below `depth`; `swap_x`.
const fn shuffle(opcode: Opcode, high: u8, low: u8) -> Op {
    match opcode {
        Opcode::DupX if matches!(high, 1..=4) && (low == 0 || low >= high && low <= high + 4) => {
            Op::DupX { count: high, depth: low }
        }
        Opcode::SwapX if matches!((high, low), (1..=2, 1..=2)) => {
            Op::SwapX { upper: high, lower: low }
        }
        _ => Op::IllFormed,
    }
}

const fn branch(opcode: Opcode, target: u32) -> Op {
    let (against_zero, test) = match opcode {
        Opcode::Goto | Opcode::GotoW => return Op::Goto(target),
        Opcode::Jsr => return Op::Subroutine(target),
        Opcode::Ifeq | Opcode::IfeqW | Opcode::Ifnull | Opcode::IfnullW => (true, Test::Equal),
        Opcode::Ifne | Opcode::IfneW | Opcode::Ifnonnull | Opcode::IfnonnullW => {
            (true, Test::NotEqual)
        }
        Opcode::Iflt | Opcode::IfltW => (true, Test::Less),
        Opcode::Ifge | Opcode::IfgeW => (true, Test::GreaterOrEqual),
        Opcode::Ifgt | Opcode::IfgtW => (true, Test::Greater),
        Opcode::Ifle | Opcode::IfleW => (true, Test::LessOrEqual),
        Opcode::IfAcmpeq | Opcode::IfAcmpeqW | Opcode::IfScmpeq | Opcode::IfScmpeqW => {
            (false, Test::Equal)
        }
        Opcode::IfAcmpne | Opcode::IfAcmpneW | Opcode::IfScmpne | Opcode::IfScmpneW => {
            (false, Test::NotEqual)
        }
        Opcode::IfScmplt | Opcode::IfScmpltW => (false, Test::Less),
        Opcode::IfScmpge | Opcode::IfScmpgeW => (false, Test::GreaterOrEqual),
        Opcode::IfScmpgt | Opcode::IfScmpgtW => (false, Test::Greater),
        Opcode::IfScmple | Opcode::IfScmpleW => (false, Test::LessOrEqual),
        _ => return Op::IllFormed,
    };
    if against_zero { Op::IfZero { test, target } } else { Op::IfCompare { test, target } }
}

/// Bytecodes that refer to the constant pool.
fn constant(resolver: &Resolver<'_>, opcode: Opcode, index: u16) -> Result<Op, LinkError> {
    use Opcode as O;
    Ok(match opcode {
        O::GetstaticA | O::GetstaticB | O::GetstaticS | O::GetstaticI => {
            static_field(resolver, opcode, index, false)?
        }
        O::PutstaticA | O::PutstaticB | O::PutstaticS | O::PutstaticI => {
            static_field(resolver, opcode, index, true)?
        }
        O::Invokevirtual => {
            let (nargs, token, package_visible) = resolver.virtual_method(index)?;
            match (nargs, package_visible) {
                (0, _) => Op::IllFormed,
                (_, true) => Op::InvokePackageVisible { nargs, token },
                (_, false) => Op::InvokeVirtual { nargs, token },
            }
        }
        O::Invokespecial | O::Invokestatic => invoke(resolver, opcode, index)?,
        O::New => Op::New(resolver.class_constant(index)?),
        O::Anewarray => Op::NewReferenceArray(resolver.class_constant(index)?),
        _ => field(opcode, resolver.field(index)?),
    })
}

fn invoke(resolver: &Resolver<'_>, opcode: Opcode, index: u16) -> Result<Op, LinkError> {
    let special = opcode == Opcode::Invokespecial;
    let callee = resolver.callee(index, special)?;
    let this = special || callee.constructor;
    if this && callee.nargs == 0 {
        return Ok(Op::IllFormed);
    }
    Ok(match callee.method.as_native() {
        Some(method) => Op::InvokeNative { nargs: callee.nargs, this, method },
        None => Op::Invoke { this, method: callee.method },
    })
}

fn static_field(
    resolver: &Resolver<'_>,
    opcode: Opcode,
    index: u16,
    put: bool,
) -> Result<Op, LinkError> {
    let place = match resolver.static_field(index)? {
        StaticPlace::Image(place) => place,
        StaticPlace::Native { class, token } if opcode == Opcode::GetstaticA => {
            return Ok(Op::GetNativeStatic { token, class });
        }
        StaticPlace::Native { .. } => return Ok(Op::IllFormed),
    };
    let (package, offset) = (place.package.0, usize::from(place.offset));
    let width = match opcode {
        Opcode::GetstaticA | Opcode::PutstaticA => {
            if offset >= place.reference_bytes {
                return Ok(Op::IllFormed);
            }
            let index = place.offset / 2;
            return Ok(if put {
                Op::PutStaticReference { package, index }
            } else {
                Op::GetStaticReference { package, index }
            });
        }
        Opcode::GetstaticB | Opcode::PutstaticB => Width::Byte,
        Opcode::GetstaticS | Opcode::PutstaticS => Width::Short,
        _ => Width::Int,
    };
    let Some(offset) = offset.checked_sub(place.reference_bytes) else { return Ok(Op::IllFormed) };
    let offset = u16::try_from(offset).unwrap_or(u16::MAX);
    Ok(if put {
        Op::PutStatic { width, package, offset }
    } else {
        Op::GetStatic { width, package, offset }
    })
}

const fn field(opcode: Opcode, cell: u16) -> Op {
    use Opcode as O;
    match opcode {
        O::GetfieldI | O::GetfieldIW => Op::GetFieldInt(cell),
        O::GetfieldIThis => Op::GetFieldThisInt(cell),
        O::GetfieldAThis | O::GetfieldBThis | O::GetfieldSThis => Op::GetFieldThis(cell),
        O::PutfieldA | O::PutfieldAW => Op::PutField { width: Width::Reference, cell },
        O::PutfieldB | O::PutfieldBW => Op::PutField { width: Width::Byte, cell },
        O::PutfieldS | O::PutfieldSW => Op::PutField { width: Width::Short, cell },
        O::PutfieldI | O::PutfieldIW => Op::PutField { width: Width::Int, cell },
        O::PutfieldAThis => Op::PutFieldThis { width: Width::Reference, cell },
        O::PutfieldBThis => Op::PutFieldThis { width: Width::Byte, cell },
        O::PutfieldSThis => Op::PutFieldThis { width: Width::Short, cell },
        O::PutfieldIThis => Op::PutFieldThis { width: Width::Int, cell },
        _ => Op::GetField(cell),
    }
}

fn type_check(
    resolver: &Resolver<'_>,
    opcode: Opcode,
    array_type: u8,
    constant: u16,
) -> Result<Op, LinkError> {
    let checks = opcode == Opcode::Checkcast;
    let class = match array_type {
        0 => resolver.class_constant(constant)?,
        10 => ClassId::BOOLEAN_ARRAY,
        11 => ClassId::BYTE_ARRAY,
        12 => ClassId::SHORT_ARRAY,
        13 => ClassId::INT_ARRAY,
        14 => {
            let element = resolver.class_constant(constant)?;
            return Ok(if checks {
                Op::CheckCastArray(element)
            } else {
                Op::InstanceOfArray(element)
            });
        }
        _ => return Ok(Op::IllFormed),
    };
    Ok(if checks { Op::CheckCast(class) } else { Op::InstanceOf(class) })
}

/// Bytecodes without operands.
const fn plain(opcode: Opcode) -> Op {
    use Opcode as O;
    match opcode {
        O::Nop => Op::Nop,
        O::AconstNull | O::Sconst0 => Op::Push(0),
        O::SconstM1 => Op::Push(-1),
        O::Sconst1 => Op::Push(1),
        O::Sconst2 => Op::Push(2),
        O::Sconst3 => Op::Push(3),
        O::Sconst4 => Op::Push(4),
        O::Sconst5 => Op::Push(5),
        O::IconstM1 => Op::PushInt(-1),
        O::Iconst0 => Op::PushInt(0),
        O::Iconst1 => Op::PushInt(1),
        O::Iconst2 => Op::PushInt(2),
        O::Iconst3 => Op::PushInt(3),
        O::Iconst4 => Op::PushInt(4),
        O::Iconst5 => Op::PushInt(5),
        O::Aload0 | O::Sload0 => Op::Load(0),
        O::Aload1 | O::Sload1 => Op::Load(1),
        O::Aload2 | O::Sload2 => Op::Load(2),
        O::Aload3 | O::Sload3 => Op::Load(3),
        O::Iload0 => Op::LoadInt(0),
        O::Iload1 => Op::LoadInt(1),
        O::Iload2 => Op::LoadInt(2),
        O::Iload3 => Op::LoadInt(3),
        O::Astore0 | O::Sstore0 => Op::Store(0),
        O::Astore1 | O::Sstore1 => Op::Store(1),
        O::Astore2 | O::Sstore2 => Op::Store(2),
        O::Astore3 | O::Sstore3 => Op::Store(3),
        O::Istore0 => Op::StoreInt(0),
        O::Istore1 => Op::StoreInt(1),
        O::Istore2 => Op::StoreInt(2),
        O::Istore3 => Op::StoreInt(3),
        O::Areturn => Op::Return(Width::Reference),
        O::Sreturn => Op::Return(Width::Short),
        O::Ireturn => Op::Return(Width::Int),
        O::Return => Op::ReturnVoid,
        O::Arraylength => Op::ArrayLength,
        O::Athrow => Op::Throw,
        other => arithmetic(other),
    }
}

const fn arithmetic(opcode: Opcode) -> Op {
    use Opcode as O;
    match opcode {
        O::Aaload => Op::ArrayLoadReference,
        O::Baload => Op::ArrayLoadByte,
        O::Saload => Op::ArrayLoadShort,
        O::Iaload => Op::ArrayLoadInt,
        O::Aastore => Op::ArrayStoreReference,
        O::Bastore => Op::ArrayStoreByte,
        O::Sastore => Op::ArrayStoreShort,
        O::Iastore => Op::ArrayStoreInt,
        O::Pop => Op::Pop,
        O::Pop2 => Op::Pop2,
        O::Dup => Op::Dup,
        O::Dup2 => Op::Dup2,
        O::Sadd => Op::Add,
        O::Ssub => Op::Subtract,
        O::Smul => Op::Multiply,
        O::Sdiv => Op::Divide,
        O::Srem => Op::Remainder,
        O::Sneg => Op::Negate,
        O::Sshl => Op::ShiftLeft,
        O::Sshr => Op::ShiftRight,
        O::Sushr => Op::UnsignedShiftRight,
        O::Sand => Op::And,
        O::Sor => Op::Or,
        O::Sxor => Op::Xor,
        O::Iadd => Op::AddInt,
        O::Isub => Op::SubtractInt,
        O::Imul => Op::MultiplyInt,
        O::Idiv => Op::DivideInt,
        O::Irem => Op::RemainderInt,
        O::Ineg => Op::NegateInt,
        O::Ishl => Op::ShiftLeftInt,
        O::Ishr => Op::ShiftRightInt,
        O::Iushr => Op::UnsignedShiftRightInt,
        O::Iand => Op::AndInt,
        O::Ior => Op::OrInt,
        O::Ixor => Op::XorInt,
        O::S2b => Op::ShortToByte,
        O::S2i => Op::ShortToInt,
        O::I2b => Op::IntToByte,
        O::I2s => Op::IntToShort,
        O::Icmp => Op::CompareInt,
        _ => Op::IllFormed,
    }
}
