//! What a card says of itself: an enrolled token with the objects that Dogtag wrote, a blank card, cards that misbehave.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "client/card.rs"]
mod card;

use card::TestCard;
use cardinal_client::token::report;
use reader::ReaderError;

const COMBINED: &[u8] = include_bytes!("data/combined-object-dogtag.bin");

/// CPLC with the fields of the CUID in their places.
fn cplc() -> Vec<u8> {
    let mut data = vec![0x9F, 0x7F, 0x2A];
    data.extend_from_slice(&[0x40, 0x90, 0x61, 0x45]);
    data.extend_from_slice(&[0; 8]);
    data.extend_from_slice(&[0x24, 0x19, 0x2D, 0x2B, 0xC7, 0x62]);
    data.resize(45, 0);
    data
}

#[allow(clippy::unnecessary_wraps)] // as the card answers
fn ok(mut data: Vec<u8>) -> Result<Vec<u8>, ReaderError> {
    data.extend_from_slice(&[0x90, 0x00]);
    Ok(data)
}

/// An enrolled token.
fn token(command: &[u8]) -> Result<Vec<u8>, ReaderError> {
    match command {
        [0x00, 0xA4, 4, 0, ..] => ok(vec![]),
        [0x80, 0xCA, 0x9F, 0x7F, 0x2D] => ok(cplc()),
        [0xB0, 0x3C, 0, 0, 16] => ok(vec![1, 1, 1, 4, 0, 0, 0x13, 0x88, 0, 0, 0x0A, 0, 1, 4, 0, 0]),
        [0xB0, 0x70, 0, 0, 4] => ok(vec![0x58, 0x76, 0x80, 0x72]),
        [0xB0, 0xF2, 0, 0, 4] => ok(vec![0x0F, 1, 1, 1]),
        [0xB0, 0x58, 0, 0, 14] => {
            let mut record = b"z0\0\0".to_vec();
            record.extend_from_slice(&u32::try_from(COMBINED.len()).unwrap().to_be_bytes());
            record.extend_from_slice(&[0xFF, 0xFF, 0x40, 0, 0x40, 0]);
            ok(record)
        }
        [0xB0, 0x58, 1, 0, 14] => Ok(vec![0x9C, 0x12]),
        [0xB0, 0x56, 0, 0, 17, fields @ ..] => {
            let offset = usize::from(u16::from_be_bytes([fields[6], fields[7]]));
            ok(COMBINED[offset..offset + usize::from(fields[8])].to_vec())
        }
        _ => Ok(vec![0x6D, 0x00]),
    }
}

#[test]
fn an_enrolled_token() {
    let report = report(&mut TestCard::new(token));
    assert_eq!((report.state(), report.problem.as_deref()), ("enrolled", None));
    assert_eq!(report.cuid.as_deref(), Some("40906145C76224192D2B"));
    let applet = report.applet.unwrap();
    assert_eq!(applet.version.as_deref(), Some("1.4.58768072"));
    assert_eq!(applet.life_cycle.as_deref(), Some("0F"));
    assert_eq!(applet.token_name.as_deref(), Some("testuser"));
    assert_eq!(applet.free_memory, Some(0x0A00));
    let names: Vec<&str> = applet.objects.iter().map(|object| object.id.as_str()).collect();
    assert_eq!(names, ["z0", "c1", "k3", "k2", "c2", "k5", "k4"]);
    let [signing, encryption] = applet.certificates.as_slice() else { panic!("two certificates") };
    assert_eq!(signing.label.as_deref(), Some("signing key for testuser"));
    assert_eq!(encryption.label.as_deref(), Some("encryption key for testuser"));
    assert!(signing.subject.as_deref().unwrap().contains("UID=testuser"), "{signing:?}");
    assert!(signing.not_before.as_deref().unwrap().starts_with("2026-"), "{signing:?}");
    assert_ne!(signing.serial, encryption.serial);
}

#[test]
fn a_blank_card() {
    let mut card = TestCard::new(|command| match command {
        [0x00, 0xA4, 4, 0, 7, ..] => Ok(vec![0x6A, 0x82]),
        other => token(other),
    });
    let report = report(&mut card);
    assert_eq!((report.state(), report.applet), ("blank", None));
    assert_eq!(report.cuid.as_deref(), Some("40906145C76224192D2B"));
    assert_eq!(report.atr.as_deref(), Some("3B76940000FF6276010000"));
}

#[test]
fn a_card_that_is_taken_out_leaves_what_was_seen() {
    let mut card = TestCard::new(|command| match command {
        [0xB0, 0x58, ..] => Err(ReaderError::CardRemoved),
        other => token(other),
    });
    let report = report(&mut card);
    assert_eq!(report.problem.as_deref(), Some("the card was removed"));
    assert_eq!(report.applet.unwrap().version.as_deref(), Some("1.4.58768072"));
}

/// A list without end, an object of four gigabytes, garbage for an object: nothing hangs, nothing is believed.
#[test]
fn a_hostile_card() {
    let mut endless = TestCard::new(|command| match command {
        [0xB0, 0x58, _, 0, 14] => {
            let mut record = b"z0\0\0".to_vec();
            record.extend_from_slice(&[0xFF; 10]);
            ok(record)
        }
        [0xB0, 0x56, ..] => ok(vec![0xAA; usize::from(command[13])]),
        other => token(other),
    });
    let report = report(&mut endless);
    let applet = report.applet.unwrap();
    assert_eq!(applet.objects.len(), cardinal_client::token::OBJECTS_MAX);
    assert!(applet.certificates.is_empty() && applet.token_name.is_none());
}
