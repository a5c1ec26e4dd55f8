//! Random well-typed sequences of arithmetic beside a plain model of short and int semantics [JCVM 3.0.5 §2.2.1, §7.5].

use core::fmt::Write as _;

use jcvm::Trap;
use proptest::prelude::*;

use crate::world::run;

/// Operations on shorts: mnemonic and model.
type ShortOp = (&'static str, fn(i16, i16) -> Option<i16>);
/// Operations on ints.
type IntOp = (&'static str, fn(i32, i32) -> Option<i32>);

const SHORT_OPS: [ShortOp; 12] = [
    ("sadd", |a, b| Some(a.wrapping_add(b))),
    ("ssub", |a, b| Some(a.wrapping_sub(b))),
    ("smul", |a, b| Some(a.wrapping_mul(b))),
    ("sdiv", |a, b| (b != 0).then(|| a.wrapping_div(b))),
    ("srem", |a, b| (b != 0).then(|| a.wrapping_rem(b))),
    ("sshl", |a, b| Some((i32::from(a) << (b & 31)) as i16)),
    ("sshr", |a, b| Some((i32::from(a) >> (b & 31)) as i16)),
    ("sushr", |a, b| Some(((i32::from(a) as u32) >> (b & 31)) as i16)),
    ("sand", |a, b| Some(a & b)),
    ("sor", |a, b| Some(a | b)),
    ("sxor", |a, b| Some(a ^ b)),
    ("pop; sneg", |a, _| Some(a.wrapping_neg())),
];

const INT_OPS: [IntOp; 12] = [
    ("iadd", |a, b| Some(a.wrapping_add(b))),
    ("isub", |a, b| Some(a.wrapping_sub(b))),
    ("imul", |a, b| Some(a.wrapping_mul(b))),
    ("idiv", |a, b| (b != 0).then(|| a.wrapping_div(b))),
    ("irem", |a, b| (b != 0).then(|| a.wrapping_rem(b))),
    ("ishl", |a, b| Some(a.wrapping_shl(b as u32 & 31))),
    ("ishr", |a, b| Some(a.wrapping_shr(b as u32 & 31))),
    ("iushr", |a, b| Some((a as u32).wrapping_shr(b as u32 & 31) as i32)),
    ("iand", |a, b| Some(a & b)),
    ("ior", |a, b| Some(a | b)),
    ("ixor", |a, b| Some(a ^ b)),
    ("pop2; ineg", |a, _| Some(a.wrapping_neg())),
];

/// Values at which arithmetic turns, and any other.
fn short() -> impl Strategy<Value = i16> {
    prop_oneof![
        Just(i16::MIN),
        Just(-1),
        Just(0),
        Just(1),
        Just(31),
        Just(32),
        Just(i16::MAX),
        any::<i16>()
    ]
}

fn int() -> impl Strategy<Value = i32> {
    prop_oneof![Just(i32::MIN), Just(-1), Just(0), Just(1), Just(32), Just(i32::MAX), any::<i32>()]
}

/// What a run gave; `None` for an exception, which can only be that of a division by zero.
fn outcome(run: Result<i32, Trap>) -> Option<i32> {
    match run {
        Ok(value) => Some(value),
        Err(Trap::Exception(_)) => None,
        Err(Trap::Fault(fault)) => panic!("{fault}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn shorts(start in short(), steps in prop::collection::vec((0..SHORT_OPS.len(), short()), 1..40)) {
        let mut code = "sload_0\n".to_owned();
        let mut model = Some(start);
        for (op, operand) in &steps {
            let (mnemonic, meaning) = SHORT_OPS[*op];
            writeln!(code, "sspush {operand}; {mnemonic}").unwrap();
            model = model.and_then(|value| meaning(value, *operand));
        }
        code.push_str("sreturn");
        prop_assert_eq!(outcome(run("(S)S", &code, &[start.into()])), model.map(i32::from));
    }

    #[test]
    fn ints(start in int(), steps in prop::collection::vec((0..INT_OPS.len(), int()), 1..40)) {
        let mut code = "iload_0\n".to_owned();
        let mut model = Some(start);
        for (op, operand) in &steps {
            let (mnemonic, meaning) = INT_OPS[*op];
            writeln!(code, "iipush {operand}; {mnemonic}").unwrap();
            model = model.and_then(|value| meaning(value, *operand));
        }
        code.push_str("ireturn");
        prop_assert_eq!(outcome(run("(I)I", &code, &[start, 0])), model);
    }

    #[test]
    fn conversions(value in int()) {
        let convert = |code: &str| outcome(run("(I)S", code, &[value, 0]));
        prop_assert_eq!(convert("iload_0; i2s; sreturn"), Some(i32::from(value as i16)));
        prop_assert_eq!(convert("iload_0; i2b; sreturn"), Some(i32::from(value as i8)));
        prop_assert_eq!(convert("iload_0; i2s; s2b; sreturn"), Some(i32::from(value as i8)));
    }

    #[test]
    fn comparisons(left in short(), right in short()) {
        let tests: [(&str, bool); 6] = [
            ("eq", left == right), ("ne", left != right), ("lt", left < right),
            ("ge", left >= right), ("gt", left > right), ("le", left <= right),
        ];
        for (name, holds) in tests {
            for wide in ["", "_w"] {
                let code = format!("sload_0; sload_1; if_scmp{name}{wide} Yes; sconst_0; sreturn\nYes: sconst_1; sreturn");
                let arguments = [left.into(), right.into()];
                prop_assert_eq!(outcome(run("(SS)S", &code, &arguments)), Some(holds.into()));
                let zero = format!("sload_0; sload_1; ssub; if{name}{wide} Yes; sconst_0; sreturn\nYes: sconst_1; sreturn");
                let difference = left.wrapping_sub(right);
                let holds = match name {
                    "eq" => difference == 0, "ne" => difference != 0, "lt" => difference < 0,
                    "ge" => difference >= 0, "gt" => difference > 0, _ => difference <= 0,
                };
                prop_assert_eq!(outcome(run("(SS)S", &zero, &arguments)), Some(holds.into()));
            }
        }
    }
}
