//! What the assembler makes of declarations and text.

use capfile::{
    CapErrorKind,
    assemble::Package,
    component::{ClassRef, Constant, MethodLocation, StaticFieldRef, StaticMethodRef},
    instruction::{Instruction, Opcode, OperandForm, Operands},
};

use crate::samples;

/// The code of `Main.run` as bytes.
fn code(text: &str) -> Vec<u8> {
    let file = samples::method(text).build().unwrap().cap().unwrap();
    let code = &capfile::all_code(&file).unwrap()[0];
    file.method.blocks[0].info[code.start..code.end].to_vec()
}

fn error(text: &str) -> String {
    samples::method(text).build().unwrap_err().to_string()
}

#[test]
fn every_mnemonic_is_assembled() {
    for opcode in Opcode::ALL {
        let operands = match opcode.form() {
            OperandForm::None => "",
            OperandForm::Byte => "-2",
            OperandForm::Short => "-300",
            OperandForm::Int => "-70000",
            OperandForm::Local => "9",
            OperandForm::Nibbles => "2 3",
            OperandForm::Constant8 | OperandForm::Constant16 => "#0",
            OperandForm::Branch8 | OperandForm::Branch16 => "End",
            OperandForm::LocalByte => "9 -2",
            OperandForm::LocalShort => "9 -300",
            OperandForm::Interface => "2 #0 4",
            OperandForm::ArrayType => "short",
            OperandForm::TypeCheck => "14 #0",
            OperandForm::TableSwitchShort | OperandForm::TableSwitchInt => "End -1 End End",
            OperandForm::LookupSwitchShort | OperandForm::LookupSwitchInt => "End -1=End 7=End",
        };
        let text = format!("{} {operands}; End: return", opcode.mnemonic());
        let mut package = samples::method(&text);
        package.int().constant("class", [1, 0, 0, 0]);
        let assembled = package.build().unwrap();
        let file = assembled.cap().unwrap();
        let start = usize::from(assembled.method("Main.run").unwrap().offset) + 2;
        let instruction = Instruction::decode(&file.method.blocks[0].info, start).unwrap();
        assert_eq!(instruction.opcode, *opcode);
        let end = i64::from(assembled.label("Main.run", "End").unwrap());
        assert_eq!(usize::try_from(end).unwrap(), instruction.end());
        assert!(instruction.targets().iter().all(|target| *target == end), "{opcode:?}");
        let expected = match opcode.form() {
            OperandForm::Byte => Operands::Value(-2),
            OperandForm::Short => Operands::Value(-300),
            OperandForm::Int => Operands::Value(-70000),
            OperandForm::Nibbles => Operands::Counts(2, 3),
            OperandForm::LocalByte => Operands::Increment(9, -2),
            OperandForm::Interface => Operands::Interface { nargs: 2, constant: 0, token: 4 },
            OperandForm::TypeCheck => Operands::TypeCheck { array_type: 14, constant: 0 },
            OperandForm::LookupSwitchInt => {
                Operands::Lookup { default: end, pairs: vec![(-1, end), (7, end)] }
            }
            OperandForm::TableSwitchInt => {
                Operands::Table { default: end, low: -1, targets: vec![end, end] }
            }
            _ => continue,
        };
        assert_eq!(instruction.operands, expected);
    }
}

#[test]
fn text_becomes_bytes() {
    assert_eq!(code("sload_0; sload_1; sadd; sreturn"), [0x1C, 0x1D, 0x41, 0x78]);
    assert_eq!(code("L: goto L // for ever"), [0x70, 0x00]);
    assert_eq!(code("goto_w End\nnop\nEnd: sconst_0; sreturn"), [0xA8, 0, 4, 0, 3, 0x78]);
    assert_eq!(code("newarray byte; newarray 13; return"), [0x90, 11, 0x90, 13, 0x7A]);
    assert_eq!(code("instanceof short[]; return"), [0x95, 12, 0, 0, 0x7A]);
    assert_eq!(
        code(".byte 0xB9 255 -1; .short 0x1234; return")[..5],
        [0xB9, 0xFF, 0xFF, 0x12, 0x34]
    );
    assert_eq!(code("goto -3; return"), [0x70, 0xFD, 0x7A]);
}

#[test]
fn stack_locals_and_arguments_are_counted() {
    let header = |text: &str, descriptor: &str| {
        let mut package = Package::new(samples::AID);
        package.class("Main").static_method("run", descriptor).code(text);
        let file = package.build().unwrap().cap().unwrap();
        let header = capfile::all_code(&file).unwrap()[0].header;
        (header.max_stack, header.nargs, header.max_locals, header.extended)
    };
    assert_eq!(header("sload_0; sload_1; sadd; sreturn", "(SS)S"), (2, 2, 0, false));
    assert_eq!(header("iload_0; istore 4; return", "(IB)V"), (2, 3, 3, false));
    assert_eq!(header("sconst_0; dup; dup_x 2 2; pop2; pop2; return", "()V"), (4, 0, 0, false));
    assert_eq!(header("jsr S; return; S: astore_0; ret 0", "()V"), (1, 0, 1, false));
    assert_eq!(header("sconst_0; sstore 20; return", "()V"), (1, 0, 21, true));
    assert_eq!(header("return; H: pop; return; .catch H H H any", "()V"), (1, 0, 0, false));
}

#[test]
fn headers_can_be_set() {
    let mut package = Package::new(samples::AID);
    let main = package.class("Main");
    main.static_method("a", "()V").code("return").max_stack(200).locals(3).nargs(1);
    main.static_method("b", "()V").code("return").extended_header();
    let assembled = package.build().unwrap();
    let file = assembled.cap().unwrap();
    let header =
        |path| file.method.blocks[0].header(assembled.method(path).unwrap().offset).unwrap();
    let a = header("Main.a");
    assert_eq!((a.max_stack, a.max_locals, a.nargs, a.extended), (200, 3, 1, true));
    assert!(header("Main.b").extended);
}

#[test]
fn virtual_methods_are_overridden_by_name_and_descriptor() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let base = file.class.class_at(assembled.class("Base").unwrap()).unwrap();
    let wallet = file.class.class_at(assembled.class("Wallet").unwrap()).unwrap();
    assert_eq!(base.public_base, 8);
    assert_eq!(base.public_table, [assembled.method("Base.get"), assembled.method("Base.limit")]);
    assert_eq!(wallet.public_base, 7);
    assert_eq!(
        wallet.public_table,
        ["process", "get", "limit", "add"].map(|name| assembled.method(&format!("Wallet.{name}")))
    );
    assert_eq!(base.package_table, [assembled.method("Base.reset")]);
    assert_eq!(wallet.package_base, 1);
    assert_eq!(wallet.superclass, Some(ClassRef::Internal(base.offset)));
    assert_eq!(assembled.token("Wallet.get"), assembled.token("Base.get"));
}

#[test]
fn inherited_methods_of_other_packages_leave_gaps() {
    let mut package = Package::new(samples::AID);
    package.import("framework", capfile::assemble::FRAMEWORK, 1, 0);
    let main = package.class("Main");
    main.extends("framework:3");
    main.virtual_method("select", "()Z").token(6).code("sconst_1; sreturn");
    main.virtual_method("more", "()V").code("return");
    let assembled = package.build().unwrap();
    let class = &assembled.cap().unwrap().class.classes[0];
    assert_eq!(class.public_base, 6);
    let more = assembled.method("Main.more");
    assert_eq!(class.public_table, [assembled.method("Main.select"), None, more]);
    assert_eq!(class.public_method(8), more);
}

#[test]
fn interfaces_are_implemented_by_tokens() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let wallet = file.class.class_at(assembled.class("Wallet").unwrap()).unwrap();
    assert!(wallet.shareable);
    let [credit, balance, shareable] = &*wallet.interfaces else { panic!("three interfaces") };
    assert_eq!(credit.interface, ClassRef::Internal(assembled.class("Credit").unwrap()));
    // The inherited method comes first.
    let get = assembled.token("Wallet.get").unwrap();
    let add = assembled.token("Wallet.add").unwrap();
    assert_eq!((assembled.token("Balance.get"), assembled.token("Credit.add")), (Some(0), Some(1)));
    assert_eq!(credit.tokens, [get, add]);
    assert_eq!(balance.tokens, [get]);
    assert_eq!(shareable.interface, ClassRef::External { package: 1, class: 2 });
    assert!(file.class.interfaces.iter().all(|interface| interface.shareable));
}

#[test]
fn fields_are_laid_out_with_references_last() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let base = file.class.class_at(assembled.class("Base").unwrap()).unwrap();
    assert_eq!(base.declared_instance_size, 4);
    assert_eq!((base.first_reference_token, base.reference_count), (Some(3), 1));
    let cells = ["count", "next", "flag"].map(|name| assembled.field(&format!("Base.{name}")));
    assert_eq!(cells, [Some(0), Some(3), Some(2)]);
}

#[test]
fn the_static_image_has_its_segments() {
    let assembled = samples::rich().build().unwrap();
    let statics = assembled.cap().unwrap().static_field;
    assert_eq!((statics.image_size, statics.reference_count), (7, 2));
    assert_eq!(
        (statics.arrays[0].element_type, &*statics.arrays[0].values),
        (4, &[0, 1, 0, 2][..])
    );
    assert_eq!((statics.default_value_count, statics.non_default_values), (1, vec![0, 3]));
    let offsets = ["table", "instance", "open", "step"]
        .map(|name| assembled.static_field(&format!("Wallet.{name}")).unwrap());
    assert_eq!(offsets, [0, 2, 4, 5]);
}

#[test]
fn constants_are_what_the_code_refers_to() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let wallet = ClassRef::Internal(assembled.class("Wallet").unwrap());
    let has = |constant| file.constant_pool.entries.contains(&constant);
    assert!(has(Constant::Class(wallet)));
    let token = assembled.token("Base.get").unwrap();
    assert!(has(Constant::SuperMethod { class: wallet, token, package_visible: false }));
    let base = ClassRef::Internal(assembled.class("Base").unwrap());
    assert!(has(Constant::VirtualMethod { class: base, token: 0, package_visible: true }));
    assert!(has(Constant::StaticField(StaticFieldRef::Internal { offset: 5 })));
    let constructor = assembled.method("Wallet.<init>").unwrap();
    assert!(has(Constant::StaticMethod(StaticMethodRef::Internal(constructor))));
    let throw_it = StaticMethodRef::External { package: 1, class: 7, token: 1 };
    assert!(has(Constant::StaticMethod(throw_it)));
    // Fields come first: their indices have one byte.
    assert!(matches!(file.constant_pool.entries[0], Constant::InstanceField { .. }));
}

#[test]
fn a_caught_class_never_has_the_index_zero() {
    let package = samples::method("A: sconst_0; B: sreturn; .catch A B B @lang:0");
    let file = package.build().unwrap().cap().unwrap();
    assert_eq!(file.method.blocks[0].handlers[0].catch_type, 1);
    assert!(matches!(file.constant_pool.get(1), Some(Constant::Class(_))));
}

#[test]
fn handlers_are_sorted_and_know_whether_others_follow() {
    let assembled = samples::method(
        "A: sconst_0; B: sconst_1; C: pop; pop; D: sconst_0; sreturn; X: pop; sconst_0; sreturn
         Y: pop; sconst_1; sreturn
         .catch A D Y any
         .catch B C X @lang:1
         .catch A B X any",
    )
    .build()
    .unwrap();
    let file = assembled.cap().unwrap();
    let handlers = &file.method.blocks[0].handlers;
    let label = |name| assembled.label("Main.run", name).unwrap();
    let targets: Vec<u16> = handlers.iter().map(|handler| handler.handler).collect();
    assert_eq!(targets, [label("X"), label("X"), label("Y")]);
    assert_eq!(handlers[0].start, label("B"));
    assert_eq!(
        handlers.iter().map(|handler| handler.stop).collect::<Vec<_>>(),
        [false, false, true]
    );
    let method = *file.descriptor.as_ref().unwrap().methods().next().unwrap().1;
    assert_eq!((method.handler_count, method.first_handler), (3, 0));
}

#[test]
fn types_are_described() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let descriptor = file.descriptor.as_ref().unwrap();
    let install = descriptor.method_at(assembled.method("Wallet.install").unwrap()).unwrap();
    assert_eq!(descriptor.type_at(install.type_offset).unwrap().0, [0xB, 4, 3, 1]);
    let process = descriptor.method_at(assembled.method("Wallet.process").unwrap()).unwrap();
    assert_eq!(descriptor.type_at(process.type_offset).unwrap().0, [6, 8, 1, 0, 0xA, 1]);
    let base = &descriptor.classes[2];
    assert_eq!(base.fields.iter().map(|field| field.field_type).collect::<Vec<_>>()[0], 0x8005);
    assert_eq!(base.flags & 0x80, 0x80, "an abstract method makes the class abstract");
    assert_eq!(descriptor.classes[0].token, 0, "exported");
    assert_eq!(descriptor.classes[2].token, 0xFF);
}

#[test]
fn mistakes_are_told() {
    assert_eq!(error("fadd"), "Main.run(SS)S, `fadd `: no such mnemonic");
    assert!(error("goto Nowhere").ends_with("no label `Nowhere`"));
    assert!(error("bspush 256").ends_with("256 does not fit in 1 bytes"));
    assert!(error("sadd 1").ends_with("not the operands that the instruction takes"));
    assert!(error("new @Nothing").ends_with("no class `Nothing`"));
    assert!(error("invokestatic @Main.nothing").contains("`nothing`"));
    assert!(error("invokestatic @lang:0.name").contains("goes by its token"));
    assert!(error("L: nop; L: nop").contains("`L` is there twice"));
    let far = format!("goto End; {} End: return", "nop;".repeat(200));
    assert!(error(&far).contains("take the wide form"));
    let mut package = Package::new(samples::AID);
    package.class("A").extends("B");
    package.class("B").extends("A");
    assert_eq!(package.build().unwrap_err().message, "extends itself");
    let mut package = Package::new(samples::AID);
    package.interface("I").interface_method("m", "()V");
    package.class("A").implements("I");
    assert!(package.build().unwrap_err().message.contains("does not implement I.m()V"));
    assert_eq!(Package::new(b"\xA0").build().unwrap_err().message, "an AID has 5 to 16 bytes");
}

#[test]
fn raw_constants_stand_at_the_end_as_they_are() {
    let mut package = samples::method("invokestatic #odd; getstatic_s #7; sreturn");
    package.constant("odd", [9, 1, 2, 3]).constant("class", [1, 0, 0, 0]);
    let assembled = package.build().unwrap();
    assert_eq!(assembled.constant("class"), Some(1));
    let error = assembled.cap_unverified().unwrap_err();
    assert_eq!(error, CapErrorKind::ConstantTag(9).at(5, 2));
    let start = usize::from(assembled.method("Main.run").unwrap().offset);
    let method = assembled.component(7).unwrap();
    assert_eq!(method[start + 2..][..6], [0x8D, 0, 0, 0x7D, 0, 7]);
}

#[test]
fn overloads_are_told_apart_by_descriptors() {
    let mut package = Package::new(samples::AID);
    let main = package.class("Main");
    main.static_method("f", "(S)V").code("return");
    main.static_method("f", "(LMain;)V").code("return");
    main.static_method("g", "()V").code("aconst_null; invokestatic @Main.f(LMain;)V; return");
    let assembled = package.build().unwrap();
    let file = assembled.cap().unwrap();
    let called = assembled.method("Main.f(LMain;)V").unwrap();
    assert_ne!(called, assembled.method("Main.f(S)V").unwrap());
    let constant = Constant::StaticMethod(StaticMethodRef::Internal(called));
    assert_eq!(file.constant_pool.entries, [constant]);
    assert_eq!(called, MethodLocation { block: 0, offset: called.offset });
    main_is_ambiguous();
}

fn main_is_ambiguous() {
    let mut package = Package::new(samples::AID);
    let main = package.class("Main");
    main.static_method("f", "(S)V").code("return");
    main.static_method("f", "(B)V").code("sconst_0; invokestatic @Main.f; return");
    assert!(package.build().unwrap_err().message.contains("or several"));
}
