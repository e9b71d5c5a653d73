//! The last letter to somebody, made from values already loaded.

use crate::mail::{Envelope, Letter, body::Block};

/// To the address of an account that is no more; whether somebody else did it, and how many sessions were
/// cancelled by it.
pub fn account_erased(
    envelope: Envelope,
    by_other: bool,
    cancelled: usize,
    contact: &str,
) -> Letter {
    let what = if by_other {
        "A coordinator has deleted your account, and everything written or uploaded with it."
    } else {
        "Your account has been deleted, and so has everything you wrote and uploaded."
    };
    let sessions = match cancelled {
        0 => "",
        _ => {
            " Your upcoming sessions have been cancelled. You will get a separate email about each."
        }
    };
    let blocks = [
        Block::Paragraph(format!("{what}{sessions}")),
        Block::Small(format!(
            "People you met can still see that there was a session, without your name. Questions? Email {contact}."
        )),
    ];
    envelope.letter("Your account has been deleted", &blocks)
}
