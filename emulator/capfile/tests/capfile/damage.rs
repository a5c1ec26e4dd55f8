//! What is damaged is found, where it is.

use capfile::{
    CapError, CapErrorKind,
    assemble::{Assembled, Package},
    component::tag,
};

use crate::samples;

/// The error of the rich sample after damage.
fn damaged(damage: impl FnOnce(&mut Assembled)) -> CapError {
    let mut assembled = samples::rich().build().unwrap();
    damage(&mut assembled);
    assembled.cap().unwrap_err()
}

/// The error after bytes of a component are overwritten.
fn patched(tag: u8, offset: usize, bytes: &[u8]) -> CapError {
    damaged(|assembled| {
        assembled.patch(tag, offset, bytes);
    })
}

/// Offset in the constant pool of the first entry of a kind.
fn constant(assembled: &Assembled, kind: u8, external: bool) -> usize {
    let pool = assembled.component(tag::CONSTANT_POOL).unwrap();
    let found =
        pool[2..].chunks(4).position(|entry| entry[0] == kind && (entry[1] >= 0x80) == external);
    2 + 4 * found.unwrap()
}

#[test]
fn headers() {
    assert_eq!(patched(tag::HEADER, 0, &[0]), CapErrorKind::Magic.at(tag::HEADER, 0));
    let format = CapErrorKind::Format { major: 2, minor: 4 };
    assert_eq!(patched(tag::HEADER, 4, &[4]), format.at(tag::HEADER, 4));
    let format = CapErrorKind::Format { major: 1, minor: 1 };
    assert_eq!(patched(tag::HEADER, 5, &[1]), format.at(tag::HEADER, 4));
    assert_eq!(patched(tag::HEADER, 6, &[3]), CapErrorKind::Flags(3).at(tag::HEADER, 6));
    assert_eq!(patched(tag::HEADER, 6, &[5]), CapErrorKind::Flags(5).at(tag::HEADER, 6));
    assert_eq!(patched(tag::HEADER, 9, &[4]), CapErrorKind::AidLength(4).at(tag::HEADER, 9));
    assert_eq!(patched(tag::HEADER, 9, &[9]).kind, CapErrorKind::Truncated);
}

#[test]
fn components_that_are_missing() {
    for tag in [1, 2, 4, 5, 6, 7, 8, 9] {
        let error = damaged(|assembled| {
            assembled.remove(tag);
        });
        assert_eq!(error, CapErrorKind::MissingComponent.at(tag, 0));
    }
}

#[test]
fn directories() {
    for component in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] {
        let error = patched(tag::DIRECTORY, 2 * usize::from(component) - 2, &[0x7F]);
        assert_eq!(error.kind, CapErrorKind::DirectorySize(component));
    }
    // Image size, array count, array size, imports, applets.
    for (offset, count) in [(23, 8), (25, 2), (27, 5), (28, 3), (29, 2)] {
        let error = patched(tag::DIRECTORY, offset, &[u8::try_from(count).unwrap()]);
        assert_eq!(error.kind, CapErrorKind::Count(count));
    }
    let trailing = damaged(|assembled| {
        let longer = [assembled.component(tag::DIRECTORY).unwrap(), &[0]].concat();
        assembled.replace(tag::DIRECTORY, &longer);
    });
    assert_eq!(trailing.kind, CapErrorKind::TrailingBytes);
}

#[test]
fn applets_and_exports() {
    let install = patched(tag::APPLET, 10, &[0, 77]);
    assert_eq!(install, CapErrorKind::NoMethod { block: 0, offset: 77 }.at(tag::APPLET, 77));
    let class = patched(tag::EXPORT, 1, &[0, 1]);
    assert_eq!(class, CapErrorKind::NoClass(1).at(tag::EXPORT, 1));
    let mut package = samples::method("sconst_0; sreturn");
    package.class("Main").static_field("total", "S");
    package.export("Main");
    let export = |offset: usize, bytes: &[u8]| {
        let mut assembled = package.build().unwrap();
        assembled.patch(tag::EXPORT, offset, bytes).cap().unwrap_err().kind
    };
    assert_eq!(export(5, &[0, 2]), CapErrorKind::NoStaticField(2));
    assert_eq!(export(7, &[0, 3]), CapErrorKind::NoMethod { block: 0, offset: 3 });
}

#[test]
fn classes() {
    let assembled = samples::rich().build().unwrap();
    let base = usize::from(assembled.class("Base").unwrap());
    let wallet = usize::from(assembled.class("Wallet").unwrap());
    let at = |kind: CapErrorKind, offset| kind.at(tag::CLASS, offset);
    let own = u8::try_from(base).unwrap();
    assert_eq!(patched(tag::CLASS, base + 1, &[0, own]), at(CapErrorKind::Superclass, base));
    assert_eq!(patched(tag::CLASS, base + 1, &[0, 1]), at(CapErrorKind::NoClass(1), 1));
    assert_eq!(patched(tag::CLASS, base + 1, &[0x82, 0]), at(CapErrorKind::NoImport(2), 2));
    // An interface is no superclass.
    assert_eq!(patched(tag::CLASS, base + 1, &[0, 0]), at(CapErrorKind::NoClass(0), 0));
    assert_eq!(patched(tag::CLASS, base + 5, &[2]), at(CapErrorKind::ReferenceFields, base));
    assert_eq!(patched(tag::CLASS, base + 4, &[0xFF]), at(CapErrorKind::ReferenceFields, base));
    let method = CapErrorKind::NoMethod { block: 0, offset: 1 };
    assert_eq!(patched(tag::CLASS, wallet + 10, &[0, 1]), at(method, 1));
    // The first interface of `Wallet` follows its four public methods.
    let interface = wallet + 10 + 8;
    assert_eq!(
        patched(tag::CLASS, interface, &[0, own]),
        at(CapErrorKind::NoClass(own.into()), base)
    );
    assert_eq!(
        patched(tag::CLASS, interface + 3, &[11]),
        at(CapErrorKind::NoVirtualMethod(11), wallet)
    );
    assert_eq!(patched(tag::CLASS, 0, &[0xCF]).kind, CapErrorKind::Truncated);
}

#[test]
fn constants() {
    let assembled = samples::rich().build().unwrap();
    let pool = |kind: u8, external: bool, offset: usize, bytes: &[u8]| {
        patched(tag::CONSTANT_POOL, constant(&assembled, kind, external) + offset, bytes).kind
    };
    assert_eq!(pool(1, false, 1, &[0, 2]), CapErrorKind::NoClass(2));
    assert_eq!(pool(1, true, 1, &[0x83]), CapErrorKind::NoImport(3));
    assert_eq!(pool(2, false, 1, &[0, 0]), CapErrorKind::NoClass(0));
    assert_eq!(pool(2, false, 3, &[4]), CapErrorKind::NoInstanceField(4));
    assert_eq!(pool(3, true, 3, &[0x81]), CapErrorKind::ForeignPackageMember);
    assert_eq!(pool(3, false, 3, &[0x81]), CapErrorKind::NoVirtualMethod(1));
    assert_eq!(pool(4, false, 3, &[0x7F]), CapErrorKind::NoVirtualMethod(0x7F));
    assert_eq!(pool(5, false, 2, &[0, 7]), CapErrorKind::NoStaticField(7));
    assert_eq!(pool(6, false, 2, &[0, 9]), CapErrorKind::NoMethod { block: 0, offset: 9 });
    let elsewhere = pool(6, false, 1, &[1]);
    assert!(matches!(elsewhere, CapErrorKind::NoMethod { block: 1, .. }), "{elsewhere}");
    assert_eq!(pool(6, true, 1, &[0xFF]), CapErrorKind::NoImport(0x7F));
    assert_eq!(pool(6, true, 0, &[7]), CapErrorKind::ConstantTag(7));
}

#[test]
fn static_images() {
    let image = CapErrorKind::StaticImage.at(tag::STATIC_FIELD, 0);
    assert_eq!(patched(tag::STATIC_FIELD, 3, &[3]), image);
    let array = CapErrorKind::StaticArray.at(tag::STATIC_FIELD, 0);
    assert_eq!(patched(tag::STATIC_FIELD, 6, &[6]), array);
    let odd = || {
        let mut package = Package::new(samples::AID);
        package.class("Main").static_array("odd", "[I", &[0; 6]);
        package.build().unwrap().cap().unwrap_err()
    };
    assert_eq!(odd(), array);
}

#[test]
fn handlers() {
    let handler = |offset: usize, bytes: &[u8]| patched(tag::METHOD, offset, bytes);
    assert_eq!(handler(1, &[0, 0]), CapErrorKind::Handler.at(tag::METHOD, 1));
    assert_eq!(handler(3, &[0x7F]), CapErrorKind::Handler.at(tag::METHOD, 1));
    assert_eq!(handler(5, &[0xFF]), CapErrorKind::Handler.at(tag::METHOD, 1));
    assert_eq!(handler(13, &[0, 20]), CapErrorKind::Handler.at(tag::METHOD, 9));
    assert_eq!(handler(7, &[0x10]).kind, CapErrorKind::NoConstant(0x1000 + catch_type()));
    // Index 1 is a field or a method.
    assert_eq!(handler(7, &[0, 1]), CapErrorKind::ConstantKind(1).at(tag::METHOD, 7));
}

fn catch_type() -> u16 {
    samples::rich().build().unwrap().cap().unwrap().method.blocks[0].handlers[0].catch_type
}

#[test]
fn descriptors() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let with = |change: &dyn Fn(&mut capfile::component::Descriptor)| {
        let mut file = file.clone();
        change(file.descriptor.as_mut().unwrap());
        file.verify_structure().unwrap_err().kind
    };
    let install = assembled.method("Wallet.install").unwrap();
    let method = |descriptor: &mut capfile::component::Descriptor| {
        let class = descriptor
            .classes
            .iter()
            .position(|class| class.methods.iter().any(|method| method.location == install));
        let class = &descriptor.classes[class.unwrap()];
        let position = class.methods.iter().position(|method| method.location == install);
        (descriptor.classes.iter().position(|other| other == class).unwrap(), position.unwrap())
    };
    let count = with(&|descriptor| {
        let (class, position) = method(descriptor);
        descriptor.classes[class].methods[position].bytecode_count += 1;
    });
    assert!(matches!(count, CapErrorKind::MethodExtent));
    let handler = with(&|descriptor| {
        let (class, position) = method(descriptor);
        descriptor.classes[class].methods[position].handler_count = 1;
    });
    assert_eq!(handler, CapErrorKind::Handler);
    let unclaimed = with(&|descriptor| {
        let methods = descriptor.classes.iter_mut().flat_map(|class| &mut class.methods);
        methods.for_each(|method| method.handler_count = 0);
    });
    assert_eq!(unclaimed, CapErrorKind::Handler);
    let undescribed = with(&|descriptor| {
        descriptor.classes[1].class = descriptor.classes[0].class;
    });
    assert_eq!(undescribed, CapErrorKind::Count(4));
    let no_type = with(&|descriptor| {
        let (class, position) = method(descriptor);
        descriptor.classes[class].methods[position].type_offset += 1;
    });
    assert!(matches!(no_type, CapErrorKind::NoType(_)));
    let twisted = with(&|descriptor| descriptor.classes[0].flags &= 0x0F);
    assert_eq!(twisted, CapErrorKind::NoClass(0));
    let statics = with(&|descriptor| descriptor.classes[3].fields[0].position = 7);
    assert_eq!(statics, CapErrorKind::NoStaticField(7));
}

#[test]
fn reference_locations() {
    let file = samples::rich().build().unwrap().cap().unwrap();
    let with = |change: &dyn Fn(&mut capfile::component::ReferenceLocation)| {
        let mut file = file.clone();
        change(&mut file.reference_location);
        // Sizes differ now, which the directory would tell first.
        let info = file.component(tag::REFERENCE_LOCATION).unwrap();
        file.directory.component_sizes[8] = u32::try_from(info.len()).unwrap();
        file.verify_structure().unwrap_err()
    };
    let first = file.reference_location.one_byte[0];
    let missing = with(&|locations| {
        locations.one_byte.remove(0);
    });
    assert_eq!(missing.kind, CapErrorKind::ReferenceLocation(first));
    let shifted = with(&|locations| locations.one_byte[0] -= 1);
    assert_eq!(shifted.kind, CapErrorKind::ReferenceLocation(first - 1));
    let last = *file.reference_location.two_byte.last().unwrap();
    let more = with(&|locations| locations.two_byte.push(last + 1));
    assert_eq!(more.kind, CapErrorKind::ReferenceLocation(last + 1));
}

#[test]
fn a_delta_of_255_only_advances() {
    for gap in [250, 253, 254, 255, 256, 509, 510, 511] {
        let code = format!("{} getstatic_s @Main.total; sreturn", "nop;".repeat(gap));
        let mut package = samples::method(&code);
        package.class("Main").static_field("total", "S");
        let assembled = package.build().unwrap();
        let file = assembled.cap().unwrap();
        let start = u32::from(assembled.method("Main.run").unwrap().offset) + 3;
        let location = start + u32::try_from(gap).unwrap();
        assert_eq!(file.reference_location.two_byte, [location]);
        let info = assembled.component(tag::REFERENCE_LOCATION).unwrap();
        let deltas = info[4..].iter().map(|delta| u32::from(*delta));
        assert_eq!(deltas.clone().sum::<u32>(), location);
        assert_eq!(deltas.filter(|delta| *delta != 255).count(), 1);
    }
}

#[test]
fn errors_name_the_component_and_the_offset() {
    let error = patched(tag::CONSTANT_POOL, 2, &[9]);
    assert_eq!(error.to_string(), "Constant Pool component at offset 2: no constant has the tag 9");
    let error = capfile::CapFile::parse(b"\x0E\0\0").unwrap_err();
    assert_eq!(error.to_string(), "CAP file at offset 0: no component has the tag 14");
}
