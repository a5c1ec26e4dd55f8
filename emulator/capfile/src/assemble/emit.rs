//! Code from statements.

use std::collections::BTreeMap;

use super::{
    AssembleError,
    constants::{Index, Pool, RawIndex, Symbol},
    members::{self, Resolved},
    reference,
    scope::Scope,
    text::{self, Statement},
};
use crate::{
    component::Constant,
    instruction::{Opcode, OperandForm},
};

/// The code of a method before the constant pool has its order. Offsets count from the first instruction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Emitted {
    pub(crate) bytes: Vec<u8>,
    pub(crate) labels: BTreeMap<String, usize>,
    pub(crate) constants: Vec<ConstantUse>,
    pub(crate) catches: Vec<Catch>,
    /// Cells that each call takes and gives.
    pub(crate) calls: BTreeMap<usize, (u8, u8)>,
    /// Whether a type or instruction with int is used.
    pub(crate) int: bool,
    /// Cells of locals that are used, arguments included.
    pub(crate) locals: u8,
}

/// A place where an index in the constant pool stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConstantUse {
    pub(crate) offset: usize,
    pub(crate) wide: bool,
    pub(crate) index: Index,
}

/// An exception handler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Catch {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) handler: usize,
    pub(crate) class: Option<Index>,
}

/// A branch to a label.
struct Branch {
    /// Where the offset stands, and from where it counts.
    offset: usize,
    base: usize,
    wide: bool,
    label: String,
    place: String,
}

struct Emitter<'a, 'b> {
    scope: &'b Scope<'a>,
    pool: &'b mut Pool,
    place: String,
    opcode_at: usize,
    emitted: Emitted,
    branches: Vec<Branch>,
}

type Outcome = Result<(), AssembleError>;

/// Emits the code of a method.
pub(crate) fn emit(
    scope: &Scope<'_>,
    pool: &mut Pool,
    method: &str,
    text: &str,
) -> Result<Emitted, AssembleError> {
    let statements = text::parse(method, text)?;
    let mut emitter = Emitter {
        scope,
        pool,
        place: method.to_owned(),
        opcode_at: 0,
        emitted: Emitted::default(),
        branches: Vec::new(),
    };
    for statement in &statements {
        emitter.statement(method, statement)?;
    }
    method.clone_into(&mut emitter.place);
    emitter.branch()?;
    for statement in &statements {
        if let Statement::Catch(words) = statement {
            emitter.catch(words)?;
        }
    }
    Ok(emitter.emitted)
}

impl Emitter<'_, '_> {
    fn error(&self, message: impl Into<String>) -> AssembleError {
        AssembleError::new(self.place.clone(), message)
    }

    fn statement(&mut self, method: &str, statement: &Statement) -> Outcome {
        self.opcode_at = self.emitted.bytes.len();
        match statement {
            Statement::Label(label) => {
                let known = self.emitted.labels.insert(label.clone(), self.opcode_at);
                match known {
                    Some(_) => Err(self.error(format!("the label `{label}` is there twice"))),
                    None => Ok(()),
                }
            }
            Statement::Bytes(bytes) => {
                self.emitted.bytes.extend(bytes);
                Ok(())
            }
            Statement::Catch(_) => Ok(()),
            Statement::Instruction { mnemonic, operands } => {
                self.place = format!("{method}, `{mnemonic} {}`", operands.join(" "));
                let words: Vec<&str> = operands.iter().map(String::as_str).collect();
                self.instruction(mnemonic, &words)
            }
        }
    }

    fn instruction(&mut self, mnemonic: &str, words: &[&str]) -> Outcome {
        let opcode = Opcode::ALL.iter().find(|opcode| opcode.mnemonic() == mnemonic);
        let opcode = *opcode.ok_or_else(|| self.error("no such mnemonic"))?;
        self.emitted.bytes.push(opcode.to_byte());
        self.emitted.int |= opcode.pops().contains('i') || opcode.pushes().contains('i');
        self.implied_local(opcode);
        self.operands(opcode, words)
    }

    fn operands(&mut self, opcode: Opcode, words: &[&str]) -> Outcome {
        match (opcode.form(), words) {
            (OperandForm::None, []) => Ok(()),
            (OperandForm::Byte, [value]) => self.number(value, 1),
            (OperandForm::Short, [value]) => self.number(value, 2),
            (OperandForm::Int, [value]) => self.number(value, 4),
            (OperandForm::Local, [local]) => self.local(opcode, local),
            (OperandForm::Nibbles, [high, low]) => self.nibbles(high, low),
            (OperandForm::Nibbles | OperandForm::ArrayType, [value]) => self.array_type(value),
            (OperandForm::Constant8, [name]) => self.constant(opcode, name, false, false),
            (OperandForm::Constant16, ["super", name]) => self.constant(opcode, name, true, true),
            (OperandForm::Constant16, [name]) => self.constant(opcode, name, true, false),
            (OperandForm::Branch8, [label]) => self.target(label, false),
            (OperandForm::Branch16, [label]) => self.target(label, true),
            (OperandForm::LocalByte, [local, value]) => {
                self.local(opcode, local)?;
                self.number(value, 1)
            }
            (OperandForm::LocalShort, [local, value]) => {
                self.local(opcode, local)?;
                self.number(value, 2)
            }
            (OperandForm::Interface, words) => self.interface(words),
            (OperandForm::TypeCheck, words) => self.type_check(words),
            (OperandForm::TableSwitchShort, [default, low, labels @ ..]) => {
                self.table(default, low, labels, 2)
            }
            (OperandForm::TableSwitchInt, [default, low, labels @ ..]) => {
                self.table(default, low, labels, 4)
            }
            (OperandForm::LookupSwitchShort, [default, pairs @ ..]) => {
                self.lookup(default, pairs, 2)
            }
            (OperandForm::LookupSwitchInt, [default, pairs @ ..]) => self.lookup(default, pairs, 4),
            _ => Err(self.error("not the operands that the instruction takes")),
        }
    }

    /// A number of one, two or four bytes, signed or not.
    fn number(&mut self, word: &str, length: u32) -> Outcome {
        let value =
            text::number(word).ok_or_else(|| self.error(format!("`{word}` is no number")))?;
        let limit = 1_i64 << (8 * length);
        if !(-limit / 2..limit).contains(&value) {
            return Err(self.error(format!("{value} does not fit in {length} bytes")));
        }
        let bytes = value.to_be_bytes();
        let skipped = bytes.len().saturating_sub(usize::try_from(length).unwrap_or_default());
        self.emitted.bytes.extend(bytes.iter().skip(skipped));
        Ok(())
    }

    fn local(&mut self, opcode: Opcode, word: &str) -> Outcome {
        self.number(word, 1)?;
        let int = opcode.mnemonic().starts_with('i');
        let local = self.emitted.bytes.last().copied().unwrap_or_default();
        self.use_local(local, int);
        Ok(())
    }

    fn use_local(&mut self, local: u8, int: bool) {
        let cells = local.saturating_add(if int { 2 } else { 1 });
        self.emitted.locals = self.emitted.locals.max(cells);
    }

    /// The local of `aload_0` and so on.
    fn implied_local(&mut self, opcode: Opcode) {
        let mnemonic = opcode.mnemonic();
        if let Some((operation, digit)) = mnemonic.rsplit_once('_')
            && (operation.ends_with("load") || operation.ends_with("store"))
            && let Ok(local) = digit.parse()
        {
            self.use_local(local, operation.starts_with('i'));
        }
    }

    fn nibbles(&mut self, high: &str, low: &str) -> Outcome {
        let both = text::number(high).zip(text::number(low));
        let both = both.filter(|(high, low)| (0..16).contains(high) && (0..16).contains(low));
        let (high, low) = both.ok_or_else(|| self.error("not two numbers below 16"))?;
        self.emitted.bytes.push(u8::try_from(high << 4 | low).unwrap_or_default());
        Ok(())
    }

    fn array_type(&mut self, word: &str) -> Outcome {
        match array_type(word) {
            Some(byte) => {
                self.emitted.bytes.push(byte);
                Ok(())
            }
            None => self.number(word, 1),
        }
    }

    fn target(&mut self, label: &str, wide: bool) -> Outcome {
        if text::number(label).is_some() {
            return self.number(label, if wide { 2 } else { 1 });
        }
        let offset = self.emitted.bytes.len();
        self.branches.push(Branch {
            offset,
            base: self.opcode_at,
            wide,
            label: label.to_owned(),
            place: self.place.clone(),
        });
        self.emitted.bytes.extend(if wide { &[0, 0][..] } else { &[0] });
        Ok(())
    }

    fn table(&mut self, default: &str, low: &str, labels: &[&str], length: u32) -> Outcome {
        self.target(default, true)?;
        self.number(low, length)?;
        let count = i64::try_from(labels.len()).unwrap_or(i64::MAX);
        let high = text::number(low).unwrap_or_default() + count - 1;
        self.number(&high.to_string(), length)?;
        labels.iter().try_for_each(|label| self.target(label, true))
    }

    fn lookup(&mut self, default: &str, pairs: &[&str], length: u32) -> Outcome {
        self.target(default, true)?;
        self.number(&pairs.len().to_string(), 2)?;
        for pair in pairs {
            let (value, label) =
                pair.split_once('=').ok_or_else(|| self.error(format!("`{pair}`: no `=`")))?;
            self.number(value, length)?;
            self.target(label, true)?;
        }
        Ok(())
    }

    /// An index in the constant pool.
    fn constant(&mut self, opcode: Opcode, word: &str, wide: bool, superclass: bool) -> Outcome {
        if let Some(index) = self.raw_index(word)? {
            self.use_constant(index, wide);
            return Ok(());
        }
        let name = self.reference(word)?;
        if matches!(opcode, Opcode::New | Opcode::Anewarray) {
            return self.class(name);
        }
        let found = reference::member(self.scope, &self.place, name)?;
        let Resolved { symbol, entry_type } =
            members::resolve(self.scope, &self.place, opcode, &found, superclass)?;
        let receiver = u8::from(opcode != Opcode::Invokestatic);
        if opcode.mnemonic().starts_with("invoke") {
            let taken = entry_type.parameters.saturating_add(receiver);
            self.emitted.calls.insert(self.opcode_at, (taken, entry_type.result));
        }
        self.emitted.int |= entry_type.int;
        let index = self.pool.intern(symbol, Some(entry_type));
        self.use_constant(index, wide);
        Ok(())
    }

    fn reference<'w>(&self, word: &'w str) -> Result<&'w str, AssembleError> {
        word.strip_prefix('@').ok_or_else(|| self.error(format!("`{word}` is no reference")))
    }

    /// The index of `#5` or `#name`.
    fn raw_index(&self, word: &str) -> Result<Option<Index>, AssembleError> {
        let Some(operand) = word.strip_prefix('#') else { return Ok(None) };
        match Pool::raw_index(self.scope.package, operand) {
            Some(RawIndex::Fixed(index)) => Ok(Some(Index::Fixed(index))),
            // Declared constants are the first that were met.
            Some(RawIndex::Declared(position)) => Ok(Some(Index::Entry(position))),
            None => Err(self.error(format!("no constant `{operand}`"))),
        }
    }

    fn use_constant(&mut self, index: Index, wide: bool) {
        let offset = self.emitted.bytes.len();
        self.emitted.constants.push(ConstantUse { offset, wide, index });
        self.emitted.bytes.extend(if wide { &[0, 0][..] } else { &[0] });
    }

    fn class_index(&mut self, name: &str) -> Result<Index, AssembleError> {
        let class = reference::class(self.scope, &self.place, name)?.class;
        Ok(self.pool.intern(Symbol::Known(Constant::Class(class)), None))
    }

    fn class(&mut self, name: &str) -> Outcome {
        let index = self.class_index(name)?;
        self.use_constant(index, true);
        Ok(())
    }

    fn interface(&mut self, words: &[&str]) -> Outcome {
        if let [nargs, class, token] = words {
            self.number(nargs, 1)?;
            let cells = self.emitted.bytes.last().copied().unwrap_or_default();
            self.emitted.calls.insert(self.opcode_at, (cells, 2));
            match self.raw_index(class)? {
                Some(index) => self.use_constant(index, true),
                None => self.class(self.reference(class)?)?,
            }
            return self.number(token, 1);
        }
        let [name] = words else { return Err(self.error("names no interface method")) };
        let found = reference::member(self.scope, &self.place, self.reference(name)?)?;
        let (token, signature) = members::interface_method(self.scope, &self.place, &found)?;
        let cells = signature.parameters.saturating_add(1);
        self.emitted.calls.insert(self.opcode_at, (cells, signature.result));
        self.emitted.int |= signature.int;
        self.emitted.bytes.push(cells);
        let index = self.pool.intern(Symbol::Known(Constant::Class(found.class)), None);
        self.use_constant(index, true);
        self.emitted.bytes.push(token);
        Ok(())
    }

    fn type_check(&mut self, words: &[&str]) -> Outcome {
        match words {
            [array, index] => {
                self.number(array, 1)?;
                match self.raw_index(index)? {
                    Some(index) => {
                        self.use_constant(index, true);
                        Ok(())
                    }
                    None => self.number(index, 2),
                }
            }
            [word] if word.starts_with('@') => {
                let name = self.reference(word)?;
                let (array, name) = match name.strip_suffix("[]") {
                    Some(name) => (14, name),
                    None => (0, name),
                };
                self.emitted.bytes.push(array);
                self.class(name)
            }
            [word] => {
                let array = array_type(word.strip_suffix("[]").unwrap_or(word));
                let array = array.ok_or_else(|| self.error("names no type"))?;
                self.emitted.bytes.extend([array, 0, 0]);
                Ok(())
            }
            _ => Err(self.error("names no type")),
        }
    }

    /// Puts the offsets of branches in, now that all labels are known.
    fn branch(&mut self) -> Outcome {
        for branch in core::mem::take(&mut self.branches) {
            let fail = |message: String| AssembleError::new(&*branch.place, message);
            let target = self.emitted.labels.get(&branch.label);
            let target = *target.ok_or_else(|| fail(format!("no label `{}`", branch.label)))?;
            let distance = signed(target) - signed(branch.base);
            let length = if branch.wide { 2 } else { 1 };
            let bytes = if branch.wide {
                i16::try_from(distance).ok().map(|distance| distance.to_be_bytes().to_vec())
            } else {
                i8::try_from(distance).ok().map(|distance| distance.to_be_bytes().to_vec())
            };
            let bytes = bytes.ok_or_else(|| {
                fail(format!(
                    "{distance} is too far for a branch of {length} bytes: take the wide form"
                ))
            })?;
            let place = self.emitted.bytes.get_mut(branch.offset..branch.offset + length);
            if let Some(place) = place {
                place.copy_from_slice(&bytes);
            }
        }
        Ok(())
    }

    fn catch(&mut self, [start, end, handler, class]: &[String; 4]) -> Outcome {
        let label = |name: &str| {
            let known = self.emitted.labels.get(name).copied();
            known.ok_or_else(|| self.error(format!(".catch: no label `{name}`")))
        };
        let (start, end, handler) = (label(start)?, label(end)?, label(handler)?);
        let class = match class.as_str() {
            "any" => None,
            name => match self.raw_index(name)? {
                Some(index) => Some(index),
                None => Some(self.class_index(self.reference(name)?)?),
            },
        };
        self.pool.catches |= class.is_some();
        self.emitted.catches.push(Catch { start, end, handler, class });
        Ok(())
    }
}

fn signed(offset: usize) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

/// The array types of `newarray` [JCVM 3.0.5 §7.5.77].
fn array_type(word: &str) -> Option<u8> {
    match word {
        "boolean" => Some(10),
        "byte" => Some(11),
        "short" => Some(12),
        "int" => Some(13),
        _ => None,
    }
}
