//! A reader that counts, lies and loses its card, and a run on it.

use std::{cell::RefCell, path::PathBuf, rc::Rc};

use cardinal_conformance::{
    case::{Case, Effect, Level, Run},
    engine::{self, End, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::Step,
    probe::Profile,
    session::{Installation, SecureChannel, Session},
    subject::{Plugged, SubjectKeys},
    verdict::{Ruling, Stop},
};
use cardinal_emulator::InProcessReader;
use globalplatform::{Key, KeySet};
use iso7816::Atr;
use reader::{CardReader, ReaderError};

/// What happens between reader and card.
#[derive(Default)]
pub(crate) struct Wire {
    /// Commands and answers.
    pub(crate) exchanges: Vec<(Vec<u8>, Vec<u8>)>,
    /// An instruction that the card takes whatever it is.
    pub(crate) accepts: Option<u8>,
    /// After how many more commands the card is pulled; the last one is done, but its answer is lost.
    pub(crate) pulled_after: Option<usize>,
    /// An instruction at which the card is pulled.
    pub(crate) pulled_at: Option<u8>,
    /// Whether the card is out.
    pub(crate) out: bool,
}

impl Wire {
    pub(crate) fn sent(&self, ins: u8) -> impl Iterator<Item = &(Vec<u8>, Vec<u8>)> {
        self.exchanges.iter().filter(move |(command, _)| command.get(1) == Some(&ins))
    }

    pub(crate) fn count(&self, ins: u8) -> usize {
        self.sent(ins).count()
    }

    fn is_pulled(&mut self, command: &[u8]) -> bool {
        let counted = self.pulled_after.as_mut().is_some_and(|left| {
            *left = left.saturating_sub(1);
            *left == 0
        });
        if counted {
            self.pulled_after = None;
        }
        counted || (self.pulled_at.is_some() && command.get(1).copied() == self.pulled_at)
    }
}

struct Watched {
    card: Rc<RefCell<InProcessReader>>,
    wire: Rc<RefCell<Wire>>,
}

impl Watched {
    fn in_place(&self) -> Result<(), ReaderError> {
        if self.wire.borrow().out { Err(ReaderError::CardRemoved) } else { Ok(()) }
    }
}

impl CardReader for Watched {
    fn name(&self) -> &'static str {
        "watched"
    }
    fn connect(&mut self) -> Result<Atr, ReaderError> {
        self.in_place()?;
        self.card.borrow_mut().connect()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.in_place()?;
        let mut wire = self.wire.borrow_mut();
        let answer = if wire.accepts.is_some() && command.get(1).copied() == wire.accepts {
            vec![0x90, 0x00]
        } else {
            self.card.borrow_mut().transmit(command)?
        };
        if wire.is_pulled(command) {
            wire.out = true;
            return Err(ReaderError::CardRemoved);
        }
        wire.exchanges.push((command.to_vec(), answer.clone()));
        Ok(answer)
    }
    fn reset(&mut self) -> Result<Atr, ReaderError> {
        self.in_place()?;
        self.card.borrow_mut().reset()
    }
    fn disconnect(&mut self) -> Result<(), ReaderError> {
        self.card.borrow_mut().disconnect()
    }
}

/// A card on the bench.
pub(crate) struct Bench {
    card: Rc<RefCell<InProcessReader>>,
    pub(crate) wire: Rc<RefCell<Wire>>,
    pub(crate) keys: KeySet,
    pub(crate) ledger: Option<(PathBuf, u32)>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let test_key: [u8; 16] = core::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
        Self {
            card: Rc::new(RefCell::new(InProcessReader::blank().unwrap())),
            wire: Rc::default(),
            keys: KeySet::same(&Key::des3(test_key)),
            ledger: None,
        }
    }

    fn subject(&self) -> Plugged<Watched> {
        let reader = Watched { card: Rc::clone(&self.card), wire: Rc::clone(&self.wire) };
        Plugged::new(reader, Some(SubjectKeys::of(0, self.keys.clone())))
    }

    fn guard(&self) -> Guard {
        let ledger = self.ledger.as_ref().map_or_else(Ledger::in_memory, |(folder, tries)| {
            Ledger::open(folder, "card", Some(*tries)).unwrap()
        });
        Guard::new(ledger, 1, false)
    }

    pub(crate) fn probe(&mut self, ceiling: Effect) -> Result<Profile, Stop> {
        engine::probe(&mut self.subject(), &mut self.guard(), ceiling)
    }

    pub(crate) fn with_runner<T>(
        &mut self,
        profile: &Profile,
        body: impl FnOnce(&mut Runner<'_>) -> T,
    ) -> T {
        let (mut subject, mut guard) = (self.subject(), self.guard());
        body(&mut Runner { subject: &mut subject, profile, guard: &mut guard, seed: 1 })
    }

    pub(crate) fn run_with(&mut self, profile: &Profile, steps: &[Step]) -> (Vec<Outcome>, End) {
        self.with_runner(profile, |runner| runner.run(steps, &mut |_: &Outcome| {}).unwrap())
    }

    pub(crate) fn run(&mut self, ceiling: Effect, steps: &[Step]) -> (Vec<Outcome>, End) {
        let profile = self.probe(ceiling).unwrap();
        self.run_with(&profile, steps)
    }

    pub(crate) fn run_all(
        &mut self,
        ceiling: Effect,
        cases: &[&'static Case],
    ) -> (Vec<Outcome>, End) {
        self.run(ceiling, &steps(cases))
    }
}

pub(crate) fn steps(cases: &[&'static Case]) -> Vec<Step> {
    cases.iter().map(|case| Step { case, allowed: true }).collect()
}

/// A case of the tests.
pub(crate) const fn case(
    id: &'static str,
    effect: Effect,
    run: fn(&mut Session<'_>) -> Ruling,
) -> Case {
    Case {
        id,
        number: "T-00",
        title: "for a test",
        clause: "GPCS 2.3.1 §11",
        level: Level::Must,
        effect,
        requires: &[],
        run: Run::Card(run),
    }
}

/// AID of a supplementary security domain of the tests.
pub(crate) fn instance(number: u8) -> Vec<u8> {
    vec![0xA0, 0x00, 0x00, 0x01, 0x51, 0x54, 0x45, 0x53, 0x54, number]
}

/// Makes a security domain of the load file that comes with the card.
pub(crate) fn installation(instance: &[u8]) -> Installation<'_> {
    Installation {
        package: &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50],
        module: &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41],
        instance,
        privileges: &[0x80],
        parameters: &[0xC9, 0x00],
    }
}

pub(crate) fn install(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    number: u8,
) -> Result<(), Stop> {
    session.install(secure, &installation(&instance(number))).map(|_| ())
}
