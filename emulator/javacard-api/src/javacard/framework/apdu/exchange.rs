//! One command and its response, as `APDU` leads an applet through them: a state machine without the machine
//! [JCAPI 3.0.5 javacard.framework.APDU].
//!
//! The whole command is here from the beginning and the whole response is collected, whatever the protocol: blocks, GET RESPONSE and
//! `6Cxx` are between the card and the reader. So the errors of a transmission under way (`IO_ERROR`, `NO_T0_GETRESPONSE`,
//! `T1_IFD_ABORT`, `NO_T0_REISSUE`) never come.

use iso7816::Command;

use crate::Protocol;

/// Length of the APDU buffer, in bytes: a header with Lc, and 256 bytes [JCRE 3.0.5 §4.4].
pub(crate) const BUFFER_LENGTH: usize = 261;
/// Where data begins after a short Lc.
const OFFSET_CDATA: usize = 5;
/// Where data begins after an extended Lc.
const OFFSET_EXT_CDATA: usize = 7;
/// Longest short response, and what `setOutgoing` says when no Le is known, in bytes.
const SHORT_RESPONSE_MAX: i16 = 256;
/// Longest Lc of a short command, in bytes.
const SHORT_DATA_MAX: usize = 255;
/// Information field of a T=1 block in either direction, in bytes [ISO 7816-3 §11.4.2].
const T1_BLOCK: i16 = 254;
/// Block sizes of T=0: single bytes in, a response with its status out.
const T0_IN_BLOCK: i16 = 1;
const T0_OUT_BLOCK: i16 = 258;

/// Why a step is refused: reasons of `APDUException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `ILLEGAL_USE`.
    IllegalUse,
    /// `BUFFER_BOUNDS`.
    BufferBounds,
    /// `BAD_LENGTH`.
    BadLength,
}

impl Refusal {
    /// The reason code.
    pub(crate) const fn reason(self) -> i16 {
        match self {
            Self::IllegalUse => 1,
            Self::BufferBounds => 2,
            Self::BadLength => 3,
        }
    }
}

/// Where the exchange stands: `APDU.STATE_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Initial = 0,
    PartialIncoming = 1,
    FullIncoming = 2,
    Outgoing = 3,
    OutgoingLengthKnown = 4,
    PartialOutgoing = 5,
    FullOutgoing = 6,
}

/// A command on its way through an applet.
pub(crate) struct Exchange {
    command: Command,
    protocol: Protocol,
    /// Whether the applet accepts extended lengths.
    extended: bool,
    state: State,
    received: usize,
    /// What `setOutgoingLength` announced.
    announced: usize,
    response: Vec<u8>,
}

impl Exchange {
    /// The beginning of an exchange. `extended`: the applet implements `javacardx.apdu.ExtendedLength`.
    pub(crate) const fn new(command: Command, protocol: Protocol, extended: bool) -> Self {
        Self {
            command,
            protocol,
            extended,
            state: State::Initial,
            received: 0,
            announced: 0,
            response: Vec::new(),
        }
    }

    /// The command.
    pub(crate) const fn command(&self) -> &Command {
        &self.command
    }

    /// Where it stands.
    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// Whether the lengths of the command are coded in three bytes.
    fn is_extended(&self) -> bool {
        self.command.data.len() > SHORT_DATA_MAX
            || self.command.expected.is_some_and(|le| le > SHORT_RESPONSE_MAX.unsigned_abs().into())
    }

    /// Whether the applet cannot take the command because of its length.
    pub(crate) fn is_too_long(&self) -> bool {
        !self.extended && self.is_extended()
    }

    /// What is in the buffer when `process` begins: header, Lc or Le, and as much of the data as fits. Applets read data that they
    /// did not receive; on a chip with T=1 it is there, too.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        let command = &self.command;
        let mut buffer = command.header.to_bytes().to_vec();
        let length = if command.data.is_empty() {
            command.expected.unwrap_or(0)
        } else {
            u32::try_from(command.data.len()).unwrap_or(u32::MAX)
        };
        let length = length.to_be_bytes();
        // The last byte, or the last two after a zero: 256 and 65,536 become zeros by themselves.
        let [_, _, high, low] = length;
        if self.is_extended() {
            buffer.extend([0, high, low]);
        } else {
            buffer.push(low);
        }
        let room = BUFFER_LENGTH.saturating_sub(buffer.len());
        buffer.extend(command.data.iter().take(room));
        buffer.resize(BUFFER_LENGTH, 0);
        buffer
    }

    /// `getInBlockSize`.
    pub(crate) const fn in_block(protocol: Protocol) -> i16 {
        if matches!(protocol, Protocol::T0) { T0_IN_BLOCK } else { T1_BLOCK }
    }

    /// `getOutBlockSize`.
    pub(crate) const fn out_block(protocol: Protocol) -> i16 {
        if matches!(protocol, Protocol::T0) { T0_OUT_BLOCK } else { T1_BLOCK }
    }

    /// `setIncomingAndReceive`: the first part of the data, and where it goes.
    pub(crate) fn set_incoming(&mut self) -> Result<(usize, &[u8]), Refusal> {
        if self.state != State::Initial {
            return Err(Refusal::IllegalUse);
        }
        let offset = self.data_offset();
        self.state = State::PartialIncoming;
        let data = self.take(BUFFER_LENGTH - offset);
        Ok((offset, data))
    }

    /// `receiveBytes`: the next part of the data.
    pub(crate) fn receive(&mut self, offset: i16) -> Result<&[u8], Refusal> {
        if !matches!(self.state, State::PartialIncoming | State::FullIncoming) {
            return Err(Refusal::IllegalUse);
        }
        let Ok(offset) = usize::try_from(offset) else { return Err(Refusal::BufferBounds) };
        let left = self.command.data.len() - self.received;
        let block = usize::from(Self::in_block(self.protocol).unsigned_abs()).min(left);
        let room = BUFFER_LENGTH.checked_sub(offset).ok_or(Refusal::BufferBounds)?;
        if room < block {
            return Err(Refusal::BufferBounds);
        }
        Ok(self.take(room))
    }

    fn take(&mut self, room: usize) -> &[u8] {
        let from = self.received;
        let to = self.command.data.len().min(from + room);
        self.received = to;
        if to == self.command.data.len() {
            self.state = State::FullIncoming;
        }
        self.command.data.get(from..to).unwrap_or_default()
    }

    fn data_offset(&self) -> usize {
        if self.is_extended() { OFFSET_EXT_CDATA } else { OFFSET_CDATA }
    }

    /// `getIncomingLength` and `getOffsetCdata`.
    pub(crate) fn incoming(&self) -> Result<(usize, usize), Refusal> {
        if !matches!(self.state, State::PartialIncoming | State::FullIncoming) {
            return Err(Refusal::IllegalUse);
        }
        Ok((self.command.data.len(), self.data_offset()))
    }

    /// `setOutgoing` and `setOutgoingNoChaining`: what is expected. With T=0 a command with data has no Le; without one, an applet may
    /// send as much as a short response holds.
    pub(crate) fn set_outgoing(&mut self) -> Result<i16, Refusal> {
        if self.state >= State::Outgoing {
            return Err(Refusal::IllegalUse);
        }
        self.state = State::Outgoing;
        let unknown = self.protocol == Protocol::T0 && !self.command.data.is_empty();
        Ok(match self.command.expected {
            Some(_) if unknown && !self.is_extended() => SHORT_RESPONSE_MAX,
            Some(expected) => i16::try_from(expected).unwrap_or(i16::MAX),
            None => SHORT_RESPONSE_MAX,
        })
    }

    /// `setOutgoingLength`.
    pub(crate) fn set_outgoing_length(&mut self, length: i16) -> Result<(), Refusal> {
        if self.state != State::Outgoing {
            return Err(Refusal::IllegalUse);
        }
        if length > SHORT_RESPONSE_MAX && !self.extended {
            return Err(Refusal::BadLength);
        }
        self.announced = usize::try_from(length).map_err(|_| Refusal::BadLength)?;
        self.state = State::OutgoingLengthKnown;
        Ok(())
    }

    /// Checks a `sendBytes` or `sendBytesLong` before anything is read.
    pub(crate) fn may_send(&self, length: i16) -> Result<(), Refusal> {
        if !matches!(
            self.state,
            State::OutgoingLengthKnown | State::PartialOutgoing | State::FullOutgoing
        ) {
            return Err(Refusal::IllegalUse);
        }
        let length = usize::try_from(length).map_err(|_| Refusal::BufferBounds)?;
        if self.response.len() + length > self.announced {
            return Err(Refusal::IllegalUse);
        }
        Ok(())
    }

    /// Sends bytes that [`Exchange::may_send`] allowed.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.response.extend_from_slice(bytes);
        self.state = if self.response.len() >= self.announced {
            State::FullOutgoing
        } else {
            State::PartialOutgoing
        };
    }

    /// `setOutgoingAndSend`: everything at once.
    pub(crate) fn may_send_all(&self) -> Result<(), Refusal> {
        if self.state >= State::Outgoing { Err(Refusal::IllegalUse) } else { Ok(()) }
    }

    /// Sends everything at once.
    pub(crate) fn send_all(&mut self, bytes: &[u8]) {
        self.announced = bytes.len();
        self.send(bytes);
    }

    /// What was sent.
    pub(crate) fn into_response(self) -> Vec<u8> {
        self.response
    }
}

/// What the class byte says [ISO 7816-4 §5.4.1, JCRE 3.0.5 §4.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(pub(crate) u8);

impl Class {
    /// Bit 8 is zero: the interindustry class.
    pub(crate) const fn is_interindustry(self) -> bool {
        self.0 & 0x80 == 0
    }

    /// Further interindustry coding, for channels 4 to 19.
    const fn is_further(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Part of a chain that is not its last command.
    pub(crate) const fn is_chaining(self) -> bool {
        self.0 & 0x10 != 0 && self.is_valid()
    }

    /// Secure messaging, in either coding.
    pub(crate) const fn is_secure_messaging(self) -> bool {
        let mask = if self.is_further() { 0x20 } else { 0x0C };
        self.0 & mask != 0 && self.is_valid()
    }

    /// Not reserved: neither 001xxxxx nor FF.
    pub(crate) const fn is_valid(self) -> bool {
        self.0 & 0xE0 != 0x20 && self.0 != 0xFF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(data: usize, expected: Option<u32>) -> Command {
        let data: Vec<u8> = (0..data).map(|index| u8::try_from(index % 251).unwrap()).collect();
        let command = Command::new(0x80, 0x10, 1, 2).with_data(data);
        Command { expected, ..command }
    }

    fn exchange(data: usize, expected: Option<u32>) -> Exchange {
        Exchange::new(command(data, expected), Protocol::T1, false)
    }

    #[test]
    fn the_buffer_tells_lc_le_or_nothing() {
        assert_eq!(exchange(0, None).buffer()[..6], [0x80, 0x10, 1, 2, 0, 0]);
        assert_eq!(exchange(0, Some(16)).buffer()[..5], [0x80, 0x10, 1, 2, 16]);
        assert_eq!(exchange(0, Some(256)).buffer()[4], 0);
        assert_eq!(exchange(3, Some(16)).buffer()[..9], [0x80, 0x10, 1, 2, 3, 0, 1, 2, 0]);
        let long = Exchange::new(command(300, Some(65_536)), Protocol::T1, true);
        assert_eq!(long.buffer()[..9], [0x80, 0x10, 1, 2, 0, 1, 44, 0, 1]);
        assert_eq!(long.buffer().len(), BUFFER_LENGTH);
        let expected = Exchange::new(command(0, Some(65_536)), Protocol::T1, true);
        assert_eq!(expected.buffer()[4..7], [0, 0, 0]);
    }

    #[test]
    fn data_is_received_once() {
        let mut short = exchange(20, None);
        assert_eq!(short.incoming(), Err(Refusal::IllegalUse));
        assert_eq!(short.set_incoming().unwrap().1.len(), 20);
        assert_eq!(short.state(), State::FullIncoming);
        assert_eq!(short.incoming(), Ok((20, 5)));
        assert_eq!(short.receive(5).unwrap().len(), 0);
        assert_eq!(short.set_incoming(), Err(Refusal::IllegalUse));
        assert_eq!(short.set_outgoing(), Ok(256));
        assert_eq!(short.receive(5), Err(Refusal::IllegalUse));
        assert_eq!(short.incoming(), Err(Refusal::IllegalUse));
    }

    #[test]
    fn long_data_comes_in_parts() {
        let mut long = Exchange::new(command(600, None), Protocol::T1, true);
        let (offset, first) = long.set_incoming().unwrap();
        assert_eq!((offset, first.len()), (7, 254));
        assert_eq!(long.state(), State::PartialIncoming);
        assert_eq!(long.receive(8), Err(Refusal::BufferBounds), "no room for a block");
        assert_eq!(long.receive(-1), Err(Refusal::BufferBounds));
        assert_eq!(long.receive(7).unwrap().len(), 254);
        assert_eq!(long.receive(100).unwrap().len(), 92, "the rest needs less room");
        assert_eq!(long.state(), State::FullIncoming);
        assert_eq!(long.incoming(), Ok((600, 7)));
    }

    #[test]
    fn a_command_without_data_receives_nothing() {
        let mut none = exchange(0, Some(8));
        assert_eq!(none.set_incoming(), Ok((5, &[][..])));
        assert_eq!(none.state(), State::FullIncoming);
        assert_eq!(none.set_outgoing(), Ok(8));
    }

    #[test]
    fn what_is_expected_depends_on_the_protocol() {
        let expected = |protocol, data, le| {
            Exchange::new(command(data, le), protocol, true).set_outgoing().unwrap()
        };
        assert_eq!(expected(Protocol::T1, 4, Some(20)), 20);
        assert_eq!(expected(Protocol::T0, 4, Some(20)), 256, "Le of a case 4 command is not known");
        assert_eq!(expected(Protocol::T0, 0, Some(20)), 20);
        assert_eq!(expected(Protocol::T1, 0, Some(256)), 256);
        assert_eq!(expected(Protocol::T1, 0, Some(65_536)), i16::MAX);
        assert_eq!(expected(Protocol::T1, 4, None), 256);
    }

    #[test]
    fn a_response_has_the_length_that_was_announced() {
        let mut out = exchange(0, None);
        assert_eq!(out.set_outgoing_length(4), Err(Refusal::IllegalUse));
        out.set_outgoing().unwrap();
        assert_eq!(out.set_outgoing(), Err(Refusal::IllegalUse));
        assert_eq!(out.may_send(1), Err(Refusal::IllegalUse), "the length is not known");
        assert_eq!(out.set_outgoing_length(257), Err(Refusal::BadLength));
        assert_eq!(out.set_outgoing_length(-1), Err(Refusal::BadLength));
        out.set_outgoing_length(4).unwrap();
        assert_eq!(out.set_outgoing_length(4), Err(Refusal::IllegalUse));
        assert_eq!(out.may_send(-1), Err(Refusal::BufferBounds));
        out.may_send(3).unwrap();
        out.send(&[1, 2, 3]);
        assert_eq!(out.state(), State::PartialOutgoing);
        assert_eq!(out.may_send(2), Err(Refusal::IllegalUse));
        out.send(&[4]);
        assert_eq!(out.state(), State::FullOutgoing);
        assert_eq!(out.may_send_all(), Err(Refusal::IllegalUse));
        assert_eq!(out.into_response(), [1, 2, 3, 4]);
    }

    #[test]
    fn extended_length_is_for_those_who_ask_for_it() {
        assert!(exchange(256, None).is_too_long());
        assert!(exchange(0, Some(257)).is_too_long());
        assert!(!exchange(255, Some(256)).is_too_long());
        let mut long = Exchange::new(command(0, Some(65_536)), Protocol::T1, true);
        assert!(!long.is_too_long());
        long.set_outgoing().unwrap();
        assert_eq!(long.set_outgoing_length(2000), Ok(()));
    }

    #[test]
    fn the_class_byte_is_read_in_both_codings() {
        assert!(Class(0x00).is_interindustry() && !Class(0x80).is_interindustry());
        assert!(Class(0x10).is_chaining() && !Class(0x00).is_chaining());
        assert!(Class(0x04).is_secure_messaging() && Class(0x84).is_secure_messaging());
        assert!(Class(0x60).is_secure_messaging() && !Class(0x44).is_secure_messaging());
        assert!(!Class(0x20).is_valid() && !Class(0xFF).is_valid() && Class(0xE0).is_valid());
    }
}
