//! Sign-ins with an authenticator app. A row measures one of their two steps; for the second, the first is done beforehand.

use cenote_crypto::totp;
use serde_json::{Value, json};

use crate::Failure;
use crate::request::Request;
use crate::server::Running;
use crate::world::{PASSWORD, World, app_name, text};

/// How far the clock is moved before a row, so that the codes of the one before lie behind.
const PAUSE_SECONDS: u64 = 4 * totp::STEP_SECONDS;
/// Codes that are right for at least the next thirty seconds: those of the present step and of the one after it.
const CODES: u64 = 2;

/// Gives so many users an app.
pub async fn enrol(world: &mut World, server: &Running, users: usize) -> Result<(), Failure> {
    let offer = json!({
        "UserPoolId": world.pool_id, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": true },
    });
    server.call("SetUserPoolMfaConfig", &offer).await?;
    world.make_users(server, (0..users).map(app_name)).await?;
    for user in 0..users {
        let tokens = server.call("InitiateAuth", &world.sign_in(&app_name(user), PASSWORD)).await?;
        let token = text(&tokens, "/AuthenticationResult/AccessToken")?;
        let associated = server.call("AssociateSoftwareToken", &json!({ "AccessToken": token })).await?;
        let secret = text(&associated, "/SecretCode")?;
        let app = totp::parse_seed_text(&secret).ok_or("a secret code is no base32")?;
        let code = totp::code(&app, totp::step(server.advance(0).await?));
        server.call("VerifySoftwareToken", &json!({ "AccessToken": token, "UserCode": code })).await?;
        let preference = json!({ "AccessToken": token, "SoftwareTokenMfaSettings": { "Enabled": true } });
        server.call("SetUserMFAPreference", &preference).await?;
        world.apps.push(app);
    }
    Ok(())
}

/// The body of a request that is asked for a code.
pub fn start(world: &World, user: usize) -> Value {
    world.sign_in(&app_name(user), PASSWORD)
}

/// Two right answers of every user, each for a sign-in of its own.
pub async fn answers(world: &World, server: &Running) -> Result<Vec<Request>, Failure> {
    server.advance(PAUSE_SECONDS).await?;
    let mut sessions = Vec::new();
    for later in 0..CODES {
        for user in 0..world.apps.len() {
            let asked = server.call("InitiateAuth", &start(world, user)).await?;
            sessions.push((later, user, text(&asked, "/Session")?));
        }
    }
    let step = totp::step(server.advance(0).await?);
    let answer = |(later, user, session): (u64, usize, String)| {
        let app = world.apps.get(user).ok_or("a user without an app")?;
        let body = json!({
            "ClientId": world.client_id, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": session,
            "ChallengeResponses": {
                "USERNAME": app_name(user), "SOFTWARE_TOKEN_MFA_CODE": totp::code(app, step + later),
            },
        });
        Ok(Request::api("RespondToAuthChallenge", &body).expecting(r#""AccessToken":"ey"#).about(user))
    };
    sessions.into_iter().map(answer).collect()
}
