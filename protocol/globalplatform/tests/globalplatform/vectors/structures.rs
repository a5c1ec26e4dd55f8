//! Data objects and command data fields of real cards and hosts.

use globalplatform::{
    command::{
        Delete, DeleteTarget, Install, InstallParameters, InstallPurpose, LoadFile, token_data_of,
    },
    data::{CardCapability, CardRecognitionData, Cplc, Privileges, RegistryEntry},
};
use iso7816::{Aid, Command};

use super::file::{Vector, Vectors, bytes};

pub(super) fn card_data(vector: &Vector) {
    let data = vector.output("data");
    let parsed = CardRecognitionData::parse(&data).unwrap();
    let (version, channels): (&[u8], &[(u8, u32)]) = match vector.id.as_str() {
        "gppro-carddata-211" => (&[2, 1, 1], &[(2, 0x15)]),
        "gppro-carddata-format2ish" => (&[2, 3], &[(3, 0x70), (0x80, 0)]),
        "kaoh-carddata-223-scp03" => (&[2, 3], &[(3, 0x70)]),
        "kaoh-carddata-231-scp03-scp11" => (&[2, 3, 1], &[(3, 0x60), (0x11, 0x0D86)]),
        other => panic!("what does {other} say?"),
    };
    let version = if vector.id == "gppro-carddata-format2ish" { &[2, 2][..] } else { version };
    assert_eq!(parsed.version, version);
    assert_eq!(parsed.channels, channels);
    assert!(parsed.identified_by_iin_cin);
    assert_eq!(parsed.to_bytes(), data);
}

pub(super) fn capability(vector: &Vector) {
    let data = vector.output("data");
    let parsed = CardCapability::parse(&data).unwrap();
    let [scp03, scp02] = parsed.channels.as_slice() else { panic!("two protocols") };
    assert_eq!((scp03.protocol, scp03.key_sizes), (3, Some(7)));
    assert_eq!(scp03.options, [0x00, 0x10, 0x20, 0x30, 0x60, 0x70]);
    assert_eq!((scp02.protocol, scp02.options.as_slice()), (2, &[0x15, 0x55][..]));
    assert_eq!(parsed.hash_algorithms, [2]);
    assert_eq!(parsed.to_bytes(), data);
    let nested = [&[0x67, u8::try_from(data.len()).unwrap()], data.as_slice()].concat();
    assert_eq!(CardCapability::parse(&nested).unwrap(), parsed);
}

pub(super) fn cplc(vector: &Vector) {
    let data = vector.output("data");
    let parsed = Cplc::parse(&data).unwrap();
    assert_eq!(parsed.to_object(), data);
    assert_eq!(Cplc::parse(&data[3..]).unwrap(), parsed);
    // TPS puts the CUID together by offset.
    let cuid = [&data[3..7], &data[19..21], &data[15..19]].concat();
    assert_eq!(parsed.cuid().as_slice(), cuid);
}

pub(super) fn get_status(vector: &Vector) {
    let data = vector.output("data");
    let entries = RegistryEntry::parse_all(&data).unwrap();
    let [entry] = entries.as_slice() else { panic!("one entry") };
    let privileges = entry.privileges.unwrap();
    assert!(privileges.contains(Privileges::SECURITY_DOMAIN | Privileges::CVM_MANAGEMENT));
    assert_eq!(entry.security_domain, entry.aid);
    if vector.id == "kaoh-getstatus-isd" {
        assert_eq!(entry.life_cycle, 0x0F);
        assert_eq!(privileges.to_bytes(), [0x82, 0xFC, 0x80]);
        assert_eq!(entry.version.as_deref(), Some(&[1, 0][..]));
        assert_eq!(entry.others, [(0xEA, vec![0x80, 0x03, 0x00, 0x80, 0x00])]);
    } else {
        assert_eq!(entry.life_cycle, 0x01);
        let selection = [0x40, 0x41, 0x42, 0x43, 0x80, 0x81, 0x82, 0x83];
        assert_eq!(entry.implicit_selection, selection);
        assert_eq!(entry.to_bytes(None), data);
    }
}

pub(super) fn install_parameters(vector: &Vector) {
    let tlv = vector.output("tlv");
    let parsed = InstallParameters::parse(&tlv).unwrap();
    let system = parsed.system.as_ref().unwrap();
    let size = |field| Some(u32::try_from(vector.number(field)).unwrap());
    assert_eq!(parsed.application.as_deref(), Some(&[][..]));
    assert_eq!(system.non_volatile, size("non_volatile"));
    assert_eq!(system.volatile, size("volatile"));
    assert_eq!(system.toolkit, Some(vector.input("stk")));
    assert_eq!(system.others, []);
    assert_eq!(parsed.to_bytes(), tlv);
}

fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

pub(super) fn token_data(vector: &Vector) {
    let dtbs = vector.output("dtbs");
    if vector.has("sd") {
        let install = Install::new(InstallPurpose::Extradition {
            security_domain: aid(&vector.input("sd")),
            application: aid(&vector.input("application")),
        });
        assert_eq!(install.token_data(), dtbs);
        assert_eq!(token_data_of(&install.to_command()).unwrap(), dtbs);
        assert_eq!(Install::parse(&install.to_command()).unwrap(), install);
    } else {
        let targets = vector.inputs["aids"].as_array().unwrap();
        let targets = targets.iter().map(|target| DeleteTarget::Object(aid(&bytes(target))));
        let mut delete = Delete::object(aid(&[0; 5]), true);
        delete.targets = targets.collect();
        assert_eq!(delete.token_data(), dtbs);
        assert_eq!(token_data_of(&delete.to_command()).unwrap(), dtbs);
        assert_eq!(Delete::parse(&delete.to_command()).unwrap(), delete);
    }
}

/// Component tags in the order of a load file: Header, Directory, Import, Applet, Class, Method, StaticField, ConstantPool,
/// RefLocation, Descriptor.
const COMPONENTS: [u8; 10] = [1, 2, 4, 3, 6, 7, 8, 5, 9, 11];

pub(super) fn load_file(vector: &Vector, all: &Vectors) {
    let stream = vector.output("load_file");
    let parsed = LoadFile::parse(&stream).unwrap();
    assert_eq!(parsed.to_bytes(), stream);
    let mut tags = Vec::new();
    let mut rest = parsed.data_block.as_slice();
    while let [tag, high, low, tail @ ..] = rest {
        tags.push(*tag);
        rest = &tail[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert_eq!(tags, COMPONENTS);
    // The LOAD commands of the recorded session carry it.
    let loaded: Vec<u8> = all
        .all
        .iter()
        .filter(|other| other.session() == vector.session() && other.has("plain_header"))
        .map(|other| (other.input("plain_header"), other.input("plain_data")))
        .filter(|(header, _)| Command::new(0x80, header[1], 0, 0).header.ins == 0xE8)
        .flat_map(|(_, data)| data)
        .collect();
    assert_eq!(loaded, stream);
}
