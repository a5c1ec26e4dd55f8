//! The vector file, and how its fields become values.

use globalplatform::{Key, KeySet, Protocol};
use serde_json::Value;

pub(super) struct Vector {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) protocol: String,
    pub(super) note: String,
    pub(super) inputs: Value,
    pub(super) outputs: Value,
}

pub(super) struct Vectors {
    pub(super) all: Vec<Vector>,
}

impl Vectors {
    pub(super) fn load() -> Self {
        let file: Value =
            serde_json::from_str(include_str!("../data/secure-channel.json")).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = file["vectors"].as_array().unwrap().iter().map(|vector| Vector {
            id: text(&vector["id"]),
            kind: text(&vector["kind"]),
            protocol: text(&vector["protocol"]),
            note: text(&vector["note"]),
            inputs: vector["inputs"].clone(),
            outputs: vector["outputs"].clone(),
        });
        Self { all: all.collect() }
    }

    /// The vector `name` of the recorded session `session`.
    pub(super) fn of_session(&self, session: &str, name: &str) -> Option<&Vector> {
        let id = format!("{session}/{name}");
        self.all.iter().find(|vector| vector.id == id)
    }
}

impl Vector {
    pub(super) fn has(&self, field: &str) -> bool {
        self.inputs[field].is_string()
    }

    pub(super) fn input(&self, field: &str) -> Vec<u8> {
        bytes(&self.inputs[field])
    }

    pub(super) fn output(&self, field: &str) -> Vec<u8> {
        bytes(&self.outputs[field])
    }

    pub(super) fn number(&self, field: &str) -> u64 {
        self.inputs[field].as_u64().unwrap()
    }

    pub(super) fn session(&self) -> &str {
        self.id.split('/').next().unwrap()
    }

    /// A key of the algorithm that the vector's protocol asks for.
    pub(super) fn key(&self, field: &str) -> Key {
        let bytes = self.input(field);
        if self.protocol == "SCP01" || self.protocol == "SCP02" {
            Key::des3(bytes.try_into().unwrap())
        } else {
            Key::aes(&bytes).unwrap()
        }
    }

    pub(super) fn key_set(&self) -> KeySet {
        let dek = if self.has("key_dek") { "key_dek" } else { "key_mac" };
        KeySet::new(self.key("key_enc"), self.key("key_mac"), self.key(dek))
    }

    /// The option of SCP01 and SCP02, which no recording tells: 15, except in sessions named for 05 or recorded with hosts that know
    /// no other.
    pub(super) fn option(&self) -> u8 {
        let scp01_05 = ["i05", "-05", "visa2"].iter().any(|mark| self.id.contains(mark));
        if scp01_05 { 0x05 } else { 0x15 }
    }

    pub(super) fn protocol(&self) -> Protocol {
        let s16 = self.id.contains("s16") || self.inputs["bits"] == 128;
        match self.protocol.as_str() {
            "SCP01" => Protocol::new(1, self.option()).unwrap(),
            "SCP02" => Protocol::new(2, self.option()).unwrap(),
            "SCP03" => Protocol::new(3, if s16 { 0x71 } else { 0x70 }).unwrap(),
            other => panic!("protocol {other}"),
        }
    }
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_else(|| panic!("no hex text: {value}"))).unwrap()
}
