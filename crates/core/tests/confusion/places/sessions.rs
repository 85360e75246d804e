//! Sessions and secret blocks, with the answers that go with them.

use serde_json::{Value, json};

use super::{NOBODY, Place, initiate, invalid_session, place, refused, respond};
use crate::artefacts::Kind;
use crate::choice::{self, ASKED};
use crate::devices::{begin, device_proof};
use crate::second_factors::{Factor, answers};
use crate::set_up::Step;
use crate::srp::proof;
use crate::world::*;

pub(super) fn sessions() -> Vec<Place> {
    let of = |operation: &'static str| {
        let build = move |home: &Home, user: &str, text: &str| {
            let answers = json!({ "USERNAME": user, "NEW_PASSWORD": NEW_PASSWORD });
            respond(operation, &home.pool, &home.client, text, &answers)
        };
        place(operation, "Session", Some(Kind::Session), &[Stage::Invited], build, |_, _, _| {
            vec![refused("NotAuthorizedException", "Invalid session for the user.")]
        })
    };
    let custom = |operation: &'static str| {
        let build = move |home: &Home, user: &str, text: &str| {
            let answers = json!({ "USERNAME": user, "ANSWER": "right" });
            let mut request = respond(operation, &home.pool, &home.client, text, &answers);
            request["ChallengeName"] = json!("CUSTOM_CHALLENGE");
            request
        };
        place(operation, "Session", Some(Kind::CustomSession), NOBODY, build, |_, _, _| {
            vec![refused("NotAuthorizedException", "Invalid session for the user.")]
        })
    };
    let both = ["RespondToAuthChallenge", "AdminRespondToAuthChallenge"];
    both.into_iter().map(of).chain(both.into_iter().map(custom)).collect()
}

pub(super) fn choices() -> Vec<Place> {
    let mut places = Vec::new();
    for operation in ["RespondToAuthChallenge", "AdminRespondToAuthChallenge"] {
        for challenge in ASKED {
            let build = move |home: &Home, user: &str, text: &str| {
                let answers = choice::answers(home, user, text);
                let mut request = respond(operation, &home.pool, &home.client, text, &answers);
                request["ChallengeName"] = json!(challenge);
                request
            };
            places.push(place(
                operation,
                "Session",
                Some(Kind::Asked(challenge)),
                NOBODY,
                build,
                invalid_session,
            ));
        }
    }
    // It takes what ConfirmSignUp answers, and that only.
    for operation in ["InitiateAuth", "AdminInitiateAuth"] {
        let build = move |home: &Home, user: &str, text: &str| {
            let parameters = json!({ "USERNAME": user });
            let mut request = initiate(operation, &home.pool, &home.client, "USER_AUTH", &parameters);
            request["Session"] = json!(text);
            request
        };
        let takes = Some(Kind::SignUpSession);
        places.push(place(operation, "Session", takes, &[Stage::SignedUp], build, invalid_session));
    }
    places
}

/// Each session is presented with the code that was sent for it.
pub(super) fn factor_sessions() -> Vec<Place> {
    let of = |operation: &'static str, factor: Factor| {
        let build = move |home: &Home, user: &str, text: &str| {
            let answers = answers(home, factor, user, text);
            let mut request = respond(operation, &home.pool, &home.client, text, &answers);
            request["ChallengeName"] = json!(factor.challenge());
            request
        };
        let takes = Some(Kind::FactorSession(factor));
        place(operation, "Session", takes, &[Stage::Factors], build, invalid_session)
    };
    ["RespondToAuthChallenge", "AdminRespondToAuthChallenge"]
        .into_iter()
        .flat_map(|operation| Factor::ALL.map(|factor| of(operation, factor)))
        .collect()
}

/// Where a first factor is set up: an app with its code, or an address.
pub(super) fn setting_up() -> Vec<Place> {
    let answer = |operation: &'static str| {
        let build = move |home: &Home, user: &str, text: &str| {
            let answers = json!({ "USERNAME": user, "EMAIL": "new@example.org" });
            let mut request = respond(operation, &home.pool, &home.client, text, &answers);
            request["ChallengeName"] = json!("MFA_SETUP");
            request
        };
        let takes = Some(Kind::SetUpSession(Step::Asked));
        place(operation, "Session", takes, &Stage::SET_UP, build, invalid_session)
    };
    let associate = |_: &Home, _: &str, text: &str| json!({ "Session": text });
    let verify = |home: &Home, _: &str, text: &str| {
        let codes = home.known.factor_codes.lock().unwrap();
        json!({ "Session": text, "UserCode": codes.get(text).map_or("123456", String::as_str) })
    };
    let code =
        |home: &Home, _: &str, text: &str| json!({ "AccessToken": home.access_token, "UserCode": text });
    let session = |operation, step: Step, stages, build: fn(&Home, &str, &str) -> Value| {
        place(operation, "Session", Some(Kind::SetUpSession(step)), stages, build, invalid_session)
    };
    vec![
        answer("RespondToAuthChallenge"),
        answer("AdminRespondToAuthChallenge"),
        session("AssociateSoftwareToken", Step::Asked, &Stage::SET_UP[..1], associate),
        session("VerifySoftwareToken", Step::Associated, &Stage::SET_UP[1..2], verify),
        place("VerifySoftwareToken", "UserCode", None, NOBODY, code, |_, _, _| {
            vec![refused(
                "EnableSoftwareTokenMFAException",
                "Code mismatch and fail enable Software Token MFA",
            )]
        }),
    ]
}

/// A session is presented with the device that it is about, a block with its proof.
pub(super) fn devices() -> Vec<Place> {
    let of = |operation: &'static str| {
        let session = move |home: &Home, user: &str, text: &str| {
            let mut request = respond(operation, &home.pool, &home.client, text, &begin(home, user, text));
            request["ChallengeName"] = json!("DEVICE_SRP_AUTH");
            request
        };
        let block = move |home: &Home, user: &str, text: &str| {
            let answers = device_proof(home, user, text);
            let mut request =
                respond(operation, &home.pool, &home.client, "ignored where there is none", &answers);
            request["ChallengeName"] = json!("DEVICE_PASSWORD_VERIFIER");
            request
        };
        let stages = &[Stage::Device];
        let member = "ChallengeResponses.PASSWORD_CLAIM_SECRET_BLOCK";
        let no_block = |_: &Home, _, _: &str| {
            vec![
                refused("NotAuthorizedException", "Incorrect username or password."),
                // For one of another user.
                refused("NotAuthorizedException", "Invalid session for the user."),
            ]
        };
        [
            place(operation, "Session", Some(Kind::DeviceSession), stages, session, invalid_session),
            place(operation, member, Some(Kind::DeviceBlock), stages, block, no_block),
        ]
    };
    ["RespondToAuthChallenge", "AdminRespondToAuthChallenge"].into_iter().flat_map(of).collect()
}

/// Each block is presented with the proof that was made for it.
pub(super) fn secret_blocks() -> Vec<Place> {
    let of = |operation: &'static str| {
        let build = move |home: &Home, user: &str, text: &str| {
            let mut request = respond(
                operation,
                &home.pool,
                &home.client,
                "ignored where there is none",
                &proof(home, user, text),
            );
            request["ChallengeName"] = json!("PASSWORD_VERIFIER");
            request
        };
        place(
            operation,
            "ChallengeResponses.PASSWORD_CLAIM_SECRET_BLOCK",
            Some(Kind::SecretBlock),
            NOBODY,
            build,
            |_, _, _| vec![refused("NotAuthorizedException", "Incorrect username or password.")],
        )
    };
    ["RespondToAuthChallenge", "AdminRespondToAuthChallenge"].into_iter().map(of).collect()
}
