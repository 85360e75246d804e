//! The built-in SRP challenge: its parameters, and the secret block that carries everything between the two requests.
//!
//! The block takes the place of a session: clients of USER_SRP_AUTH send none. It names the user as it was typed, so that it is
//! as long, and is opened by as much work, for a name that nobody has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cenote_crypto::random::uuid;
use cenote_crypto::srp::{self, ClientPublic, Verifier};
use cenote_model::types::ChallengeNameType;
use cenote_store::User;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sign_in::device::presented;
use crate::sign_in::secret_block::SecretBlock;
use crate::sign_in::session::Session;
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::names::{self, NewName};
use crate::users::password;
use crate::users::subject::{Subject, invented_sub, keyed_hash};

/// What a sign-in goes on with when the password is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// USER_SRP_AUTH.
    Srp,
    /// USER_AUTH. A session goes with the block, and a wrong proof ends both.
    Choice,
    /// CUSTOM_AUTH that began with SRP_A.
    Custom,
}

/// What a secret block holds.
#[derive(Serialize, Deserialize)]
pub(super) struct PasswordBlock {
    id: String,
    pub flow: Flow,
    /// The user name as it was typed.
    pub typed: String,
    /// USER_ID_FOR_SRP.
    pub user_id: String,
    /// DEVICE_KEY of the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// SRP_A.
    client_public: String,
    /// Both keys of the server, in base64.
    challenge: String,
    /// The id of the session that goes with the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    expires_ms: i64,
}

impl std::fmt::Debug for PasswordBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordBlock(***)")
    }
}

impl SecretBlock for PasswordBlock {
    const SCOPE: &'static [&'static str] = &[];

    fn id(&self) -> &str {
        &self.id
    }

    fn expires_ms(&self) -> i64 {
        self.expires_ms
    }
}

/// Asks for the proof of the password. Costs a power. Whoever has no password, and a name that nobody has, gets a challenge
/// that nobody can answer, with the same salt every time.
///
/// # Errors
/// `InternalErrorException` when the stored verifier can't be opened.
pub(super) async fn challenge(
    sign_in: SignIn<'_>,
    subject: &Subject,
    flow: Flow,
    client_public: &ClientPublic,
    session: Option<String>,
) -> Result<Outcome, Error> {
    let typed = sign_in.parameters.get("USERNAME")?;
    let outcome = challenge_typed(sign_in, subject, typed, flow, client_public, None).await?;
    Ok(Outcome { session, ..outcome })
}

/// The same in a sign-in whose user was typed in an earlier request, with the session that goes with the block.
///
/// # Errors
/// As [`challenge`].
pub(super) async fn challenge_typed(
    sign_in: SignIn<'_>,
    subject: &Subject,
    typed: &str,
    flow: Flow,
    client_public: &ClientPublic,
    session: Option<&Session>,
) -> Result<Outcome, Error> {
    let SignIn { context, client, .. } = sign_in;
    let verifier = verifier(sign_in, &subject.user, typed)?;
    let salt = verifier.salt_hex();
    let random = std::sync::Arc::clone(&context.random);
    let challenge = context.run(move || srp::Challenge::create(&verifier, random.as_ref())).await?;
    let user_id = user_id(sign_in, subject, typed);
    let block = PasswordBlock {
        id: uuid(context.random.as_ref()),
        flow,
        typed: typed.to_owned(),
        user_id: user_id.clone(),
        device: presented::named(sign_in).map(str::to_owned),
        client_public: client_public.to_hex(),
        challenge: STANDARD.encode(challenge.to_bytes().expose()),
        session: session.map(|session| session.id().to_owned()),
        expires_ms: context.now_ms + client.session_minutes() * 60_000,
    };
    let parameters = [
        ("SALT", salt),
        ("SRP_B", challenge.server_public_hex()),
        ("SECRET_BLOCK", STANDARD.encode(block.seal(sign_in)?)),
        ("USERNAME", user_id.clone()),
        ("USER_ID_FOR_SRP", user_id),
    ];
    let session = session.map(|session| session.seal(sign_in)).transpose()?;
    Ok(Outcome::challenge(ChallengeNameType::PasswordVerifier, parameters, session))
}

/// A proof that arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof<'a> {
    pub block: &'a [u8],
    pub signature: &'a str,
    pub timestamp: &'a str,
}

impl PasswordBlock {
    /// Whether the proof shows the user's password. Costs two powers, whoever it is.
    ///
    /// # Errors
    /// `InternalErrorException` when what is stored can't be opened.
    pub(super) async fn verify(
        &self,
        sign_in: SignIn<'_>,
        user: &User,
        proof: Proof<'_>,
    ) -> Result<bool, Error> {
        let pool = sign_in.pool;
        let verifier = verifier(sign_in, user, &self.typed)?;
        let keys = Keys { client_public: &self.client_public, challenge: &self.challenge };
        let proved =
            is_proved(sign_in, verifier, keys, (pool.id().name_part(), &self.user_id), proof).await?;
        Ok(proved & user.password.is_some() & (user.username == self.user_id))
    }

    /// Whether the block was used before. Committing [`Self::consume`] decides; this only saves work.
    ///
    /// # Errors
    /// `NotAuthorizedException` when it was.
    pub(super) async fn check_unused(&self, sign_in: SignIn<'_>) -> Result<(), Error> {
        let used = sign_in.context.store.is_session_used(&self.id).await?;
        if used { Err(Error::incorrect_credentials()) } else { Ok(()) }
    }
}

/// The keys of a challenge as its block keeps them: SRP_A, and both of the server in base64.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    pub client_public: &'a str,
    pub challenge: &'a str,
}

/// Whether a proof is right and of this time. `identity` is what the verifier was made for: the part of the pool's id and the
/// user name, or the group key and the key of a device. Costs two powers.
///
/// # Errors
/// `InternalErrorException` when the keys are none.
pub(super) async fn is_proved(
    sign_in: SignIn<'_>,
    verifier: Verifier,
    keys: Keys<'_>,
    identity: (&str, &str),
    proof: Proof<'_>,
) -> Result<bool, Error> {
    let SignIn { context, client, .. } = sign_in;
    let client_public = ClientPublic::parse(keys.client_public).map_err(Error::internal)?;
    let bytes = STANDARD.decode(keys.challenge).map_err(Error::internal)?;
    let challenge = srp::Challenge::from_bytes(&bytes).map_err(Error::internal)?;
    let (scope, user_id) = (identity.0.to_owned(), identity.1.to_owned());
    let (block, signature) = (proof.block.to_vec(), proof.signature.to_owned());
    let timestamp = proof.timestamp.to_owned();
    let tolerance_seconds = u32::try_from(client.session_minutes() * 60).unwrap_or(u32::MAX);
    let now_seconds = context.now_ms.div_euclid(1000);
    let current = srp::timestamp::is_current(&timestamp, now_seconds, tolerance_seconds);
    let proved = context.run(move || {
        challenge.verify(
            &verifier,
            &srp::Answer {
                pool_name_part: &scope,
                user_id: &user_id,
                client_public: &client_public,
                secret_block: &block,
                timestamp: &timestamp,
                signature: &signature,
            },
        )
    });
    Ok(proved.await? & current)
}

/// The user's verifier, or one that stands in for it.
fn verifier(sign_in: SignIn<'_>, user: &User, typed: &str) -> Result<Verifier, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    // Where users are hidden the invented one is made for users too: it takes its time.
    let invented = (user.password.is_none() || client.hides_users())
        .then(|| Verifier::simulated(&keyed_hash(pool, "srp verifier", typed)));
    let stored = password::verifier(context, user)?;
    Ok(match invented {
        Some(invented) if user.password.is_none() => invented,
        _ => stored,
    })
}

/// USER_ID_FOR_SRP: the user name. Of a name that nobody has it is that name, as the pool compares names; of an address or a number
/// by which users sign in, but which no user name is, an invented one that is always the same.
pub(super) fn user_id(sign_in: SignIn<'_>, subject: &Subject, typed: &str) -> String {
    let SignIn { pool, client, .. } = sign_in;
    let invented = client.hides_users().then(|| invented_sub(pool, typed));
    match invented {
        _ if subject.exists() => subject.user.username.clone(),
        Some(invented) if !matches!(names::parse_new(pool, typed), Ok(NewName::Own(_))) => invented,
        _ => pool.fold(typed),
    }
}
