//! The one table of bytecodes [JCVM 3.0.5 §7.5].
//!
//! Each row has the opcode, its mnemonic, the form of its operands, and what it takes from and puts on the operand stack, from the
//! bottom to the top: `r` a reference, `s` a short, `i` an int (two cells), `*` something that depends on operands or types.

mod flow;

pub use flow::ConstantOperand;

/// Forms of operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandForm {
    /// None.
    None,
    /// A signed byte that is pushed.
    Byte,
    /// A signed short that is pushed.
    Short,
    /// An int that is pushed.
    Int,
    /// A local variable.
    Local,
    /// Two counts of cells.
    Nibbles,
    /// A one-byte constant pool index.
    Constant8,
    /// A two-byte constant pool index.
    Constant16,
    /// A one-byte branch offset.
    Branch8,
    /// A two-byte branch offset.
    Branch16,
    /// A local variable and a signed byte.
    LocalByte,
    /// A local variable and a signed short.
    LocalShort,
    /// Argument cells, constant pool index of an interface, method token.
    Interface,
    /// An array type: 10 boolean, 11 byte, 12 short, 13 int.
    ArrayType,
    /// An array type (0 for none, 14 for references) and a constant pool index.
    TypeCheck,
    /// `stableswitch`.
    TableSwitchShort,
    /// `itableswitch`.
    TableSwitchInt,
    /// `slookupswitch`.
    LookupSwitchShort,
    /// `ilookupswitch`.
    LookupSwitchInt,
}

macro_rules! instructions {
    ($($name:ident = $code:literal, $mnemonic:literal, $form:ident, $pops:literal => $pushes:literal;)*) => {
        /// A bytecode.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Opcode {
            $(
                #[doc = concat!("`", $mnemonic, "`.")]
                $name = $code,
            )*
        }

        impl Opcode {
            /// All bytecodes, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The bytecode of a byte; `None` where none is defined.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The mnemonic of the specification.
            #[must_use]
            pub const fn mnemonic(self) -> &'static str {
                match self {
                    $(Self::$name => $mnemonic,)*
                }
            }

            /// The form of the operands.
            #[must_use]
            pub const fn form(self) -> OperandForm {
                match self {
                    $(Self::$name => OperandForm::$form,)*
                }
            }

            /// What is taken from the operand stack.
            #[must_use]
            pub const fn pops(self) -> &'static str {
                match self {
                    $(Self::$name => $pops,)*
                }
            }

            /// What is put on the operand stack.
            #[must_use]
            pub const fn pushes(self) -> &'static str {
                match self {
                    $(Self::$name => $pushes,)*
                }
            }
        }
    };
}

instructions! {
    Nop = 0x00, "nop", None, "" => "";
    AconstNull = 0x01, "aconst_null", None, "" => "r";
    SconstM1 = 0x02, "sconst_m1", None, "" => "s";
    Sconst0 = 0x03, "sconst_0", None, "" => "s";
    Sconst1 = 0x04, "sconst_1", None, "" => "s";
    Sconst2 = 0x05, "sconst_2", None, "" => "s";
    Sconst3 = 0x06, "sconst_3", None, "" => "s";
    Sconst4 = 0x07, "sconst_4", None, "" => "s";
    Sconst5 = 0x08, "sconst_5", None, "" => "s";
    IconstM1 = 0x09, "iconst_m1", None, "" => "i";
    Iconst0 = 0x0A, "iconst_0", None, "" => "i";
    Iconst1 = 0x0B, "iconst_1", None, "" => "i";
    Iconst2 = 0x0C, "iconst_2", None, "" => "i";
    Iconst3 = 0x0D, "iconst_3", None, "" => "i";
    Iconst4 = 0x0E, "iconst_4", None, "" => "i";
    Iconst5 = 0x0F, "iconst_5", None, "" => "i";
    Bspush = 0x10, "bspush", Byte, "" => "s";
    Sspush = 0x11, "sspush", Short, "" => "s";
    Bipush = 0x12, "bipush", Byte, "" => "i";
    Sipush = 0x13, "sipush", Short, "" => "i";
    Iipush = 0x14, "iipush", Int, "" => "i";
    Aload = 0x15, "aload", Local, "" => "r";
    Sload = 0x16, "sload", Local, "" => "s";
    Iload = 0x17, "iload", Local, "" => "i";
    Aload0 = 0x18, "aload_0", None, "" => "r";
    Aload1 = 0x19, "aload_1", None, "" => "r";
    Aload2 = 0x1A, "aload_2", None, "" => "r";
    Aload3 = 0x1B, "aload_3", None, "" => "r";
    Sload0 = 0x1C, "sload_0", None, "" => "s";
    Sload1 = 0x1D, "sload_1", None, "" => "s";
    Sload2 = 0x1E, "sload_2", None, "" => "s";
    Sload3 = 0x1F, "sload_3", None, "" => "s";
    Iload0 = 0x20, "iload_0", None, "" => "i";
    Iload1 = 0x21, "iload_1", None, "" => "i";
    Iload2 = 0x22, "iload_2", None, "" => "i";
    Iload3 = 0x23, "iload_3", None, "" => "i";
    Aaload = 0x24, "aaload", None, "rs" => "r";
    Baload = 0x25, "baload", None, "rs" => "s";
    Saload = 0x26, "saload", None, "rs" => "s";
    Iaload = 0x27, "iaload", None, "rs" => "i";
    Astore = 0x28, "astore", Local, "r" => "";
    Sstore = 0x29, "sstore", Local, "s" => "";
    Istore = 0x2A, "istore", Local, "i" => "";
    Astore0 = 0x2B, "astore_0", None, "r" => "";
    Astore1 = 0x2C, "astore_1", None, "r" => "";
    Astore2 = 0x2D, "astore_2", None, "r" => "";
    Astore3 = 0x2E, "astore_3", None, "r" => "";
    Sstore0 = 0x2F, "sstore_0", None, "s" => "";
    Sstore1 = 0x30, "sstore_1", None, "s" => "";
    Sstore2 = 0x31, "sstore_2", None, "s" => "";
    Sstore3 = 0x32, "sstore_3", None, "s" => "";
    Istore0 = 0x33, "istore_0", None, "i" => "";
    Istore1 = 0x34, "istore_1", None, "i" => "";
    Istore2 = 0x35, "istore_2", None, "i" => "";
    Istore3 = 0x36, "istore_3", None, "i" => "";
    Aastore = 0x37, "aastore", None, "rsr" => "";
    Bastore = 0x38, "bastore", None, "rss" => "";
    Sastore = 0x39, "sastore", None, "rss" => "";
    Iastore = 0x3A, "iastore", None, "rsi" => "";
    Pop = 0x3B, "pop", None, "*" => "*";
    Pop2 = 0x3C, "pop2", None, "*" => "*";
    Dup = 0x3D, "dup", None, "*" => "*";
    Dup2 = 0x3E, "dup2", None, "*" => "*";
    DupX = 0x3F, "dup_x", Nibbles, "*" => "*";
    SwapX = 0x40, "swap_x", Nibbles, "*" => "*";
    Sadd = 0x41, "sadd", None, "ss" => "s";
    Iadd = 0x42, "iadd", None, "ii" => "i";
    Ssub = 0x43, "ssub", None, "ss" => "s";
    Isub = 0x44, "isub", None, "ii" => "i";
    Smul = 0x45, "smul", None, "ss" => "s";
    Imul = 0x46, "imul", None, "ii" => "i";
    Sdiv = 0x47, "sdiv", None, "ss" => "s";
    Idiv = 0x48, "idiv", None, "ii" => "i";
    Srem = 0x49, "srem", None, "ss" => "s";
    Irem = 0x4A, "irem", None, "ii" => "i";
    Sneg = 0x4B, "sneg", None, "s" => "s";
    Ineg = 0x4C, "ineg", None, "i" => "i";
    Sshl = 0x4D, "sshl", None, "ss" => "s";
    Ishl = 0x4E, "ishl", None, "ii" => "i";
    Sshr = 0x4F, "sshr", None, "ss" => "s";
    Ishr = 0x50, "ishr", None, "ii" => "i";
    Sushr = 0x51, "sushr", None, "ss" => "s";
    Iushr = 0x52, "iushr", None, "ii" => "i";
    Sand = 0x53, "sand", None, "ss" => "s";
    Iand = 0x54, "iand", None, "ii" => "i";
    Sor = 0x55, "sor", None, "ss" => "s";
    Ior = 0x56, "ior", None, "ii" => "i";
    Sxor = 0x57, "sxor", None, "ss" => "s";
    Ixor = 0x58, "ixor", None, "ii" => "i";
    Sinc = 0x59, "sinc", LocalByte, "" => "";
    Iinc = 0x5A, "iinc", LocalByte, "" => "";
    S2b = 0x5B, "s2b", None, "s" => "s";
    S2i = 0x5C, "s2i", None, "s" => "i";
    I2b = 0x5D, "i2b", None, "i" => "s";
    I2s = 0x5E, "i2s", None, "i" => "s";
    Icmp = 0x5F, "icmp", None, "ii" => "s";
    Ifeq = 0x60, "ifeq", Branch8, "s" => "";
    Ifne = 0x61, "ifne", Branch8, "s" => "";
    Iflt = 0x62, "iflt", Branch8, "s" => "";
    Ifge = 0x63, "ifge", Branch8, "s" => "";
    Ifgt = 0x64, "ifgt", Branch8, "s" => "";
    Ifle = 0x65, "ifle", Branch8, "s" => "";
    Ifnull = 0x66, "ifnull", Branch8, "r" => "";
    Ifnonnull = 0x67, "ifnonnull", Branch8, "r" => "";
    IfAcmpeq = 0x68, "if_acmpeq", Branch8, "rr" => "";
    IfAcmpne = 0x69, "if_acmpne", Branch8, "rr" => "";
    IfScmpeq = 0x6A, "if_scmpeq", Branch8, "ss" => "";
    IfScmpne = 0x6B, "if_scmpne", Branch8, "ss" => "";
    IfScmplt = 0x6C, "if_scmplt", Branch8, "ss" => "";
    IfScmpge = 0x6D, "if_scmpge", Branch8, "ss" => "";
    IfScmpgt = 0x6E, "if_scmpgt", Branch8, "ss" => "";
    IfScmple = 0x6F, "if_scmple", Branch8, "ss" => "";
    Goto = 0x70, "goto", Branch8, "" => "";
    Jsr = 0x71, "jsr", Branch16, "*" => "*";
    Ret = 0x72, "ret", Local, "" => "";
    Stableswitch = 0x73, "stableswitch", TableSwitchShort, "s" => "";
    Itableswitch = 0x74, "itableswitch", TableSwitchInt, "i" => "";
    Slookupswitch = 0x75, "slookupswitch", LookupSwitchShort, "s" => "";
    Ilookupswitch = 0x76, "ilookupswitch", LookupSwitchInt, "i" => "";
    Areturn = 0x77, "areturn", None, "r" => "";
    Sreturn = 0x78, "sreturn", None, "s" => "";
    Ireturn = 0x79, "ireturn", None, "i" => "";
    Return = 0x7A, "return", None, "" => "";
    GetstaticA = 0x7B, "getstatic_a", Constant16, "" => "r";
    GetstaticB = 0x7C, "getstatic_b", Constant16, "" => "s";
    GetstaticS = 0x7D, "getstatic_s", Constant16, "" => "s";
    GetstaticI = 0x7E, "getstatic_i", Constant16, "" => "i";
    PutstaticA = 0x7F, "putstatic_a", Constant16, "r" => "";
    PutstaticB = 0x80, "putstatic_b", Constant16, "s" => "";
    PutstaticS = 0x81, "putstatic_s", Constant16, "s" => "";
    PutstaticI = 0x82, "putstatic_i", Constant16, "i" => "";
    GetfieldA = 0x83, "getfield_a", Constant8, "r" => "r";
    GetfieldB = 0x84, "getfield_b", Constant8, "r" => "s";
    GetfieldS = 0x85, "getfield_s", Constant8, "r" => "s";
    GetfieldI = 0x86, "getfield_i", Constant8, "r" => "i";
    PutfieldA = 0x87, "putfield_a", Constant8, "rr" => "";
    PutfieldB = 0x88, "putfield_b", Constant8, "rs" => "";
    PutfieldS = 0x89, "putfield_s", Constant8, "rs" => "";
    PutfieldI = 0x8A, "putfield_i", Constant8, "ri" => "";
    Invokevirtual = 0x8B, "invokevirtual", Constant16, "*" => "*";
    Invokespecial = 0x8C, "invokespecial", Constant16, "*" => "*";
    Invokestatic = 0x8D, "invokestatic", Constant16, "*" => "*";
    Invokeinterface = 0x8E, "invokeinterface", Interface, "*" => "*";
    New = 0x8F, "new", Constant16, "" => "r";
    Newarray = 0x90, "newarray", ArrayType, "s" => "r";
    Anewarray = 0x91, "anewarray", Constant16, "s" => "r";
    Arraylength = 0x92, "arraylength", None, "r" => "s";
    Athrow = 0x93, "athrow", None, "r" => "";
    Checkcast = 0x94, "checkcast", TypeCheck, "r" => "r";
    Instanceof = 0x95, "instanceof", TypeCheck, "r" => "s";
    SincW = 0x96, "sinc_w", LocalShort, "" => "";
    IincW = 0x97, "iinc_w", LocalShort, "" => "";
    IfeqW = 0x98, "ifeq_w", Branch16, "s" => "";
    IfneW = 0x99, "ifne_w", Branch16, "s" => "";
    IfltW = 0x9A, "iflt_w", Branch16, "s" => "";
    IfgeW = 0x9B, "ifge_w", Branch16, "s" => "";
    IfgtW = 0x9C, "ifgt_w", Branch16, "s" => "";
    IfleW = 0x9D, "ifle_w", Branch16, "s" => "";
    IfnullW = 0x9E, "ifnull_w", Branch16, "r" => "";
    IfnonnullW = 0x9F, "ifnonnull_w", Branch16, "r" => "";
    IfAcmpeqW = 0xA0, "if_acmpeq_w", Branch16, "rr" => "";
    IfAcmpneW = 0xA1, "if_acmpne_w", Branch16, "rr" => "";
    IfScmpeqW = 0xA2, "if_scmpeq_w", Branch16, "ss" => "";
    IfScmpneW = 0xA3, "if_scmpne_w", Branch16, "ss" => "";
    IfScmpltW = 0xA4, "if_scmplt_w", Branch16, "ss" => "";
    IfScmpgeW = 0xA5, "if_scmpge_w", Branch16, "ss" => "";
    IfScmpgtW = 0xA6, "if_scmpgt_w", Branch16, "ss" => "";
    IfScmpleW = 0xA7, "if_scmple_w", Branch16, "ss" => "";
    GotoW = 0xA8, "goto_w", Branch16, "" => "";
    GetfieldAW = 0xA9, "getfield_a_w", Constant16, "r" => "r";
    GetfieldBW = 0xAA, "getfield_b_w", Constant16, "r" => "s";
    GetfieldSW = 0xAB, "getfield_s_w", Constant16, "r" => "s";
    GetfieldIW = 0xAC, "getfield_i_w", Constant16, "r" => "i";
    GetfieldAThis = 0xAD, "getfield_a_this", Constant8, "" => "r";
    GetfieldBThis = 0xAE, "getfield_b_this", Constant8, "" => "s";
    GetfieldSThis = 0xAF, "getfield_s_this", Constant8, "" => "s";
    GetfieldIThis = 0xB0, "getfield_i_this", Constant8, "" => "i";
    PutfieldAW = 0xB1, "putfield_a_w", Constant16, "rr" => "";
    PutfieldBW = 0xB2, "putfield_b_w", Constant16, "rs" => "";
    PutfieldSW = 0xB3, "putfield_s_w", Constant16, "rs" => "";
    PutfieldIW = 0xB4, "putfield_i_w", Constant16, "ri" => "";
    PutfieldAThis = 0xB5, "putfield_a_this", Constant8, "r" => "";
    PutfieldBThis = 0xB6, "putfield_b_this", Constant8, "s" => "";
    PutfieldSThis = 0xB7, "putfield_s_this", Constant8, "s" => "";
    PutfieldIThis = 0xB8, "putfield_i_this", Constant8, "i" => "";
}

impl Opcode {
    /// The byte of the bytecode.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self as u8
    }
}

/// A decoded instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Offset of the opcode in the method block's `info`.
    pub offset: usize,
    /// The bytecode.
    pub opcode: Opcode,
    /// Its operands.
    pub operands: Operands,
    /// Length in bytes, opcode included.
    pub length: usize,
}

/// Decoded operands. Branch targets are absolute offsets in the method block's `info`; they may lie outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operands {
    /// None.
    None,
    /// A value to push.
    Value(i32),
    /// A local variable.
    Local(u8),
    /// Counts of `dup_x` and `swap_x`: high and low nibble.
    Counts(u8, u8),
    /// Index in the constant pool.
    Constant(u16),
    /// Where the branch leads.
    Branch(i64),
    /// A local variable and what is added to it.
    Increment(u8, i16),
    /// `invokeinterface`.
    Interface {
        /// Cells of the arguments, the receiver included.
        nargs: u8,
        /// Index of the interface in the constant pool.
        constant: u16,
        /// Interface method token.
        token: u8,
    },
    /// `newarray`.
    ArrayType(u8),
    /// `checkcast` and `instanceof`.
    TypeCheck {
        /// 0, 10 to 14.
        array_type: u8,
        /// Index in the constant pool.
        constant: u16,
    },
    /// `stableswitch`, `itableswitch`.
    Table {
        /// Where all other values lead.
        default: i64,
        /// Value of the first target.
        low: i32,
        /// One for each value from `low` to the high one.
        targets: Vec<i64>,
    },
    /// `slookupswitch`, `ilookupswitch`.
    Lookup {
        /// Where all other values lead.
        default: i64,
        /// Values with their targets, as they stand in the file.
        pairs: Vec<(i32, i64)>,
    },
}

/// Why there is no instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The byte is no opcode.
    #[error("no bytecode {0:02X}")]
    Undefined(u8),
    /// The code ends within the instruction.
    #[error("the code ends within an instruction")]
    Truncated,
    /// A table switch with `high` below `low`, or a longer table than code can be.
    #[error("a malformed switch table")]
    MalformedSwitch,
}

impl Instruction {
    /// Decodes the instruction at `offset` of a method block's `info`.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(info: &[u8], offset: usize) -> Result<Self, DecodeError> {
        let byte = *info.get(offset).ok_or(DecodeError::Truncated)?;
        let opcode = Opcode::from_byte(byte).ok_or(DecodeError::Undefined(byte))?;
        let mut reader =
            Operand { info, position: offset + 1, base: i64::try_from(offset).unwrap_or(i64::MAX) };
        let operands = reader.operands(opcode)?;
        Ok(Self { offset, opcode, operands, length: reader.position - offset })
    }
}

/// Reads operands.
struct Operand<'a> {
    info: &'a [u8],
    position: usize,
    base: i64,
}

impl Operand<'_> {
    fn operands(&mut self, opcode: Opcode) -> Result<Operands, DecodeError> {
        Ok(match opcode.form() {
            OperandForm::None => Operands::None,
            OperandForm::Byte => Operands::Value(i32::from(self.u1()?.cast_signed())),
            OperandForm::Short => Operands::Value(i32::from(self.s2()?)),
            OperandForm::Int => Operands::Value(self.s4()?),
            OperandForm::Local => Operands::Local(self.u1()?),
            OperandForm::Nibbles => {
                let byte = self.u1()?;
                Operands::Counts(byte >> 4, byte & 0x0F)
            }
            OperandForm::Constant8 => Operands::Constant(u16::from(self.u1()?)),
            OperandForm::Constant16 => Operands::Constant(self.u2()?),
            OperandForm::Branch8 => {
                let offset = self.u1()?.cast_signed();
                Operands::Branch(self.base + i64::from(offset))
            }
            OperandForm::Branch16 => Operands::Branch(self.target()?),
            OperandForm::LocalByte => {
                Operands::Increment(self.u1()?, i16::from(self.u1()?.cast_signed()))
            }
            OperandForm::LocalShort => Operands::Increment(self.u1()?, self.s2()?),
            OperandForm::Interface => {
                Operands::Interface { nargs: self.u1()?, constant: self.u2()?, token: self.u1()? }
            }
            OperandForm::ArrayType => Operands::ArrayType(self.u1()?),
            OperandForm::TypeCheck => {
                Operands::TypeCheck { array_type: self.u1()?, constant: self.u2()? }
            }
            OperandForm::TableSwitchShort => self.table(Self::short)?,
            OperandForm::TableSwitchInt => self.table(Self::s4)?,
            OperandForm::LookupSwitchShort => self.lookup(Self::short)?,
            OperandForm::LookupSwitchInt => self.lookup(Self::s4)?,
        })
    }

    fn table(
        &mut self,
        value: fn(&mut Self) -> Result<i32, DecodeError>,
    ) -> Result<Operands, DecodeError> {
        let default = self.target()?;
        let low = value(self)?;
        let high = value(self)?;
        let count = i64::from(high) - i64::from(low) + 1;
        if !(1..=0x1_0000).contains(&count) {
            return Err(DecodeError::MalformedSwitch);
        }
        let targets = (0..count).map(|_| self.target()).collect::<Result<_, _>>()?;
        Ok(Operands::Table { default, low, targets })
    }

    fn lookup(
        &mut self,
        value: fn(&mut Self) -> Result<i32, DecodeError>,
    ) -> Result<Operands, DecodeError> {
        let default = self.target()?;
        let count = self.u2()?;
        let pairs = (0..count)
            .map(|_| Ok((value(self)?, self.target()?)))
            .collect::<Result<_, DecodeError>>()?;
        Ok(Operands::Lookup { default, pairs })
    }

    fn target(&mut self) -> Result<i64, DecodeError> {
        Ok(self.base + i64::from(self.s2()?))
    }

    fn short(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from(self.s2()?))
    }

    fn u1(&mut self) -> Result<u8, DecodeError> {
        let byte = *self.info.get(self.position).ok_or(DecodeError::Truncated)?;
        self.position += 1;
        Ok(byte)
    }

    fn u2(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes([self.u1()?, self.u1()?]))
    }

    fn s2(&mut self) -> Result<i16, DecodeError> {
        Ok(self.u2()?.cast_signed())
    }

    fn s4(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes([self.u1()?, self.u1()?, self.u1()?, self.u1()?]))
    }
}
