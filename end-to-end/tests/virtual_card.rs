//! A blank virtual card in a private reader, as both PKCS#11 modules and PC/SC programs see it.

use end_to_end::{CardImage, EmulatorProcess, Lifetime, Module, PrivatePcscd, Token};

const CARD_MANAGER: &str = "00:A4:04:00:08:A0:00:00:00:03:00:00:00";

#[test]
fn a_blank_card_is_an_uninitialised_token_and_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let pcscd = PrivatePcscd::start(folder.path(), 1, Lifetime::OfStage).unwrap();
    let slot = pcscd.slot(0).unwrap();
    let card = CardImage::make(&folder.path().join("card.img"), &[]).unwrap();
    for _ in 0..2 {
        let emulator = EmulatorProcess::insert(&pcscd, slot, &card, Lifetime::OfStage).unwrap();
        let token = Token::new(Module::CoolKey, &pcscd, &slot.reader, folder.path());
        let seen = token.slot().unwrap();
        assert!(seen.contains("uninitialized"), "{seen}");
        let answer = pcscd
            .program("opensc-tool")
            .args(["--reader", &slot.reader, "--send-apdu", CARD_MANAGER])
            .succeed()
            .unwrap();
        assert!(answer.text().contains("SW1=0x90, SW2=0x00"), "{}", answer.text());
        emulator.pull(&pcscd).unwrap();
        assert!(card.info().unwrap().contains(card.cuid()));
    }
}

#[test]
fn a_card_comes_back_when_its_reader_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let card = CardImage::make(&folder.path().join("card.img"), &[]).unwrap();
    let first = PrivatePcscd::start(folder.path(), 1, Lifetime::OfStage).unwrap();
    let slot = first.slot(0).unwrap().clone();
    let mut emulator = EmulatorProcess::insert(&first, &slot, &card, Lifetime::OfStage).unwrap();
    let again = first.restart().unwrap();
    end_to_end::emulator::wait_for_card(&again, &slot, true).unwrap();
    assert!(emulator.process().exit_status().unwrap().is_none());
}
