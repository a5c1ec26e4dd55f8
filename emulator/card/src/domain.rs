//! Security domains: the commands they know, when they obey them, and how they come to them [GPCS 2.3.1 §11].

mod authorization;
mod card_data;
mod content;
mod delegation;
mod delete;
mod extradition;
mod get_data;
mod get_status;
mod install;
mod load;
mod load_file;
mod new_key;
mod privileges;
mod put_key;
mod set_status;
mod store_data;

use faults::Fault;
use globalplatform::command::CommandError;
use iso7816::{Command, Response, StatusWord};

pub(crate) use self::{authorization::Authority, content::DOMAIN_LOAD_FILE_VERSION};
pub use self::{
    content::{DOMAIN_LOAD_FILE, DOMAIN_MODULE},
    load::LoadPolicy,
};
use crate::{
    card::Card,
    channel::{CHAIN_LENGTH_MAX, Chain},
    secure_channel::{SecureChannel, Session},
    state::Domain,
    trace::Event,
};

/// Bit of P1: more segments of this command follow [GPCS 2.3.1 §11.1.5.1].
const MORE_SEGMENTS: u8 = 0x80;
/// Card life cycle states [GPCS 2.3.1 §11.1.1].
const CARD_LOCKED: u8 = 0x7F;
const TERMINATED: u8 = 0xFF;
const INITIALIZE_UPDATE: u8 = 0x50;
const EXTERNAL_AUTHENTICATE: u8 = 0x82;
const GET_RESPONSE: u8 = 0xC0;

/// The response of the content management commands: no confirmation follows.
const NO_CONFIRMATION: u8 = 0x00;

/// Who got a command: a security domain, on a logical channel.
#[derive(Clone, Copy)]
struct Receiver {
    channel: usize,
    domain: Domain,
}

type Handler = fn(&mut Card, Receiver, &Command) -> Result<Response, StatusWord>;

/// A command of security domains, and when it is obeyed [GPCS 2.3.1 §11.1.2, tables 11-1 and 11-2].
struct Instruction {
    ins: u8,
    /// Also with the interindustry class.
    interindustry: bool,
    /// Only in an authenticated session.
    authenticated: bool,
    /// Bit 8 of P1 chains segments.
    chained: bool,
    /// The last life cycle state of the card in which it is obeyed.
    until: u8,
    obey: Handler,
}

/// SECURED: the last state in which content and keys may change.
const SECURED: u8 = 0x0F;

/// What is not in the table: refused only after it came through the secure channel, so that the chain of MACs goes on.
const UNKNOWN: Instruction =
    instruction(0, TERMINATED, |_, _, _| Err(unknown_instruction())).open().interindustry();

/// One table of all commands; what is not in it is answered 6D00.
const INSTRUCTIONS: [Instruction; 13] = [
    instruction(INITIALIZE_UPDATE, CARD_LOCKED, Card::initialize_update).open(),
    instruction(0x78, CARD_LOCKED, Card::rmac_session),
    instruction(0x7A, CARD_LOCKED, Card::rmac_session),
    instruction(EXTERNAL_AUTHENTICATE, CARD_LOCKED, Card::external_authenticate).open(),
    instruction(0xCA, TERMINATED, Card::get_data).open().interindustry(),
    instruction(0xCB, TERMINATED, Card::get_application_list).open().interindustry(),
    instruction(0xD8, SECURED, Card::put_key).chained(),
    instruction(0xE2, SECURED, Card::store_data),
    instruction(0xE4, SECURED, Card::delete).chained(),
    instruction(0xE6, SECURED, Card::obey_install).chained(),
    instruction(0xE8, SECURED, Card::obey_load),
    instruction(0xF0, CARD_LOCKED, Card::set_status),
    instruction(0xF2, CARD_LOCKED, Card::get_status),
];

const fn instruction(ins: u8, until: u8, obey: Handler) -> Instruction {
    Instruction { ins, interindustry: false, authenticated: true, chained: false, until, obey }
}

impl Instruction {
    const fn open(mut self) -> Self {
        self.authenticated = false;
        self
    }

    const fn interindustry(mut self) -> Self {
        self.interindustry = true;
        self
    }

    const fn chained(mut self) -> Self {
        self.chained = true;
        self
    }
}

/// Whether a fault obeys a command without a session.
fn is_let_in(ins: u8) -> bool {
    match ins {
        0xF2 => faults::active(Fault::GetStatusWithoutAuthentication),
        0xE4 | 0xE6 | 0xE8 => faults::active(Fault::ContentWithoutAuthentication),
        _ => false,
    }
}

/// What the card answers to an instruction that it does not know.
fn unknown_instruction() -> StatusWord {
    if faults::active(Fault::UnknownInstructionWrongStatus) {
        return StatusWord::UNKNOWN;
    }
    StatusWord::INS_NOT_SUPPORTED
}

/// What the card answers to a data field or parameters that are none of the command's.
#[allow(clippy::needless_pass_by_value)] // for map_err
const fn refused(error: CommandError) -> StatusWord {
    error.status()
}

impl Card {
    /// Answers a command to a security domain.
    pub(crate) fn security_domain(
        &mut self,
        channel: usize,
        domain: Domain,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let receiver = Receiver { channel, domain };
        let header = command.header;
        // Classes: interindustry or GlobalPlatform, no command chaining of ISO [GPCS 2.3.1 §11.1.4].
        if !has_known_class(header.cla) && !faults::active(Fault::UnknownClassObeyed) {
            return Err(StatusWord::CLA_NOT_SUPPORTED);
        }
        let proprietary = header.cla & 0x80 != 0;
        let known = INSTRUCTIONS.iter().find(|known| known.ins == header.ins);
        let instruction = known.unwrap_or(&UNKNOWN);
        if !proprietary && !instruction.interindustry {
            return Err(StatusWord::CLA_NOT_SUPPORTED);
        }
        // Nothing waits here, but some readers under T=0 ask also after a response that came whole. It is a matter of the transmission:
        // no session ends by it, and no chain of commands.
        if header.ins == GET_RESPONSE && !proprietary && !header.secure_messaging() {
            return Err(StatusWord::INS_NOT_SUPPORTED);
        }
        if header.cla & 0x40 == 0 && header.secure_messaging() && header.cla & 0x0C != 0x04 {
            return Err(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED);
        }
        let Some(command) = self.assemble(channel, instruction, command)? else {
            return Ok(Response::status(StatusWord::OK));
        };
        match header.ins {
            INITIALIZE_UPDATE | EXTERNAL_AUTHENTICATE => {
                self.check_state(receiver, instruction)?;
                (instruction.obey)(self, receiver, &command)
            }
            _ => self.through_session(receiver, instruction, &command),
        }
    }

    /// Collects the segments of a command chain; `None` while more are to come.
    fn assemble(
        &mut self,
        channel: usize,
        instruction: &Instruction,
        command: &Command,
    ) -> Result<Option<Command>, StatusWord> {
        let open = self.channel(channel)?;
        let mut header = command.header;
        let more = instruction.chained && header.p1 & MORE_SEGMENTS != 0;
        if more {
            header.p1 &= !MORE_SEGMENTS;
        }
        let Some(mut chain) = open.chain.take() else {
            if !more {
                return Ok(Some(command.clone()));
            }
            open.chain = Some(Chain { header, data: command.data.clone() });
            return Ok(None);
        };
        if chain.header != header {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        chain.data.extend_from_slice(&command.data);
        if chain.data.len() > CHAIN_LENGTH_MAX {
            return Err(StatusWord::WRONG_P1P2);
        }
        if more {
            open.chain = Some(chain);
            return Ok(None);
        }
        let Chain { header, data } = chain;
        Ok(Some(Command { header, data, expected: command.expected }))
    }

    /// Takes a command out of the secure channel, obeys it, and sends the response back through the channel.
    fn through_session(
        &mut self,
        receiver: Receiver,
        instruction: &Instruction,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let session_at = self.session_of(receiver);
        let mut channel = self.secure_channel(session_at)?;
        if matches!(channel.session, Session::Pending { .. })
            && !faults::active(Fault::AuthenticateAfterOtherCommand)
        {
            // EXTERNAL AUTHENTICATE had to follow INITIALIZE UPDATE.
            channel.close();
        }
        let begins = channel.implicit_set(command).is_some();
        if !begins && !channel.session.is_open() {
            let authenticated = instruction.authenticated && !is_let_in(instruction.ins);
            let secured = command.header.secure_messaging()
                && !faults::active(Fault::SecureMessagingWithoutSession);
            if authenticated || secured {
                return Err(StatusWord::SECURITY_STATUS);
            }
            self.check_state(receiver, instruction)?;
            return (instruction.obey)(self, receiver, command);
        }
        let plain = channel.unwrap(command)?;
        if begins {
            self.channel(receiver.channel)?.forget_processes();
        }
        let answer = self
            .check_state(receiver, instruction)
            .and_then(|()| (instruction.obey)(self, receiver, &plain))
            .unwrap_or_else(Response::status);
        self.log.trace.note(|| Event::Wrapped { response: answer.clone() });
        self.channel(session_at.channel)?.session.wrap(answer)
    }

    /// Where the session of a command is: on its own channel, unless a fault takes that of the basic one.
    fn session_of(&self, receiver: Receiver) -> Receiver {
        let open = |channel: usize| {
            let channel = self.channels.get(channel).and_then(Option::as_ref);
            channel.is_some_and(|channel| channel.session.is_open())
        };
        if !open(receiver.channel) && open(0) && faults::active(Fault::SessionOnAnyChannel) {
            return Receiver { channel: 0, ..receiver };
        }
        receiver
    }

    /// A card in a later state obeys fewer commands; a supplementary domain that is locked obeys none but GET DATA
    /// [GPCS 2.3.1 §5.3.2.4].
    fn check_state(&self, receiver: Receiver, instruction: &Instruction) -> Result<(), StatusWord> {
        let supplementary = receiver.domain != Domain::Issuer;
        let locked = supplementary
            && self.registry.life_cycle_of(receiver.domain) & crate::state::LOCKED != 0;
        let state = self.registry.isd.life_cycle;
        let too_late = state > instruction.until
            && !(state == CARD_LOCKED && faults::active(Fault::LockedCardTakesContent));
        if too_late || locked && instruction.authenticated {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }

    fn secure_channel(&mut self, receiver: Receiver) -> Result<SecureChannel<'_>, StatusWord> {
        let open = self.channels.get_mut(receiver.channel).and_then(Option::as_mut);
        Ok(SecureChannel {
            session: &mut open.ok_or(StatusWord::CHANNEL_NOT_SUPPORTED)?.session,
            log: &mut self.log,
            random: self.random.as_mut(),
            personality: &self.personality,
            registry: &self.registry,
            selected: self.registry.aid_of(receiver.domain),
        })
    }

    fn initialize_update(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        if command.header.secure_messaging() {
            return Err(StatusWord::SECURITY_STATUS);
        }
        self.channel(receiver.channel)?.forget_processes();
        self.secure_channel(receiver)?.initialize_update(command).map(Response::ok)
    }

    fn external_authenticate(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        self.secure_channel(receiver)?.external_authenticate(command)?;
        Ok(Response::status(StatusWord::OK))
    }

    /// BEGIN and END R-MAC SESSION [GPCS 2.3.1 §E.5.3, §E.5.4].
    fn rmac_session(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        self.secure_channel(receiver)?.rmac_session(command)
    }
}

/// The first interindustry coding without chaining and reserved bits, or the further one without chaining, each also proprietary.
const fn has_known_class(cla: u8) -> bool {
    if cla & 0x40 == 0 { cla & 0x30 == 0 } else { cla & 0x10 == 0 }
}
