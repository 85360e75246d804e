//! Confirmation codes: six digits to the user, a keyed hash to the store.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::code::ConfirmationCodeHash;
use cenote_crypto::random::digits;
use cenote_store::{Code, CodePurpose, User};

use crate::context::Context;
use crate::error::Error;
use crate::users::contact::Contact;

/// Seconds a reset code lives.
pub const RESET_SECONDS: i64 = 3600;
/// Seconds the code of a sign-up or a new contact lives.
pub const VERIFICATION_SECONDS: i64 = 24 * 3600;

/// Stands for the attribute of a code that was sent nowhere.
pub const NOBODY: &str = "nobody";

/// Stands for the hash where there is no code: 32 bytes of zero.
const NO_HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A new code, not yet written anywhere.
#[must_use]
pub fn generate(context: &Context) -> String {
    context.settings.fixed_code.clone().unwrap_or_else(|| digits(context.random.as_ref(), 6))
}

/// Gives the user a code; an earlier one of the same purpose is void. Sent to [`NOBODY`] it is right for nobody.
pub fn set(context: &Context, user: &mut User, purpose: CodePurpose, code: &str, attribute: &str) {
    let seconds = match purpose {
        CodePurpose::Reset => RESET_SECONDS,
        CodePurpose::SignUp | CodePurpose::VerifyEmail | CodePurpose::VerifyPhoneNumber => {
            VERIFICATION_SECONDS
        }
    };
    let hash = ConfirmationCodeHash::create(
        &context.keyring,
        user.pool_id.as_str(),
        user.sub.as_str(),
        &binding(user, purpose, attribute),
        code,
    );
    let code = Code {
        hash: URL_SAFE_NO_PAD.encode(hash.to_bytes()),
        created_ms: context.now_ms,
        expires_ms: context.now_ms + seconds * 1000,
        attribute: attribute.to_owned(),
    };
    user.codes.insert(purpose, code);
}

/// What a code is good for. A reset code is that only as long as the contact that got it is the user's and verified: who has
/// the old mailbox must not redeem it.
fn binding<'a>(user: &'a User, purpose: CodePurpose, attribute: &str) -> Cow<'a, str> {
    match (purpose, Contact::from_attribute(attribute)) {
        (CodePurpose::Reset, Some(contact)) => {
            let value = contact.verified_of(user).unwrap_or_default();
            Cow::Owned(format!("{}:{attribute}:{value}", purpose.as_str()))
        }
        _ => Cow::Borrowed(purpose.as_str()),
    }
}

/// What came of comparing a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Right,
    /// Right once.
    RightButExpired,
    Wrong,
    /// There is none, or only an expired one.
    NoneLive,
}

/// Compares a code with the user's one of this purpose. Takes as long where there is none.
///
/// # Errors
/// `InternalErrorException` when what is stored is no hash.
pub fn compare(
    context: &Context,
    user: &User,
    purpose: CodePurpose,
    code: &str,
) -> Result<Comparison, Error> {
    let stored = user.codes.get(&purpose);
    let hash = stored.map_or(NO_HASH, |stored| &stored.hash);
    let hash = URL_SAFE_NO_PAD.decode(hash).map_err(Error::internal)?;
    let hash =
        <[u8; 32]>::try_from(hash).map_err(|_| Error::internal("a code's hash has the wrong length"))?;
    let attribute = stored.map_or(NOBODY, |stored| &stored.attribute);
    let equal = ConfirmationCodeHash::from_bytes(hash).verify(
        &context.keyring,
        user.pool_id.as_str(),
        user.sub.as_str(),
        &binding(user, purpose, attribute),
        code,
    );
    // One that was sent nowhere is right for nobody.
    let right = equal && attribute != NOBODY;
    let live = stored.is_some_and(|stored| context.now_ms < stored.expires_ms);
    Ok(match (live, right) {
        (true, true) => Comparison::Right,
        (true, false) => Comparison::Wrong,
        (false, true) => Comparison::RightButExpired,
        (false, false) => Comparison::NoneLive,
    })
}

/// Compares a code with the user's live one of this purpose. The caller removes it when it has served.
///
/// # Errors
/// `ExpiredCodeException` when there is no live one, `CodeMismatchException` when it is another.
pub fn verify(context: &Context, user: &User, purpose: CodePurpose, code: &str) -> Result<Code, Error> {
    match compare(context, user, purpose, code)? {
        Comparison::Right => user.codes.get(&purpose).cloned().ok_or_else(Error::code_expired),
        Comparison::Wrong => Err(Error::code_mismatch()),
        Comparison::RightButExpired | Comparison::NoneLive => Err(Error::code_expired()),
    }
}
