//! An entry of a store: a token, as JSON that a person can read, or packed, or sealed.

use std::io::Read;

use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use serde_json::Value;
use zeroize::Zeroizing;

use super::seal::Seal;
use super::{StoreError, StoreKey};
use crate::runtime::to_json;
use crate::token::AuthToken;

/// How entries under one key are written and read.
pub(super) struct Form {
    pub(super) key: StoreKey,
    pub(super) seal: Option<Seal>,
}

/// What begins an entry that is not plain JSON, which begins with a brace; the version follows.
const MAGIC: &[u8] = b"openstack-token\x01";

/// The bits after it.
const SEALED: u8 = 1;
const PACKED: u8 = 2;

/// No token is longer; what is was made to fill the memory.
const LONGEST: u64 = 16 << 20;

impl Form {
    /// The token as an entry of at most `largest` bytes.
    pub(super) fn write(
        &self,
        token: &AuthToken,
        largest: usize,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let token = token
            .clone()
            .with_fingerprint(Some(self.key.as_str().into()));
        let json = to_json(&token.export());
        let json = json.map_err(|_| StoreError::new("the token can't be written"))?;
        let entry = self.wrap(&json, 0)?;
        if entry.len() <= largest {
            return Ok(entry);
        }
        // At once as large as it gets, so that no copy is left where it grew.
        let mut packed = Zeroizing::new(Vec::with_capacity(json.len()));
        let mut packer = DeflateEncoder::new(&*json, Compression::default());
        let done = packer.read_to_end(&mut packed);
        done.map_err(|_| StoreError::new("the token can't be compressed"))?;
        let entry = self.wrap(&packed, PACKED)?;
        match entry.len() <= largest {
            true => Ok(entry),
            false => Err(StoreError::new(format!(
                "the token has {} bytes even when compressed, and the store takes {largest}",
                entry.len()
            ))),
        }
    }

    fn wrap(&self, text: &[u8], packed: u8) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let bits = packed | if self.seal.is_some() { SEALED } else { 0 };
        let header = [MAGIC, &[bits]].concat();
        Ok(Zeroizing::new(match &self.seal {
            Some(seal) => [&header[..], &seal.close(&header, text)?].concat(),
            None if packed == 0 => text.to_vec(),
            None => [&header[..], text].concat(),
        }))
    }

    /// The token in an entry, or why it can't be used.
    pub(super) fn read(&self, entry: &[u8]) -> Result<AuthToken, &'static str> {
        let (bits, text) = match entry.strip_prefix(MAGIC).and_then(<[u8]>::split_first) {
            Some((bits, text)) => (*bits, text),
            None if entry.first() == Some(&b'{') => (0, entry),
            None => return Err("it is of another form or version"),
        };
        let opened = match (&self.seal, bits & SEALED != 0) {
            (Some(seal), true) => seal
                .open(&entry[..entry.len() - text.len()], text)
                .ok_or("it was sealed with another key, or changed")?,
            (None, false) => Zeroizing::new(text.to_vec()),
            (Some(_), false) => return Err("it is not sealed"),
            (None, true) => return Err("it is sealed, and there is no key"),
        };
        let json = match bits & PACKED != 0 {
            true => unpack(&opened).ok_or("it is broken")?,
            false => opened,
        };
        let export: Value = serde_json::from_slice(&json).map_err(|_| "it is broken")?;
        let token =
            AuthToken::from_export(export).map_err(|_| "it is of another form or version")?;
        match token.fingerprint() == Some(self.key.as_str()) {
            true => Ok(token),
            false => Err("it is somebody else's"),
        }
    }
}

fn unpack(packed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::new());
    let unpacker = DeflateDecoder::new(packed);
    unpacker.take(LONGEST + 1).read_to_end(&mut text).ok()?;
    (text.len() as u64 <= LONGEST).then_some(text)
}
