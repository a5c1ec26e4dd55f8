//! An instruction as text.

use super::Resolver;
use crate::{
    component::Constant,
    instruction::{Instruction, Operands},
};

/// A disassembled instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedInstruction {
    /// Offset in the method block's `info`.
    pub offset: usize,
    /// Its mnemonic.
    pub mnemonic: &'static str,
    /// Operands; branch targets are offsets like `offset`.
    pub operands: String,
}

impl InspectedInstruction {
    /// The text of an instruction.
    #[must_use]
    pub fn new(resolver: &Resolver<'_>, instruction: &Instruction) -> Self {
        Self {
            offset: instruction.offset,
            mnemonic: instruction.opcode.mnemonic(),
            operands: operands(resolver, instruction),
        }
    }
}

fn operands(resolver: &Resolver<'_>, instruction: &Instruction) -> String {
    match &instruction.operands {
        Operands::None => String::new(),
        Operands::Value(value) => value.to_string(),
        Operands::Local(local) => local.to_string(),
        Operands::Counts(high, low) => format!("{high} {low}"),
        Operands::Constant(index) | Operands::TypeCheck { array_type: 0, constant: index } => {
            constant(resolver, *index)
        }
        Operands::Branch(target) => format!("-> {target}"),
        Operands::Increment(local, value) => format!("{local} {value}"),
        Operands::Interface { nargs, constant: index, token } => {
            let method = match resolver.file.constant_pool.get(*index) {
                Some(Constant::Class(interface)) => resolver.interface_method(interface, *token),
                _ => format!("no interface, method {token}"),
            };
            format!("{nargs} #{index} {method}")
        }
        Operands::ArrayType(array) => array_type(*array),
        Operands::TypeCheck { array_type: 14, constant: index } => {
            format!("{}[]", constant(resolver, *index))
        }
        Operands::TypeCheck { array_type: array, .. } => format!("{}[]", array_type(*array)),
        Operands::Table { default, low, targets } => {
            let cases = (i64::from(*low)..).zip(targets);
            let cases: Vec<_> =
                cases.map(|(value, target)| format!("{value} -> {target}")).collect();
            switch(&cases, *default)
        }
        Operands::Lookup { default, pairs } => {
            let cases = pairs.iter().map(|(value, target)| format!("{value} -> {target}"));
            switch(&cases.collect::<Vec<_>>(), *default)
        }
    }
}

fn constant(resolver: &Resolver<'_>, index: u16) -> String {
    let text = resolver.constant(index).unwrap_or_else(|| "no such constant".to_owned());
    format!("#{index} {text}")
}

fn switch(cases: &[String], default: i64) -> String {
    let mut text = cases.join(", ");
    if !cases.is_empty() {
        text.push_str(", ");
    }
    text + &format!("default -> {default}")
}

fn array_type(array: u8) -> String {
    match array {
        10 => "boolean".to_owned(),
        11 => "byte".to_owned(),
        12 => "short".to_owned(),
        13 => "int".to_owned(),
        other => format!("type {other}"),
    }
}

/// The instructions of a stretch of code; what cannot be decoded ends them, as a line of its own.
pub(super) fn disassemble(
    resolver: &Resolver<'_>,
    info: &[u8],
    start: usize,
    end: usize,
) -> (Vec<InspectedInstruction>, Option<String>) {
    let code = info.get(..end).unwrap_or(info);
    let mut lines = Vec::new();
    let mut offset = start;
    while offset < end {
        match Instruction::decode(code, offset) {
            Ok(instruction) => {
                lines.push(InspectedInstruction::new(resolver, &instruction));
                offset = instruction.end();
            }
            Err(error) => return (lines, Some(format!("{offset}: {error}"))),
        }
    }
    (lines, None)
}
