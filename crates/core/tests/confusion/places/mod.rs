//! Where something can be presented: every member of a request that takes what opens something.

mod codes;
mod page_tokens;
mod secrets;
mod sessions;
mod tokens;
mod unread;

use cenote_core::testing::WireError;
use serde_json::{Value, json};

use crate::artefacts::{Kind, List};
use crate::set_up::Step;
use crate::world::*;

/// What came of a request, without what it answered.
pub type Outcome = Result<(), WireError>;

type Build = Box<dyn Fn(&Home, &str, &str) -> Value>;
type Refusals = Box<dyn Fn(&Home, Stage, &str) -> Vec<Outcome>>;

/// A member of a request.
pub struct Place {
    /// Of the API; the link in a mail is the only place beside it.
    pub operation: &'static str,
    pub member: &'static str,
    /// What is taken here, and nothing else.
    pub takes: Option<Kind>,
    /// Whose names the request holds.
    pub stages: &'static [Stage],
    /// A request from this home for this user with this text in the place; everything else in it is right.
    pub build: Build,
    /// What is answered to everything that is not right.
    pub refusals: Refusals,
}

impl Place {
    pub fn takes(&self, kind: Kind) -> bool {
        match (self.takes, kind) {
            // Whoever is on the way with an app may begin anew with another, or choose an address.
            (Some(Kind::SetUpSession(Step::Asked)), Kind::SetUpSession(step)) => {
                step != Step::Verified || !self.says_whose(kind)
            }
            (takes, _) => takes == Some(kind),
        }
    }

    /// Whether it says by itself from whom it is: nothing else in the request does.
    pub fn says_whose(&self, kind: Kind) -> bool {
        match kind {
            Kind::AccessToken => self.member != STEP_UP,
            Kind::SetUpSession(_) => !self.operation.ends_with("RespondToAuthChallenge"),
            _ => false,
        }
    }

    /// Whether what is right here is right only where pools keep devices or ask everybody for a second factor.
    pub fn needs_configuration(&self) -> bool {
        self.takes.is_some_and(Kind::needs_configuration)
    }

    /// Whether what belongs to `from` is right in a request of `home` for a user of this stage.
    pub fn is_right(&self, kind: Kind, from: (&Home, Stage), home: (&Home, Stage)) -> bool {
        let ((from, from_stage), (home, stage)) = (from, home);
        let same_pool = from.pool == home.pool;
        let same_user = same_pool && from.subject == home.subject;
        if !self.takes(kind) {
            return false;
        }
        match kind {
            Kind::SetUpSession(_) if self.says_whose(kind) => true,
            Kind::SetUpSession(_) | Kind::DeviceSession | Kind::DeviceBlock => {
                from.client == home.client && same_user && from_stage == stage
            }
            // Nothing else that comes with it is looked at.
            Kind::SignUpSession => from.client == home.client,
            Kind::AccessToken if self.member == STEP_UP => same_user && from.client == home.client,
            // It says itself whose it is.
            Kind::AccessToken => true,
            Kind::IdToken => same_pool,
            Kind::RefreshToken => from.client == home.client,
            Kind::Session
            | Kind::CustomSession
            | Kind::Asked(_)
            | Kind::SecretBlock
            | Kind::FactorSession(_) => from.client == home.client && same_user,
            Kind::SignUpCode | Kind::ResetCode => same_user && from_stage == stage,
            Kind::EmailCode | Kind::PhoneNumberCode => same_user,
            Kind::ClientSecret => from.secret_client == home.secret_client,
            Kind::SecretHash => {
                from.secret_client == home.secret_client
                    && from.subject == home.subject
                    && from_stage == stage
            }
            Kind::Page(List::Pools) => true,
            Kind::Page(List::GroupsOfUser | List::Passkeys) => same_user,
            Kind::Page(_) => same_pool,
        }
    }
}

/// A token that a sign-in begins with: of the user that the request names, by the same client.
pub const STEP_UP: &str = "AuthParameters.ACCESS_TOKEN";

/// Not an operation: the path of the link in a mail.
pub const LINK: &str = "/confirmUser";

const NOBODY: &[Stage] = &[Stage::Confirmed];

/// Every place. Those that use something up or end a sign-in come last.
pub fn all() -> Vec<Place> {
    let mut places = page_tokens::page_tokens();
    places.extend(secrets::secrets());
    places.extend(tokens::refresh_tokens());
    places.extend(codes::codes());
    places.extend(sessions::sessions());
    places.extend(sessions::choices());
    places.extend(sessions::factor_sessions());
    places.extend(sessions::setting_up());
    places.extend(sessions::devices());
    places.extend(sessions::secret_blocks());
    places.extend(page_tokens::device_pages());
    places.extend(unread::unread());
    places.extend(tokens::exchanged_tokens());
    places.extend(tokens::step_ups());
    places.extend(tokens::access_tokens());
    places
}

fn refused(code: &str, message: impl Into<String>) -> Outcome {
    Err(error(code, message))
}

fn place(
    operation: &'static str,
    member: &'static str,
    takes: Option<Kind>,
    stages: &'static [Stage],
    build: impl Fn(&Home, &str, &str) -> Value + 'static,
    refusals: impl Fn(&Home, Stage, &str) -> Vec<Outcome> + 'static,
) -> Place {
    Place { operation, member, takes, stages, build: Box::new(build), refusals: Box::new(refusals) }
}

fn initiate(operation: &str, pool: &str, client: &str, flow: &str, parameters: &Value) -> Value {
    let mut request = json!({ "ClientId": client, "AuthFlow": flow, "AuthParameters": parameters });
    if operation.starts_with("Admin") {
        request["UserPoolId"] = json!(pool);
    }
    request
}

fn respond(operation: &str, pool: &str, client: &str, session: &str, answers: &Value) -> Value {
    let mut request = json!({
        "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session,
        "ChallengeResponses": answers,
    });
    if operation.starts_with("Admin") {
        request["UserPoolId"] = json!(pool);
    }
    request
}

fn mismatch() -> Outcome {
    refused("CodeMismatchException", "Invalid verification code provided, please try again.")
}

fn invalid_session(_: &Home, _: Stage, _: &str) -> Vec<Outcome> {
    vec![refused("NotAuthorizedException", "Invalid session for the user.")]
}
