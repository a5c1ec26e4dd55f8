//! The one table of the commands that are known by name.

use iso7816::{Command, Header};

use self::Answers::{Both, Card, Domain};
use super::{Description, Receiver, fields};

/// Who answers an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// The card's dispatcher, whatever is selected; interindustry class.
    Card,
    /// A security domain.
    Domain,
    /// A security domain, and applications that use its secure channel.
    Both,
    /// An application; interindustry class.
    Application,
}

type Fill = fn(&Command, &mut Description);

/// A command that has a name.
pub(super) struct Row {
    ins: u8,
    answers: Answers,
    pub(super) name: &'static str,
    pub(super) clause: &'static str,
    /// Secure messaging is part of its own definition: its data are never encrypted.
    pub(super) authenticates: bool,
    /// Bit 8 of P1 chains segments.
    pub(super) chained: bool,
    pub(super) fields: Fill,
    /// Hides what may be secret where the fields cannot be told apart.
    pub(super) hide: Fill,
}

const ISO: &str = "ISO 7816-4 §11";

const fn row(ins: u8, answers: Answers, name: &'static str, clause: &'static str) -> Row {
    Row {
        ins,
        answers,
        name,
        clause,
        authenticates: false,
        chained: false,
        fields: fields::parameters,
        hide: fields::nothing,
    }
}

const fn iso(ins: u8, name: &'static str) -> Row {
    row(ins, Answers::Application, name, ISO)
}

impl Row {
    const fn with(mut self, fields: Fill) -> Self {
        self.fields = fields;
        self
    }

    const fn chained(mut self) -> Self {
        self.chained = true;
        self
    }

    const fn authenticating(mut self) -> Self {
        self.authenticates = true;
        self
    }

    /// All data are secret: a PIN, whether by itself or under a cipher.
    const fn secret(mut self) -> Self {
        self.fields = fields::secret;
        self.hide = fields::all_secret;
        self
    }

    const fn hiding(mut self, hide: Fill) -> Self {
        self.hide = hide;
        self
    }

    fn matches(&self, header: Header, receiver: Receiver) -> bool {
        let interindustry = header.cla & 0x80 == 0;
        let answers = match self.answers {
            Card => interindustry,
            Domain => receiver == Receiver::SecurityDomain,
            Both => receiver == Receiver::SecurityDomain || !interindustry,
            Answers::Application => interindustry && receiver == Receiver::Application,
        };
        self.ins == header.ins && answers
    }
}

/// The row of a command. SELECT is the card's only by name, otherwise the application's.
pub(super) fn find(header: Header, receiver: Receiver) -> Option<&'static Row> {
    let by_name = header.p1 == 0x04;
    TABLE.iter().find(|row| {
        row.matches(header, receiver) && (row.ins != 0xA4 || by_name == (row.answers == Card))
    })
}

const TABLE: &[Row] = &[
    row(0x70, Card, "MANAGE CHANNEL", "GPCS 2.3.1 §11.7").with(fields::manage_channel),
    row(0xA4, Card, "SELECT", "GPCS 2.3.1 §11.9").with(fields::select),
    row(0xC0, Card, "GET RESPONSE", ISO),
    row(0x50, Both, "INITIALIZE UPDATE", "GPCS 2.3.1 §E.5.1").with(fields::initialize_update),
    row(0x82, Both, "EXTERNAL AUTHENTICATE", "GPCS 2.3.1 §E.5.2")
        .with(fields::external_authenticate)
        .authenticating(),
    row(0x78, Both, "END R-MAC SESSION", "GPCS 2.3.1 §E.5.4").with(fields::end_rmac),
    row(0x7A, Both, "BEGIN R-MAC SESSION", "GPCS 2.3.1 §E.5.3").with(fields::begin_rmac),
    row(0xCA, Domain, "GET DATA", "GPCS 2.3.1 §11.3").with(fields::get_data),
    row(0xCB, Domain, "GET DATA", "GPCS 2.3.1 §11.3").with(fields::get_data),
    row(0xD8, Domain, "PUT KEY", "GPCS 2.3.1 §11.8")
        .with(fields::put_key)
        .chained()
        .hiding(fields::all_secret),
    row(0xE2, Both, "STORE DATA", "GPCS 2.3.1 §11.11")
        .with(fields::store_data)
        .hiding(fields::hide_stored),
    row(0xE4, Domain, "DELETE", "GPCS 2.3.1 §11.2").with(fields::delete).chained(),
    row(0xE6, Domain, "INSTALL", "GPCS 2.3.1 §11.5").with(fields::install).chained(),
    row(0xE8, Domain, "LOAD", "GPCS 2.3.1 §11.6").with(fields::load),
    row(0xF0, Domain, "SET STATUS", "GPCS 2.3.1 §11.10").with(fields::set_status),
    row(0xF2, Domain, "GET STATUS", "GPCS 2.3.1 §11.4").with(fields::get_status),
    iso(0x0C, "ERASE RECORD"),
    iso(0x0E, "ERASE BINARY"),
    iso(0x20, "VERIFY").secret(),
    iso(0x21, "VERIFY").secret(),
    iso(0x22, "MANAGE SECURITY ENVIRONMENT"),
    iso(0x24, "CHANGE REFERENCE DATA").secret(),
    iso(0x25, "CHANGE REFERENCE DATA").secret(),
    iso(0x26, "DISABLE VERIFICATION REQUIREMENT").secret(),
    iso(0x28, "ENABLE VERIFICATION REQUIREMENT").secret(),
    iso(0x2A, "PERFORM SECURITY OPERATION"),
    iso(0x2C, "RESET RETRY COUNTER").secret(),
    iso(0x2D, "RESET RETRY COUNTER").secret(),
    iso(0x44, "ACTIVATE FILE"),
    iso(0x46, "GENERATE ASYMMETRIC KEY PAIR"),
    iso(0x47, "GENERATE ASYMMETRIC KEY PAIR"),
    iso(0x82, "EXTERNAL AUTHENTICATE"),
    iso(0x84, "GET CHALLENGE"),
    iso(0x86, "GENERAL AUTHENTICATE"),
    iso(0x87, "GENERAL AUTHENTICATE"),
    iso(0x88, "INTERNAL AUTHENTICATE"),
    iso(0xA0, "SEARCH BINARY"),
    iso(0xA2, "SEARCH RECORD"),
    iso(0xA4, "SELECT"),
    iso(0xB0, "READ BINARY"),
    iso(0xB1, "READ BINARY"),
    iso(0xB2, "READ RECORD"),
    iso(0xB3, "READ RECORD"),
    iso(0xC2, "ENVELOPE"),
    iso(0xCA, "GET DATA"),
    iso(0xCB, "GET DATA"),
    iso(0xD0, "WRITE BINARY"),
    iso(0xD2, "WRITE RECORD"),
    iso(0xD6, "UPDATE BINARY"),
    iso(0xD7, "UPDATE BINARY"),
    iso(0xDA, "PUT DATA"),
    iso(0xDB, "PUT DATA"),
    iso(0xDC, "UPDATE RECORD"),
    iso(0xDD, "UPDATE RECORD"),
    iso(0xE0, "CREATE FILE"),
    iso(0xE2, "APPEND RECORD"),
    iso(0xE4, "DELETE FILE"),
];
