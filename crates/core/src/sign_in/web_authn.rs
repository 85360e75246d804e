//! WEB_AUTHN: a passkey, as the first factor that a user chooses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::random::token_bytes;
use cenote_crypto::web_authn::{AuthenticationAnswer, Ceremony, Credential, Refusal, Shown};
use cenote_model::types::{ChallengeNameType, UserPoolMfaType};
use cenote_store::{ChangeSet, Passkey, User};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::passkeys::relying_party::{RelyingParty, can_be_two_factors, is_enabled, replaces_second_factor};
use crate::pools::Pool;
use crate::sign_in::advance::advance;
use crate::sign_in::credentials;
use crate::sign_in::device::presented;
use crate::sign_in::first_factors;
use crate::sign_in::level::Method;
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::subject::{Subject, keyed_hash};
use crate::users::update::update_user;

const NAME: ChallengeNameType = ChallengeNameType::WebAuthn;

/// The lengths that ids of the common authenticators have.
const ID_BYTES: [usize; 3] = [16, 20, 32];

/// What the session remembers of the question.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Question {
    /// In base64url.
    challenge: String,
    relying_party_id: String,
    verify_user: bool,
}

/// Whether the user has a passkey that it may sign in by. Where it needs a second factor, only one that is two.
#[must_use]
pub fn is_available(pool: &Pool, user: &User, needs_second: bool) -> bool {
    is_enabled(pool)
        && RelyingParty::find(pool).is_some_and(|party| party.passkeys_of(user).next().is_some())
        && (!needs_second || replaces_second_factor(pool, user))
}

/// The passkey that a name seems to have that nobody has.
#[derive(Clone, Copy, Debug)]
pub struct Invented {
    /// Whether there seems to be no other way in.
    pub is_alone: bool,
    /// Whether it seems to be two factors at once.
    pub is_two_factors: bool,
}

/// The passkey of a name that nobody has, if it seems to have one: every second does, where users can. Of four one seems to be
/// alone, and one two factors. Always the same for a name.
#[must_use]
pub fn invented(pool: &Pool, typed: &str) -> Option<Invented> {
    let [has, _, alone, two, ..] = keyed_hash(pool, "passkeys", typed);
    let needs_two = pool.mfa() == UserPoolMfaType::On;
    let is_two_factors = can_be_two_factors(pool) && (needs_two || two.is_multiple_of(4));
    let invented = Invented { is_alone: alone.is_multiple_of(4), is_two_factors };
    let seems = has.is_multiple_of(2) && is_enabled(pool) && RelyingParty::find(pool).is_some();
    seems.then_some(invented)
}

/// Asks for the proof. `spent` is written.
///
/// # Errors
/// `NotAuthorizedException` when the pool has no relying party any more, or when `spent` uses up a session for the second
/// time.
pub async fn challenge(
    sign_in: SignIn<'_>,
    subject: &Subject,
    typed: &str,
    progress: &Progress,
    spent: ChangeSet,
) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let party = RelyingParty::find(pool).ok_or_else(session::invalid)?.for_user(pool, &subject.user);
    let mut allowed: Vec<Value> = party.passkeys_of(&subject.user).map(describe).collect();
    // Invented for users too: it takes its time. Who has none is asked for what was invented.
    let invented = client.hides_users().then(|| (describe_invented(pool, typed), invented(pool, typed)));
    let mut verify_user = party.verify_user;
    if let (true, Some((passkey, invented))) = (allowed.is_empty(), invented) {
        allowed.push(passkey);
        verify_user |= invented.is_some_and(|invented| invented.is_two_factors);
    }
    let party = RelyingParty { verify_user, ..party };
    let question = Question {
        challenge: URL_SAFE_NO_PAD.encode(token_bytes::<32>(context.random.as_ref())),
        relying_party_id: party.id.to_owned(),
        verify_user: party.verify_user,
    };
    let options = json!({
        "challenge": question.challenge,
        "rpId": party.id,
        "timeout": client.session_minutes() * 60_000,
        "allowCredentials": allowed,
        "userVerification": party.user_verification(),
    });
    let session =
        Session::of_subject(sign_in, subject, typed, NAME, progress).with_state(&question)?.seal(sign_in)?;
    context.commit(spent).await?;
    let parameters = [("CREDENTIAL_REQUEST_OPTIONS", options.to_string())];
    Ok(Outcome::challenge(NAME, parameters, Some(session)))
}

fn describe(passkey: &Passkey) -> Value {
    if passkey.transports.is_empty() {
        return json!({ "type": "public-key", "id": passkey.id });
    }
    json!({ "type": "public-key", "id": passkey.id, "transports": passkey.transports })
}

/// The passkey that a name seems to have that nobody has.
fn describe_invented(pool: &Pool, typed: &str) -> Value {
    let id = keyed_hash(pool, "passkey", typed);
    let kind = usize::from(keyed_hash(pool, "passkeys", typed)[1]) % ID_BYTES.len();
    let length = ID_BYTES.get(kind).copied().unwrap_or_default();
    let id = id.get(..length).unwrap_or_default();
    json!({
        "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id), "transports": ["internal", "hybrid"],
    })
}

/// Takes the proof. The session stays alive until one succeeds; a challenge that nobody can guess needs no count of tries.
///
/// # Errors
/// Those of the session; `NotAuthorizedException` for whatever is wrong with the proof; those of the user's state, once it is
/// right.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    let (typed, session) = Session::of_answer(sign_in, session, NAME).await?;
    let answer = parameters.get("CREDENTIAL")?;
    let answer = AuthenticationAnswer::parse(answer).map_err(|_| Error::incorrect_credentials())?;
    let question: Question = session.state()?;
    let (subject, _) = session.get_subject(sign_in, typed).await?;
    let (asked, user) = (answer.clone(), subject.user.clone());
    let proved = context.run(move || verify(&question, &asked, &user)).await?;
    let shown = proved.map_err(|refusal| {
        if refusal == Refusal::SignCount {
            tracing::warn!(
                pool = pool.id().as_str(),
                "the signature count of a passkey went back: its authenticator may have been copied"
            );
        }
        Error::incorrect_credentials()
    })?;
    let checked = find(&subject.user, &answer).cloned();
    let (method, user) = update_user(context, subject, |user| {
        session.check_state(user)?;
        credentials::check_status(user)?;
        // A second factor, or a password to be chosen, may have come meanwhile, or the pool asks for more.
        if !first_factors::of_user(pool, user).contains(&NAME) || !is_of(pool, checked.as_ref(), shown) {
            return Err(session::invalid());
        }
        // Of two proofs that race the second is checked against the count of the first.
        let passkey = user.passkeys.iter_mut().find(|passkey| checked.as_ref() == Some(&**passkey));
        let passkey = passkey.ok_or_else(Error::incorrect_credentials)?;
        passkey.sign_count = shown.sign_count;
        Ok((Method::of_passkey(passkey), vec![session.consume()]))
    })
    .await?;
    let device = presented::find_own(sign_in, &user, session.progress.device.as_deref()).await?;
    let progress = Progress { device, ..session.progress };
    let first = FirstFactor::WebAuthn { user_verified: shown.user_verified };
    advance(sign_in, user, progress.with_first(first, method)).await
}

/// Checks the proof by the user's passkey. It is as much work when there is none.
fn verify(question: &Question, answer: &AuthenticationAnswer, user: &User) -> Result<Shown, Refusal> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Invalid);
    let challenge = decode(&question.challenge)?;
    let ceremony = Ceremony {
        challenge: &challenge,
        relying_party_id: &question.relying_party_id,
        verify_user: question.verify_user,
    };
    let passkey = find(user, answer).filter(|passkey| passkey.relying_party_id == question.relying_party_id);
    let Some(passkey) = passkey else { return Err(answer.refuse(&ceremony)) };
    let credential = Credential {
        public_key: &decode(&passkey.public_key)?,
        algorithm: passkey.algorithm,
        sign_count: passkey.sign_count,
        user_handle: user.sub.as_str().as_bytes(),
    };
    answer.verify(&ceremony, &credential)
}

/// Whether the pool would take this proof by this passkey if it asked for it now.
fn is_of(pool: &Pool, passkey: Option<&Passkey>, shown: Shown) -> bool {
    RelyingParty::find(pool).is_some_and(|party| {
        passkey.is_some_and(|passkey| passkey.relying_party_id == party.id)
            && (shown.user_verified || !party.verify_user)
    })
}

fn find<'a>(user: &'a User, answer: &AuthenticationAnswer) -> Option<&'a Passkey> {
    user.passkeys.iter().find(|passkey| passkey.id == answer.credential_id())
}

/// Whether the proof was two factors at once.
#[must_use]
pub fn was_two_factors(pool: &Pool, user: &User, progress: &Progress) -> bool {
    progress.first == FirstFactor::WebAuthn { user_verified: true } && replaces_second_factor(pool, user)
}
