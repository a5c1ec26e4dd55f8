//! Recorded sessions: handshakes, wrapped commands, protected responses.

use globalplatform::{
    Protocol, SecurityLevel, SessionKeys,
    command::chain,
    scp::{
        card,
        host::{self, Authenticating, Dialect, Handshake, ResumePoint},
    },
};
use iso7816::{Command, Header, Response, StatusWord};

use super::file::{Vector, Vectors};

/// Vectors whose MAC nothing in the file leads up to: the handshake before them is not recorded. All but their MAC is checked.
const MAC_NOT_VERIFIABLE: [&str; 3] = [
    "kaoh-scp01-i05-mac-getstatus/wrap-1",
    "pysim-scp03-aes128-03/wrap-3",
    "pysim-scp03-aes128-03/wrap-4",
];

fn authenticating(vector: &Vector) -> Authenticating {
    let answer = Response::ok(vector.input("initialize_update_response"));
    Handshake::new(&vector.input("host_challenge"))
        .with_option(vector.option())
        .answer(&answer)
        .unwrap()
}

pub(super) fn card_cryptogram(vector: &Vector) {
    let state = authenticating(vector);
    let keys =
        SessionKeys::derive(&vector.key_set(), state.answer(), state.host_challenge()).unwrap();
    let cryptogram = keys.card_cryptogram(state.answer(), state.host_challenge()).unwrap();
    assert_eq!(cryptogram.as_bytes(), vector.output("card_cryptogram"));
    assert_eq!(state.answer().to_bytes(), vector.input("initialize_update_response"));
    state.verify_card(keys).unwrap();
}

fn open(vector: &Vector, level: u8) -> (Command, host::Channel) {
    let verified = authenticating(vector).verify_with(&vector.key_set()).unwrap();
    verified.external_authenticate(SecurityLevel::from_bits_truncate(level)).unwrap()
}

pub(super) fn external_authenticate(vector: &Vector) {
    let (command, _) = open(vector, vector.input("security_level")[0]);
    let apdu = vector.output("apdu");
    // Some hosts append Le.
    assert_eq!(command.to_bytes().unwrap(), apdu[..5 + usize::from(apdu[4])]);
    assert!(apdu.ends_with(&vector.output("c_mac")) || apdu.len() > 5 + usize::from(apdu[4]));
    assert!(command.data.starts_with(&vector.output("host_cryptogram")));
}

fn plain(vector: &Vector) -> Command {
    let header: [u8; 4] = vector.input("plain_header").try_into().unwrap();
    let [cla, ins, p1, p2] = header;
    let mut command = Command::new(cla, ins, p1, p2).with_data(vector.input("plain_data"));
    command.expected = match vector.input("le").as_slice() {
        [] => None,
        [0] => Some(256),
        [le] => Some(u32::from(*le)),
        other => panic!("Le {other:?}"),
    };
    command
}

fn session_keys(vector: &Vector) -> SessionKeys {
    let mac = if vector.has("S_MAC") { "S_MAC" } else { "S_ENC" };
    let rmac = vector.has("S_RMAC").then(|| vector.key("S_RMAC"));
    SessionKeys::from_parts(vector.key("S_ENC"), vector.key(mac), rmac, None)
}

fn number(vector: &Vector) -> u64 {
    vector.number("command_number")
}

fn at(vector: &Vector, chain: &[u8], counter: u64) -> ResumePoint {
    let mut command_chain = [0; 16];
    command_chain[..chain.len()].copy_from_slice(chain);
    ResumePoint {
        level: SecurityLevel::from_bits_truncate(vector.input("security_level")[0]),
        command_chain,
        response_chain: [0; 8],
        counter: counter.into(),
    }
}

/// All states in which the session may be before command `number`: one, where the file has everything that leads there; more, where
/// a command is missing and any of the same project's might have been it.
fn states_before(vector: &Vector, number: u64, all: &Vectors) -> Vec<ResumePoint> {
    let session = vector.session();
    let of_session = |name: &str| all.of_session(session, name);
    if number == 1 {
        let start = of_session("card-cryptogram").or(of_session("external-authenticate"));
        let level = vector.input("security_level")[0];
        return start.iter().map(|start| open(start, level).1.resume_point().unwrap()).collect();
    }
    if let Some(response) = of_session(&format!("response-{}", number - 1)) {
        return vec![at(vector, &response.input("mac_chaining_value"), number - 1)];
    }
    let known = of_session(&format!("wrap-{}", number - 1));
    let protocol = vector.protocol();
    if let (Some(known), false) = (known, protocol.id() == 3 && protocol.mac_length() == 8) {
        // The MAC on the wire is the whole chaining value.
        let command = Command::parse(&known.output("apdu")).unwrap();
        let chain = command.data[command.data.len() - protocol.mac_length()..].to_vec();
        return vec![at(vector, &chain, number - 1)];
    }
    let project = session.split('-').next().unwrap();
    let candidates: Vec<_> = match known {
        Some(known) => vec![plain(known)],
        None => all
            .all
            .iter()
            .filter(|other| other.id.starts_with(project) && other.has("plain_header"))
            .map(plain)
            .collect(),
    };
    let mut states = Vec::new();
    for before in states_before(vector, number - 1, all) {
        for command in &candidates {
            let mut channel = resume(vector, &before);
            channel.wrap(command).unwrap();
            let state = channel.resume_point().unwrap();
            if !states.contains(&state) {
                states.push(state);
            }
        }
    }
    states
}

fn resume(vector: &Vector, point: &ResumePoint) -> host::Channel {
    let dialect = Dialect::GlobalPlatform;
    host::Channel::resume(vector.protocol(), session_keys(vector), point, dialect)
}

pub(super) fn wrap(vector: &Vector, all: &Vectors) {
    let command = plain(vector);
    let expected = Command::parse(&vector.output("apdu")).unwrap();
    if MAC_NOT_VERIFIABLE.contains(&vector.id.as_str()) {
        return wrap_without_mac(vector, &command, &expected);
    }
    let states = states_before(vector, number(vector), all);
    let found = states.iter().find(|state| {
        let wrapped = resume(vector, state).wrap(&command).unwrap();
        wrapped.header == expected.header && wrapped.data == expected.data
    });
    let state = found.expect("no state leads to the recorded command");
    let mut card = card::Channel::resume(vector.protocol(), session_keys(vector), state);
    let unwrapped = card.unwrap(&expected).unwrap();
    assert_eq!(unwrapped.data, command.data);
    assert_eq!(unwrapped.header, Header { cla: command.header.cla & !0x04, ..command.header });
}

fn wrap_without_mac(vector: &Vector, command: &Command, expected: &Command) {
    let point = at(vector, &[], number(vector) - 1);
    let wrapped = resume(vector, &point).wrap(command).unwrap();
    assert_eq!(wrapped.header, expected.header);
    assert_eq!(wrapped.data.len(), expected.data.len());
    let body = expected.data.len() - vector.protocol().mac_length();
    assert_eq!(wrapped.data[..body], expected.data[..body]);
}

pub(super) fn response(vector: &Vector) {
    let rencryption = vector.kind.contains("R-ENC");
    let point = ResumePoint {
        level: SecurityLevel::from_bits_truncate(if rencryption { 0x33 } else { 0x11 }),
        command_chain: vector.input("mac_chaining_value").try_into().unwrap(),
        response_chain: [0; 8],
        counter: number(vector).into(),
    };
    let status = StatusWord(u16::from_be_bytes(vector.input("sw").try_into().unwrap()));
    let protected = Response::new(vector.input("response"), status);
    assert!(protected.data.ends_with(&vector.output("r_mac")));
    let command = Command::new(0x80, 0xF2, 0x40, 0x02);
    let opened = resume(vector, &point).unwrap(&command, protected.clone()).unwrap();
    assert_eq!(opened.data, vector.output("plain"));
    assert_eq!(opened.status, status);

    let mut tampered = protected;
    *tampered.data.last_mut().unwrap() ^= 1;
    resume(vector, &point).unwrap(&command, tampered).unwrap_err();
}

pub(super) fn chained(vector: &Vector) {
    let apdus = vector.inputs["apdus"].as_array().unwrap();
    let segments: Vec<_> =
        apdus.iter().map(|apdu| Command::parse(&super::file::bytes(apdu)).unwrap()).collect();
    let joined: Vec<u8> = segments.iter().flat_map(|segment| segment.data.clone()).collect();
    let (body, mac) = joined.split_at(joined.len() - 8);
    assert_eq!(mac, vector.output("c_mac"));
    let mut command = segments.last().unwrap().clone();
    command.data = body.to_vec();
    let mac_key = vector.key("S_MAC");
    let keys = SessionKeys::from_parts(mac_key.clone(), mac_key, None, None);
    let point = ResumePoint {
        level: SecurityLevel::C_MAC,
        command_chain: vector.input("mac_chaining_value").try_into().unwrap(),
        response_chain: [0; 8],
        counter: 0,
    };
    let protocol = Protocol::new(3, 0x70).unwrap();
    let mut channel =
        host::Channel::resume(protocol, keys.clone(), &point, Dialect::GlobalPlatform);
    let wrapped = channel.wrap(&command).unwrap();
    let header_and_data = |command: &Command| (command.header, command.data.clone());
    assert!(chain(&wrapped).iter().map(header_and_data).eq(segments.iter().map(header_and_data)));
    let plain = card::Channel::resume(protocol, keys, &point).unwrap(&wrapped).unwrap();
    assert_eq!(plain.data, body);
}
