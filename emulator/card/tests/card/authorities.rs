//! Keys of delegated management, and commands with tokens and load files with signatures, for the tests of both.

use card::authority::{Signer, Verifier};
use globalplatform::{
    Key, KeySet,
    command::{KeyBlockDialect, KeyComponent, Load, LoadFile, PutKey, is_secret},
    data::{KeyAttributes, KeyUsage},
    scp::host::Channel,
};
use iso7816::{Aid, Command, Response, StatusWord, tlv::push_length};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    authority::{KeyParts, openssl_key},
    domains::{enter, install_domain},
    memo::{MEMO, MEMO_APPLET, ijc},
    support::{Bench, ISD, keys_for, lv, new_keys, scp},
};

/// A key of whoever signs, and what the card verifies with.
#[derive(Clone)]
pub(crate) struct Authority {
    verifying: KeyParts,
    signing: KeyParts,
}

fn parts(parts: &[(u8, Vec<u8>)]) -> Vec<(u8, &[u8])> {
    parts.iter().map(|(kind, value)| (*kind, &value[..])).collect()
}

impl Authority {
    /// A secret key: type 80 or 88.
    pub(crate) fn secret(kind: u8, value: &[u8]) -> Self {
        let parts = vec![(kind, value.to_vec())];
        Self { verifying: parts.clone(), signing: parts }
    }

    /// A pair of OpenSSL's, by its name among the vectors.
    pub(crate) fn pair(name: &str) -> Self {
        let [verifying, signing] = openssl_key(name);
        Self { verifying, signing }
    }

    pub(crate) fn sign(&self, data: &[u8]) -> Vec<u8> {
        let signer = Signer::new(&parts(&self.signing)).unwrap();
        signer.sign(&mut StdRng::seed_from_u64(5), data).unwrap()
    }

    /// PUT KEY of the key that verifies: a secret one under the session's data encryption key.
    pub(crate) fn put(&self, channel: &Channel, version: u8) -> Command {
        self.put_for(channel, version, None)
    }

    /// PUT KEY of the private key, its secret components under the session's data encryption key.
    pub(crate) fn put_private(&self, channel: &Channel, version: u8) -> Command {
        let dek = channel.keys().unwrap().dek().unwrap();
        let component = |(kind, value): &(u8, Vec<u8>)| {
            if is_secret(*kind) {
                let block = dek.algorithm().block_length();
                KeyComponent::secret(*kind, value, block, |plain| dek.encrypt_sensitive(plain))
                    .unwrap()
            } else {
                KeyComponent::clear(*kind, &value[..])
            }
        };
        let components = self.signing.iter().map(component).collect();
        PutKey::for_components(None, version, 1, components, None).to_command()
    }

    /// Whether a signature is one of the key.
    pub(crate) fn verifies(&self, data: &[u8], signature: &[u8]) -> bool {
        Verifier::new(&parts(&self.verifying)).unwrap().verify(data, signature).unwrap()
    }

    /// The same, telling what the key is for.
    pub(crate) fn put_for(
        &self,
        channel: &Channel,
        version: u8,
        usage: Option<KeyUsage>,
    ) -> Command {
        let attributes = usage.map(|usage| KeyAttributes { usage, access: None });
        let components = match self.verifying.as_slice() {
            [(kind, value)] => {
                let key = if *kind == 0x88 {
                    Key::aes(value).unwrap()
                } else {
                    Key::des3(value.as_slice().try_into().unwrap())
                };
                let dek = channel.keys().unwrap().dek().unwrap();
                vec![KeyComponent::encrypted(&key, dek, KeyBlockDialect::Scp02).unwrap()]
            }
            public => {
                let clear = |(kind, value): &(u8, Vec<u8>)| KeyComponent::clear(*kind, &value[..]);
                public.iter().map(clear).collect()
            }
        };
        PutKey::for_components(None, version, 1, components, attributes).to_command()
    }
}

/// A command with a token over it: its data field has none yet.
pub(crate) fn with_token(command: &Command, token_data: &[u8], key: &Authority) -> Command {
    let token = key.sign(token_data);
    let mut data = command.data.clone();
    if command.header.ins == 0xE4 {
        data.push(0x9E);
    }
    push_length(&mut data, token.len());
    data.extend(token);
    Command { data, ..command.clone() }
}

/// What a token of a command signs whose data field has none yet.
pub(crate) fn token_data(command: &Command) -> Vec<u8> {
    let mut data = vec![command.header.p1, command.header.p2];
    match u8::try_from(command.data.len()) {
        Ok(short) => data.push(short),
        Err(_) => data.extend_from_slice(&[0, 1, command.data.len().to_be_bytes()[7]]),
    }
    [data, command.data.clone()].concat()
}

/// The command with the token that it needs.
pub(crate) fn signed(command: &Command, key: &Authority) -> Command {
    with_token(command, &token_data(command), key)
}

/// The command without a token.
pub(crate) fn unsigned(command: &Command) -> Command {
    let mut data = command.data.clone();
    if command.header.ins == 0xE6 {
        data.push(0);
    }
    Command { data, ..command.clone() }
}

/// INSTALL with these fields; the last are the parameters, and no token follows yet.
pub(crate) fn install(p1: u8, p2: u8, fields: &[&[u8]]) -> Command {
    let data: Vec<u8> = fields.iter().flat_map(|field| lv(field)).collect();
    Command::new(0x80, 0xE6, p1, p2).with_data(data).with_expected(256)
}

pub(crate) fn for_load(domain: &[u8], hash: &[u8]) -> Command {
    install(0x02, 0, &[MEMO.as_bytes(), domain, hash, &[]])
}

pub(crate) fn for_install(p1: u8, instance: Aid) -> Command {
    let (file, module) = (MEMO.as_bytes(), MEMO_APPLET.as_bytes());
    install(p1, 0, &[file, module, instance.as_bytes(), &[0], &[0xC9, 0]])
}

/// The load file of the memo applet, without signatures.
pub(crate) fn memo_file() -> LoadFile {
    LoadFile::plain(ijc())
}

/// Sends commands until one fails; its status word, or that of the last.
pub(crate) fn send_all(
    bench: &mut Bench,
    channel: &mut Channel,
    commands: impl IntoIterator<Item = Command>,
) -> Response {
    let mut answer = Response::status(StatusWord::UNKNOWN);
    for command in commands {
        answer = bench.secure(channel, &command);
        if !answer.status.is_ok() {
            break;
        }
    }
    answer
}

/// LOAD commands for a load file.
pub(crate) fn blocks(file: &LoadFile) -> Vec<Command> {
    let blocks = Load::blocks(&file.to_bytes(), 200).unwrap();
    blocks.iter().map(Load::to_command).collect()
}

/// A session with the issuer security domain.
pub(crate) fn issuer(bench: &mut Bench) -> Channel {
    enter(bench, ISD, &keys_for(scp(2, 0x15)))
}

/// A domain below the issuer's with keys of its own, PERSONALIZED, and the keys.
pub(crate) fn domain(bench: &mut Bench, aid: Aid, privileges: &[u8]) -> KeySet {
    let mut channel = issuer(bench);
    let made = bench.secure(&mut channel, &install_domain(aid, privileges, &[]));
    assert_eq!(made.status, StatusWord::OK);
    let mut channel = enter(bench, aid, &keys_for(scp(2, 0x15)));
    let keys = new_keys(globalplatform::KeyAlgorithm::Des3);
    let dek = channel.keys().unwrap().dek().unwrap().clone();
    let put = PutKey::for_key_set(None, 1, &keys, &dek, KeyBlockDialect::Scp02).unwrap();
    assert_eq!(bench.secure(&mut channel, &put.to_command()).status, StatusWord::OK);
    keys
}

/// What is on the card: nothing of it changes by what is refused.
pub(crate) fn content(bench: &Bench) -> (Vec<card::info::ApplicationInfo>, Vec<Aid>, usize) {
    let mut applications = bench.card.applications();
    for entry in &mut applications {
        entry.selected = false;
    }
    let files = bench.card.load_files().into_iter().filter(|file| file.loaded);
    (applications, files.map(|file| file.aid).collect(), bench.card.memory().used)
}
