//! The versions of the format, and the extended one.

use capfile::{
    CapErrorKind, CapFile,
    component::{Header, PackageVersion, tag},
};

use crate::samples;

#[test]
fn all_versions_are_written_and_read() {
    for minor in 1..=3 {
        let mut package = samples::rich();
        package.format(2, minor).name("com/example/wallet");
        let assembled = package.build().unwrap();
        let file = assembled.cap().unwrap();
        assert_eq!(file.header.format, PackageVersion { major: 2, minor });
        let name = (minor >= 2).then(|| "com/example/wallet".to_owned());
        assert_eq!(file.header.name, name);
        assert_eq!(file.write(), assembled.ijc());
        let wallet = file.class.class_at(assembled.class("Wallet").unwrap()).unwrap();
        assert_eq!(wallet.cap22_inheritable_count.is_some(), minor == 3);
        assert_eq!(wallet.token_mapping.is_empty(), minor < 3);
    }
}

#[test]
fn flags_tell_of_int_export_and_applet() {
    let file = samples::rich().build().unwrap().cap().unwrap();
    assert_eq!(file.header.flags, Header::ACC_INT | Header::ACC_EXPORT | Header::ACC_APPLET);
    let file = samples::method("sload_0; sreturn").build().unwrap().cap().unwrap();
    assert_eq!(file.header.flags, 0);
    assert!(file.applet.is_none() && file.export.is_none());
}

#[test]
fn the_extended_format_has_blocks_and_packages() {
    let assembled = samples::extended().build().unwrap();
    let file = assembled.cap().unwrap();
    assert!(file.header.extended());
    assert_eq!(file.header.name, None);
    let [package] = &*file.header.public_packages() else { panic!("one package") };
    assert_eq!((&*package.name, package.aid), ("com/example/wallet", file.header.aid));
    assert_eq!(file.method.blocks.len(), 2);
    assert_eq!(file.directory.method_block_count, Some(2));
    let install = assembled.method("Main.install").unwrap();
    assert_eq!(install.block, 1);
    assert_eq!(file.applet.as_ref().unwrap().applets[0].install, install);
    let main = file.class.class_at(assembled.class("Main").unwrap()).unwrap();
    assert_eq!(main.public_method(7), assembled.method("Main.process"));
    let export = file.export.as_ref().unwrap();
    assert_eq!(export.of_package(0)[0].static_methods[1], install);
    assert!(export.of_package(1).is_empty());
    assert_eq!(file.reference_location.further_blocks.len(), 1);
    assert_eq!(file.static_resources.as_ref().unwrap().resources[0].bytes, b"resource");
    assert_eq!(file.write(), assembled.ijc());
    assert_eq!(CapFile::parse(&assembled.zip()).unwrap(), file);
}

#[test]
fn counts_of_blocks_and_packages_agree() {
    let file = samples::extended().build().unwrap().cap().unwrap();
    let with = |change: &dyn Fn(&mut CapFile)| {
        let mut file = file.clone();
        change(&mut file);
        file.verify_structure().unwrap_err().kind
    };
    let blocks = with(&|file| file.directory.method_block_count = Some(1));
    assert_eq!(blocks, CapErrorKind::Count(1));
    let mut assembled = samples::extended().build().unwrap();
    let method = assembled.component(tag::METHOD).unwrap();
    assert_eq!(method[..5], [2, 0, 0, 0, 9]);
    let apart = assembled.patch(tag::METHOD, 4, &[10]).cap().unwrap_err();
    assert_eq!(apart, CapErrorKind::Blocks.at(tag::METHOD, 1));
    let mut assembled = samples::extended().build().unwrap();
    let moved = assembled.patch(tag::APPLET, 10, &[2]).cap().unwrap_err();
    assert!(matches!(moved.kind, CapErrorKind::NoMethod { block: 2, .. }));
}

#[test]
fn the_descriptor_may_be_left_out_of_a_load_file() {
    let mut assembled = samples::rich().build().unwrap();
    assembled.remove(tag::DESCRIPTOR);
    let file = assembled.cap().unwrap();
    assert!(file.descriptor.is_none());
    assert_ne!(file.directory.size(tag::DESCRIPTOR), 0);
}
