//! A device for tests: one key, whose counter and flags the test decides.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ORIGIN: &str = "http://localhost:8080";
const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
const WITH_KEY: u8 = 0x40;

pub struct Device {
    key: SigningKey,
    id: Vec<u8>,
    person: Uuid,
    pub counter: u32,
    pub flags: u8,
    pub origin: &'static str,
}

impl Device {
    pub fn of(person: Uuid) -> Device {
        let id = rand::random::<[u8; 16]>().to_vec();
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        Device { key, id, person, counter: 1, flags: VERIFIED, origin: ORIGIN }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().unwrap();
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn head(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(b"localhost").to_vec();
        data.push(flags | PRESENT | self.flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The answer to "make a key".
    pub fn make(&self, options: &Value) -> String {
        let point = self.key.verifying_key().to_sec1_bytes();
        let (x, y) = (&point[1..33], &point[33..65]);
        let mut data = self.head(WITH_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(x);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(y);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let response = json!({ "clientDataJSON": B64.encode(self.client_data("webauthn.create", options)), "attestationObject": B64.encode(object) });
        self.credential(response)
    }

    /// The answer to "use a key".
    pub fn sign(&self, options: &Value) -> String {
        let (client, data) = (self.client_data("webauthn.get", options), self.head(0));
        let signature: Signature = self.key.sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
        let response = json!({
            "clientDataJSON": B64.encode(client), "authenticatorData": B64.encode(data),
            "signature": B64.encode(signature.to_der().as_bytes()), "userHandle": B64.encode(self.person.as_bytes()),
        });
        self.credential(response)
    }

    fn credential(&self, response: Value) -> String {
        let id = B64.encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "extensions": {}, "response": response }).to_string()
    }
}
