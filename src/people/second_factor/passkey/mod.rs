//! Passkeys (WebAuthn) as a second factor: made and asked for by the browser, checked here.

pub mod web;
#[cfg(feature = "passkeys")]
pub mod webauthn;
#[cfg(not(feature = "passkeys"))]
#[path = "webauthn_none.rs"]
pub mod webauthn;
