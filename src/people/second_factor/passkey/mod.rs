//! Passkeys (WebAuthn) as a second factor: made and asked for by the browser, checked here.

pub mod web;
#[cfg(feature = "passkeys")]
pub mod webauthn;
#[cfg(not(feature = "passkeys"))]
#[path = "webauthn_none.rs"]
pub mod webauthn;

/// A passkey that a browser has made.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// As the browser says it, in JSON.
    pub credential: String,
}
