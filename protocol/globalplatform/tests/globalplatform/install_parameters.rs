//! The parameters field of INSTALL: bytes of real hosts, every object of the specification, and what is malformed.

use globalplatform::{
    command::{InstallParameters, SecurityDomainParameters, SystemParameters},
    data::{GlobalService, ImplicitSelection, Restrictions},
};
use hex_literal::hex;
use iso7816::ParseErrorKind;
use proptest::prelude::*;

fn everything() -> SystemParameters {
    SystemParameters {
        code: Some(0x160),
        volatile: Some(0x0100),
        non_volatile: Some(0x0001_0000),
        reserved_volatile: Some(0x40),
        reserved_non_volatile: Some(0x7FFF),
        load_file_format: Some(0),
        load_file_parameters: Some(vec![1, 2]),
        toolkit: Some(vec![1, 0xFF]),
        global_services: vec![
            GlobalService { family: 0x80, id: 0 },
            GlobalService { family: 0x82, id: 1 },
        ],
        implicit_selection: vec![ImplicitSelection(0x40), ImplicitSelection(0x83)],
        restrictions: Some(Restrictions::DELETE | Restrictions::EXTRADITION),
        contactless: Some(hex!("810100").to_vec()),
        others: vec![(0xC1, vec![9])],
    }
}

#[test]
fn every_object_of_the_card_is_told_apart() {
    let bytes = hex!(
        "C6020160 C80400010000 C7020100 D8027FFF D7020040 CD0100 DD020102 CA0201FF CB0480008201
         CF0140 CF0183 D90111 A003810100 C10109"
    );
    let system = SystemParameters::parse(&bytes).unwrap();
    assert_eq!(system, everything());
    assert_eq!(system.to_bytes(), bytes);
    let [contact, contactless] = system.implicit_selection[..] else { panic!("two") };
    assert!(contact.contact() && !contact.contactless() && contact.channel() == 0);
    assert!(!contactless.contact() && contactless.contactless() && contactless.channel() == 3);
}

#[test]
fn the_order_does_not_count() {
    let bytes = hex!("EA0180 EF07 D7020040 C10109 B60342015F C902AABB 990100");
    let parsed = InstallParameters::parse(&bytes).unwrap();
    let expected = InstallParameters {
        application: Some(vec![0xAA, 0xBB]),
        system: Some(SystemParameters {
            reserved_volatile: Some(0x40),
            others: vec![(0xC1, vec![9])],
            ..SystemParameters::default()
        }),
        uicc: Some(vec![0x80]),
        control_reference: Some(vec![0x42, 1, 0x5F]),
        others: vec![(0x99, vec![0])],
    };
    assert!(InstallParameters::parse(&bytes[..bytes.len() - 1]).is_err());
    assert_eq!(parsed, InstallParameters::parse(&parsed.to_bytes()).unwrap());
    assert_eq!(parsed, expected);
}

#[test]
fn restrictions_have_their_bits() {
    let bits = |system: &[u8]| SystemParameters::parse(system).unwrap().restrictions.unwrap();
    assert_eq!(bits(&hex!("D90140")), Restrictions::REGISTRY_UPDATE);
    assert_eq!(bits(&hex!("D9017F")), Restrictions::all());
    assert_eq!(bits(&hex!("D90180")).bits(), 0x80);
}

#[test]
fn wrong_lengths_are_refused() {
    let wrong: [&[u8]; 8] = [
        &hex!("C600"),
        &hex!("C7050000000001"),
        &hex!("D700"),
        &hex!("D8050000000001"),
        &hex!("CB03800080"),
        &hex!("CD00"),
        &hex!("D900"),
        &hex!("D9020000"),
    ];
    for system in wrong {
        let error = SystemParameters::parse(system).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::LengthMismatch, "{system:02X?}");
    }
    assert!(SystemParameters::parse(&hex!("C60201")).is_err());
}

#[test]
fn security_domains_of_real_hosts() {
    let parse = |c9: &[u8]| SecurityDomainParameters::parse(c9).unwrap();
    let expected = SecurityDomainParameters {
        channels: vec![(3, 0x70)],
        extradition_here: Some(vec![0x20, 0x20]),
        extradition_away: Some(vec![0x20, 0x20]),
        ..SecurityDomainParameters::default()
    };
    let gppro = hex!("81020370 82022020 87022020");
    assert_eq!(parse(&gppro), Some(expected.clone()));
    assert_eq!(expected.to_bytes(), gppro);
    assert_eq!(parse(&hex!("45")), None);
    assert_eq!(parse(&[]), Some(SecurityDomainParameters::default()));
    let all = hex!("81020370 81020255 82012083012084010186020102 87012088020304");
    let parsed = parse(&all).unwrap();
    assert_eq!(parsed.channels, [(3, 0x70), (2, 0x55)]);
    assert_eq!(parsed.others, [(0x88, vec![3, 4])]);
    assert_eq!(parsed.to_bytes(), all);
    let one_object = parse(&hex!("810403700255")).unwrap();
    assert_eq!(one_object.channels, parsed.channels);
    let error = SecurityDomainParameters::parse(&hex!("8103037002")).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::LengthMismatch);
}

proptest! {
    #[test]
    fn what_parses_is_written_to_what_parses_the_same(
        tags in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..4)), 0..8),
        raw in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let objects = tags.iter().fold(iso7816::tlv::Writer::new(), |writer, (tag, value)| {
            writer.object((*tag).into(), value)
        });
        for bytes in [objects.finish(), raw] {
            if let Ok(system) = SystemParameters::parse(&bytes) {
                prop_assert_eq!(SystemParameters::parse(&system.to_bytes()), Ok(system));
            }
            if let Ok(Some(domain)) = SecurityDomainParameters::parse(&bytes) {
                prop_assert_eq!(SecurityDomainParameters::parse(&domain.to_bytes()), Ok(Some(domain)));
            }
            if let Ok(parameters) = InstallParameters::parse(&bytes) {
                prop_assert_eq!(InstallParameters::parse(&parameters.to_bytes()), Ok(parameters));
            }
        }
    }
}
