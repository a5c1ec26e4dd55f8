//! What the targets share: how an input is cut into pieces, and a card without chance in it.

pub mod vm;

use card::{Card, CardProfile, Random};
use globalplatform::Protocol;
use iso7816::{Aid, Response};

/// Most pieces of one input: enough for a handshake and what follows, few enough to run thousands of inputs a second.
pub const PIECES_MAX: usize = 48;

/// Package, module and instance AID of the token applet.
const COOLKEY: Aid = coolkey::APPLET_AID;

/// Cuts an input into pieces: two bytes of length (big endian), then so many bytes, or what is left.
pub fn pieces(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (length, rest) = input.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (piece, rest) = rest.split_at(length);
        input = rest;
        Some(piece)
    })
    .take(PIECES_MAX)
}

/// Bytes that count: a run of a target must depend on its input alone.
pub struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_mul(5).wrapping_add(113);
        }
    }
}

/// A card that has power, blank or with the token applet.
///
/// # Panics
/// When it cannot be made: that is a finding.
#[must_use]
pub fn card(protocol: Protocol, with_applet: bool) -> Card {
    let modules: Vec<Box<dyn card::ExecutableModule>> =
        vec![Box::new(applets::coolkey::CoolKeyModule::new(applets::coolkey::Build::LATEST))];
    let mut card = Card::new(&CardProfile::speaking(protocol), modules, Box::new(Counter(1)))
        .expect("the profile describes a card");
    if with_applet {
        card.install(COOLKEY, COOLKEY, &[]).expect("the applet can be installed");
    }
    card.power_on();
    card
}

/// Whatever a card is asked, it answers with a status word, and in a form that can be read.
///
/// # Panics
/// When it does not: that is a finding.
pub fn check_response(bytes: &[u8]) {
    let response = Response::parse(bytes).expect("an answer that can be read");
    assert_eq!(response.to_bytes(), bytes, "an answer that reads as it is written");
}
