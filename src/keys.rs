//! The site's key and what is made with it: tokens, what is kept encrypted, digests.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    constant_time::verify_slices_are_equal,
    digest, hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// What a sealed token may be used for: a token for one purpose is not valid for another. Each room numbers its
/// own. The number is part of every token that is out there, so none is ever given to another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose(u8);

impl Purpose {
    pub const fn numbered(number: u8) -> Self {
        Self(number)
    }
}

const CSRF: Purpose = Purpose::numbered(1);
const AT_REST: Purpose = Purpose::numbered(4);
pub const FINGERPRINT: Purpose = Purpose::numbered(5);

/// Makes tokens that only this site can make.
pub struct Keys(hmac::Key);

const SEAL_BYTES: usize = 16;

impl Keys {
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> hmac::Tag {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(&[purpose.0]);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.sign()
    }

    /// A token that carries `content`, with 128 bits of proof over it and `context`.
    pub fn seal(&self, purpose: Purpose, content: &[u8], context: &[u8]) -> String {
        let proof = self.mac(purpose, &[content, context]);
        URL_SAFE_NO_PAD.encode([content, &proof.as_ref()[..SEAL_BYTES]].concat())
    }

    /// The content of a token that `seal` made with the same purpose and context.
    pub fn open(&self, purpose: Purpose, token: &str, context: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let proof = bytes.split_off(bytes.len().checked_sub(SEAL_BYTES)?);
        let right = self.mac(purpose, &[&bytes, context]);
        verify_slices_are_equal(&proof, &right.as_ref()[..SEAL_BYTES]).ok()?;
        Some(bytes)
    }

    /// A key for `purpose` alone.
    fn derived(&self, purpose: Purpose) -> RandomizedNonceKey {
        let key = self.mac(purpose, &[]);
        RandomizedNonceKey::new(&AES_256_GCM, key.as_ref())
            .expect("a SHA-256 is as long as the key")
    }

    /// Encrypts what is secret at rest: a nonce, the text, its tag.
    pub fn encrypt(&self, plain: &[u8]) -> Vec<u8> {
        let mut text = plain.to_vec();
        let key = self.derived(AT_REST);
        let nonce = key
            .seal_in_place_append_tag(Aad::empty(), &mut text)
            .expect("a short text can be encrypted");
        [nonce.as_ref().as_slice(), &text].concat()
    }

    /// What `encrypt` was given; none if it was encrypted with another key.
    pub fn decrypt(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let key = self.derived(AT_REST);
        let plain = key.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        Some(plain.to_vec())
    }

    /// By which equal secrets are known as equal, and nothing else of them.
    pub fn fingerprint(&self, secret: &[u8]) -> Vec<u8> {
        self.mac(FINGERPRINT, &[secret]).as_ref().to_vec()
    }

    /// The form token of a browser's cookie.
    pub fn csrf(&self, cookie: &str) -> String {
        self.seal(CSRF, &[], cookie.as_bytes())
    }

    pub fn is_csrf(&self, token: &str, cookie: &str) -> bool {
        self.open(CSRF, token, cookie.as_bytes())
            .is_some_and(|content| content.is_empty())
    }
}

/// A new secret of 256 bits, as text for a cookie or a header.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Half of a text's SHA-256, in hexadecimal digits: for ETags, and for UIDs that follow from something.
pub fn digest(text: &str) -> String {
    hex(&sha256(text.as_bytes())[..16])
}

/// What is stored of a secret.
pub fn hash(token: &str) -> Vec<u8> {
    sha256(token.as_bytes()).to_vec()
}

/// The SHA-256 of something.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: Purpose = Purpose::numbered(2);
    const OTHER: Purpose = Purpose::numbered(0);

    /// Feed addresses and links in letters outlive an update.
    #[test]
    fn a_token_of_the_first_version_still_opens() {
        let token = "Y29udGVudIzlZ5SDLnZdzt_SwAgBqek";
        let content = Keys::new(b"a key").open(FEED, token, b"context");
        assert_eq!(content.as_deref(), Some(&b"content"[..]));
    }

    #[test]
    fn a_token_opens_only_as_what_it_was_made() {
        let keys = Keys::new(b"a key");
        let token = keys.seal(FEED, b"content", b"context");
        assert_eq!(
            keys.open(FEED, &token, b"context").as_deref(),
            Some(&b"content"[..])
        );
        assert_eq!(keys.open(OTHER, &token, b"context"), None);
        assert_eq!(keys.open(FEED, &token, b"other"), None);
        assert_eq!(keys.open(FEED, &token[1..], b"context"), None);
        assert_eq!(keys.open(FEED, &format!("{token}A"), b"context"), None);
        assert_eq!(keys.open(FEED, "", b""), None);
        assert_eq!(Keys::new(b"another").open(FEED, &token, b"context"), None);
    }

    #[test]
    fn what_is_encrypted_comes_back_with_the_same_key_only() {
        let keys = Keys::new(b"a key");
        let sealed = keys.encrypt(b"https://example.org/secret.ics");
        assert_ne!(sealed, keys.encrypt(b"https://example.org/secret.ics"));
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert_eq!(
            keys.decrypt(&sealed).as_deref(),
            Some(&b"https://example.org/secret.ics"[..])
        );
        assert_eq!(Keys::new(b"another").decrypt(&sealed), None);
        assert_eq!(keys.decrypt(&sealed[1..]), None);
        assert_eq!(keys.decrypt(b""), None);
        assert_eq!(keys.fingerprint(b"a"), keys.fingerprint(b"a"));
    }

    #[test]
    fn ten_thousand_tokens_differ() {
        let keys = Keys::new(b"a key");
        let tokens: std::collections::HashSet<String> = (0..10_000u32)
            .map(|n| keys.seal(FEED, &n.to_be_bytes(), b"").split_off(6))
            .collect();
        assert_eq!(tokens.len(), 10_000);
    }
}
