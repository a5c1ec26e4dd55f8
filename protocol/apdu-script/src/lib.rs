//! APDU scripts: what a host sends to a card and what the card answers, as text that can be played against any card.
//!
//! A recorded session cannot be replayed byte for byte, for cryptograms and MACs depend on the card's challenge. A script therefore keeps
//! the plain commands; [`play`] is the host that performs the handshakes and wraps the commands.
//!
//! ```text
//! # A comment, to the end of the line.
//! card scp=02 i=15                       what the card must be; several such lines: the script is for each of these cards
//! host gppro                             whose habits the secure channel has: gppro, gpshell or tps
//! keys new 101112131415161718191A1B1C1D1E1F     a key set by name: one key for all three, or three
//! let app D2 76 00 00 85 01 01 01        bytes by name
//! reset                                  the card is powered off and on
//! select $app => * 9000                  SELECT; every secure channel is over
//! open 00 03                             secure channel: key version, security level; then `keys=NAME`
//! 80 F2 40 02 (4F 00) 00 => E3 * 9000 or 6A88   a command, wrapped while a channel is open
//! plain 80 CA 00 66 00 => 66 * 9000      one that is not
//! raw 80 F2 40                           bytes that are no command
//! on scp=03 80 CA 00 C1 00 => C103 * 9000    a line for cards of this protocol only
//! load $file 239 00 => 00 9000           LOAD in blocks of plain data, each with this Le
//! ```
//!
//! Bytes are hex digits, spaced as one likes. `(…)` is a length and so many bytes: Lc when it is a command's data, BER inside. `<…>` is
//! encrypted with the data encryption key of the open channel. `$name` stands for bytes, `$name[2:10]` for some of them, `$isd` for the
//! issuer security domain, `$scp` for the protocol and its option. A line that ends in `\` goes on in the next one.
//!
//! In an expected answer, `..` is any byte and `*` any number of bytes; the status word comes last, `|` between several that may come, `.`
//! for any digit of it; ` or ` stands between whole answers. Without `=>`, a handshake must succeed; `open 00 03 keys=wrong => 6300` expects it
//! to end with that status word, and goes on to EXTERNAL AUTHENTICATE even if the card cryptogram is wrong.

mod card;
mod error;
mod expression;
mod parse;
mod pattern;
mod play;
mod script;

pub use self::{
    card::{CardSpec, HostDialect},
    error::{Failure, FailureKind, SyntaxError, SyntaxErrorKind},
    expression::Expression,
    pattern::Pattern,
    play::{Played, Subject, play},
    script::{Action, Library, Protection, Script, Step},
};

/// Longest script, in bytes.
pub const SCRIPT_LENGTH_MAX: usize = 512 * 1024;
/// Most commands, handshakes and resets of a script.
pub const STEPS_MAX: usize = 4_096;
/// Most names of constants, and most of key sets.
pub const NAMES_MAX: usize = 64;
/// Deepest nesting of groups in an expression.
pub const NESTING_MAX: usize = 8;
/// Longest value of an expression, in bytes.
pub const VALUE_LENGTH_MAX: usize = 64 * 1024;
/// Longest expected answer, in elements.
pub const PATTERN_LENGTH_MAX: usize = 1_024;
