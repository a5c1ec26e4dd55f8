//! The conformance suite: cases with a clause, a level and an effect, run on a subject through one engine.
//!
//! - [`case`]: what a case declares; [`catalogue`]: the cases there are.
//! - [`subject`]: what cases run on; [`session`]: a case's view of it: exchanges are recorded, nothing else reaches the reader.
//! - [`guard`]: stops what a case did not declare, and keeps the ledger of tries; [`undo`]: how a card is put right again;
//!   [`snapshot`]: whether it is.
//! - [`probe`]: what the subject can do, found out before the first case.
//! - [`journal`]: what a run leaves on the disk, so that it can go on after an interruption.
//! - [`plan`]: which cases run, in which order, under which effect ceiling; [`engine`]: runs the plan.
//! - [`document`]: certificates, lists of revoked certificates and OCSP responses, read so that lints can judge them.
//! - [`server`]: token-management servers as a client sees them.
//! - [`script`]: APDU scripts, played against a subject.
//! - [`specs`]: the clauses that are tracked, and which of them have cases; [`registry`]: the identifiers that cases have or had.
//! - [`strictness`]: how much of a verdict counts; [`expectations`]: what is known and waived of one subject, with dates.
//! - [`verdict`]: the graded outcome; [`report`]: JSON lines, and every form for people and machines that is made of them.
//!
//! The same case code runs on a card in this process, behind vpcd, and in a physical reader.

pub mod applets;
pub mod case;
pub mod catalogue;
pub mod document;
pub mod engine;
pub mod expectations;
pub mod guard;
pub mod journal;
pub mod plan;
pub mod probe;
pub mod registry;
pub mod report;
pub mod script;
#[cfg(feature = "mutants")]
pub mod selftest;
pub mod server;
pub mod session;
pub mod snapshot;
pub mod specs;
pub mod strictness;
pub mod subject;
pub mod undo;
pub mod verdict;
