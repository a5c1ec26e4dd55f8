//! Methods, as they are to be seen.

use super::{InspectedInstruction, Resolver, instruction};
use crate::{
    code::{self, Code},
    component::{Handler, MethodHeader, MethodLocation},
};

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedMethod {
    /// Where it is.
    pub location: MethodLocation,
    /// Its name, or what stands for it.
    pub name: String,
    /// Its header.
    pub header: MethodHeader,
    /// Length of the code, in bytes.
    pub length: usize,
    /// The code.
    pub instructions: Vec<InspectedInstruction>,
    /// Where and why the code cannot be disassembled further.
    pub failure: Option<String>,
    /// Exception handlers.
    pub handlers: Vec<InspectedHandler>,
}

/// An exception handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedHandler {
    /// Its entry in the table.
    pub handler: Handler,
    /// What it catches; `any`, or the class.
    pub catches: String,
}

/// All methods; why they are not all there.
pub(super) fn all(resolver: &Resolver<'_>) -> (Vec<InspectedMethod>, Option<String>) {
    match code::all_code(resolver.file) {
        Ok(methods) => (methods.iter().map(|code| method(resolver, code)).collect(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    }
}

fn method(resolver: &Resolver<'_>, code: &Code) -> InspectedMethod {
    let block = resolver.file.method.block(code.location.block);
    let info = block.map_or(&[][..], |block| &block.info);
    let (instructions, failure) = instruction::disassemble(resolver, info, code.start, code.end);
    InspectedMethod {
        location: code.location,
        name: resolver.method(code.location),
        header: code.header,
        length: code.end.saturating_sub(code.start),
        instructions,
        failure,
        handlers: code.handlers.iter().map(|entry| handler(resolver, *entry)).collect(),
    }
}

fn handler(resolver: &Resolver<'_>, handler: Handler) -> InspectedHandler {
    let catches = match handler.catch_type {
        0 => "any".to_owned(),
        index => resolver.constant(index).unwrap_or_else(|| format!("#{index}")),
    };
    InspectedHandler { handler, catches }
}
