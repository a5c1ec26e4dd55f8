//! Archives and streams.

use std::io::{Cursor, Write};

use capfile::{
    CapErrorKind, CapFile,
    component::tag,
    container::{self, FILE_SIZE_MAX},
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::samples;

/// An archive of these members.
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn framed(tag: u8, info: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(info.len()).unwrap().to_be_bytes();
    [&[tag, high, low], info].concat()
}

/// The members of the rich sample, in a case and an order that nobody expects.
fn members() -> Vec<(String, Vec<u8>)> {
    let assembled = samples::rich().build().unwrap();
    let components = assembled.cap().unwrap().components();
    let members = components.into_iter().rev().map(|(tag, info)| {
        let name = tag::member(tag).unwrap().to_uppercase();
        (format!("com/example/javacard/{name}.cap"), framed(tag, &info))
    });
    members.collect()
}

fn parse_members(members: &[(String, Vec<u8>)]) -> Result<CapFile, capfile::CapError> {
    let borrowed: Vec<_> = members.iter().map(|(name, info)| (&**name, info.clone())).collect();
    CapFile::parse(&archive(&borrowed))
}

#[test]
fn archive_and_stream_are_one_file() {
    let assembled = samples::rich().build().unwrap();
    let from_stream = CapFile::parse(&assembled.ijc()).unwrap();
    assert_eq!(CapFile::parse(&assembled.zip()).unwrap(), from_stream);
    assert_eq!(from_stream.write(), assembled.ijc());
    assert_eq!(CapFile::parse(&from_stream.to_zip()).unwrap(), from_stream);
    assert_eq!(container::load_file(&assembled.zip()).unwrap(), assembled.ijc());
}

#[test]
fn members_are_found_in_any_case_and_order_among_others() {
    let mut members = members();
    members.push(("META-INF/MANIFEST.MF".to_owned(), b"Manifest-Version: 1.0\n".to_vec()));
    members.push(("com/example/javacard/Debug.cap".to_owned(), framed(tag::DEBUG, &[0; 40])));
    members.push(("APPLET-INF/applet.xml".to_owned(), b"<applet/>".to_vec()));
    let file = parse_members(&members).unwrap();
    assert_eq!(file, samples::rich().build().unwrap().cap().unwrap());
}

#[test]
fn components_of_a_stream_come_in_any_order() {
    for sample in [samples::rich(), samples::extended()] {
        let assembled = sample.build().unwrap();
        let file = assembled.cap().unwrap();
        let mut components = file.components();
        components.reverse();
        let borrowed = components.iter().map(|(tag, info)| (*tag, info.as_slice()));
        let stream = container::write_stream(borrowed, file.header.extended());
        assert_eq!(CapFile::parse(&stream).unwrap(), file);
        assert_eq!(container::load_file(&stream).unwrap(), assembled.ijc());
    }
}

#[test]
fn raw_components_tell_where_they_are() {
    let stream = samples::rich().build().unwrap().ijc();
    let components = container::components(&stream).unwrap();
    assert_eq!(components.len(), 11);
    for component in components {
        let framed = framed(component.tag, &component.info);
        assert_eq!(stream[component.offset..][..framed.len()], framed);
    }
}

#[test]
fn debug_and_custom_components_are_dropped() {
    let assembled = samples::rich().build().unwrap();
    let mut stream = assembled.ijc();
    stream.extend(framed(tag::DEBUG, &[1, 2, 3]));
    stream.extend(framed(200, b"custom"));
    assert_eq!(CapFile::parse(&stream).unwrap(), assembled.cap().unwrap());
    assert_eq!(container::load_file(&stream).unwrap(), assembled.ijc());
}

#[test]
fn a_zip_bomb_is_refused() {
    let bomb = archive(&[("p/javacard/Method.cap", vec![0; FILE_SIZE_MAX + 1])]);
    assert!(bomb.len() < FILE_SIZE_MAX / 100);
    let error = CapFile::parse(&bomb).unwrap_err();
    assert_eq!((error.component, error.kind), (tag::METHOD, CapErrorKind::TooLong));

    let half = vec![0; FILE_SIZE_MAX / 2 + 1];
    let bomb = archive(&[("p/javacard/Class.cap", half.clone()), ("p/javacard/Method.cap", half)]);
    let error = CapFile::parse(&bomb).unwrap_err();
    assert_eq!((error.component, error.kind), (tag::METHOD, CapErrorKind::TooLong));
}

#[test]
fn members_that_are_not_what_they_say_are_refused() {
    let mut renamed = members();
    let header = renamed.iter_mut().find(|(name, _)| name.ends_with("HEADER.cap")).unwrap();
    header.1[0] = tag::IMPORT;
    assert_eq!(
        parse_members(&renamed).unwrap_err(),
        CapErrorKind::NameAndTagDiffer(tag::IMPORT).at(tag::HEADER, 0)
    );

    let mut longer = members();
    let import = longer.iter_mut().find(|(name, _)| name.ends_with("IMPORT.cap")).unwrap();
    import.1.push(0);
    assert_eq!(parse_members(&longer).unwrap_err(), CapErrorKind::Size.at(tag::IMPORT, 1));

    let mut twice = members();
    let again = twice[0].1.clone();
    twice.push(("other/javacard/Descriptor.cap".to_owned(), again));
    let error = parse_members(&twice).unwrap_err();
    assert_eq!(error.kind, CapErrorKind::DuplicateComponent);
}

#[test]
fn streams_that_are_none_are_refused() {
    let stream = samples::rich().build().unwrap().ijc();
    let truncated = CapFile::parse(&stream[..stream.len() - 1]).unwrap_err();
    assert_eq!(truncated.kind, CapErrorKind::Truncated);
    let twice = CapFile::parse(&[&stream[..], &stream[..]].concat()).unwrap_err();
    assert_eq!(twice, CapErrorKind::DuplicateComponent.at(tag::HEADER, 0));
    let unknown = CapFile::parse(&[&stream[..], &[14, 0, 0]].concat()).unwrap_err();
    assert_eq!(unknown, CapErrorKind::UnknownComponent(14).at(0, stream.len()));
    assert_eq!(CapFile::parse(b"PK\x03\x04").unwrap_err().kind, CapErrorKind::Archive);
    assert_eq!(CapFile::parse(&[]).unwrap_err(), CapErrorKind::MissingComponent.at(tag::HEADER, 0));
}
