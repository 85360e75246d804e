//! Secrets of clients, and hashes that they make.

use serde_json::{Value, json};

use super::{NOBODY, Outcome, Place, initiate, place, refused, respond};
use crate::artefacts::Kind;
use crate::world::*;

fn wrong_hash(home: &Home, _: Stage, _: &str) -> Vec<Outcome> {
    let client = &home.secret_client;
    vec![refused("NotAuthorizedException", format!("Unable to verify secret hash for client {client}"))]
}

pub(super) fn secrets() -> Vec<Place> {
    let mut places = Vec::new();
    let mut hash = |operation, members: Value| {
        let build = move |home: &Home, user: &str, text: &str| {
            let mut request = members.clone();
            request["ClientId"] = json!(home.secret_client);
            request["Username"] = json!(user);
            request["SecretHash"] = json!(text);
            request
        };
        places.push(place(operation, "SecretHash", Some(Kind::SecretHash), &Stage::ALL, build, wrong_hash));
    };
    // The right hash gets past this check and fails at the next, so that nothing changes.
    hash("SignUp", json!({ "Password": "weak" }));
    hash("ConfirmSignUp", json!({ "ConfirmationCode": "wrong" }));
    hash("ConfirmForgotPassword", json!({ "ConfirmationCode": "wrong", "Password": NEW_PASSWORD }));
    let only_invited = |operation| {
        let build = |home: &Home, user: &str, text: &str| json!({ "ClientId": home.secret_client, "Username": user, "SecretHash": text });
        place(operation, "SecretHash", Some(Kind::SecretHash), &[Stage::Invited], build, wrong_hash)
    };
    places.push(only_invited("ForgotPassword"));
    places.push(only_invited("ResendConfirmationCode"));
    for (operation, flow) in
        [("InitiateAuth", "USER_PASSWORD_AUTH"), ("AdminInitiateAuth", "ADMIN_USER_PASSWORD_AUTH")]
    {
        let build = move |home: &Home, user: &str, text: &str| {
            let parameters = json!({ "USERNAME": user, "PASSWORD": "wrong", "SECRET_HASH": text });
            initiate(operation, &home.pool, &home.secret_client, flow, &parameters)
        };
        places.push(place(
            operation,
            "AuthParameters.SECRET_HASH",
            Some(Kind::SecretHash),
            &Stage::ALL,
            build,
            wrong_hash,
        ));
    }
    for operation in ["RespondToAuthChallenge", "AdminRespondToAuthChallenge"] {
        let build = move |home: &Home, user: &str, text: &str| {
            let answers = json!({ "USERNAME": user, "NEW_PASSWORD": NEW_PASSWORD, "SECRET_HASH": text });
            respond(operation, &home.pool, &home.secret_client, "not a session at all", &answers)
        };
        places.push(place(
            operation,
            "ChallengeResponses.SECRET_HASH",
            Some(Kind::SecretHash),
            &Stage::ALL,
            build,
            wrong_hash,
        ));
    }
    let build = |home: &Home, _: &str, text: &str| json!({ "ClientId": home.secret_client, "ClientSecret": text, "RefreshToken": "none" });
    places.push(place(
        "GetTokensFromRefreshToken",
        "ClientSecret",
        Some(Kind::ClientSecret),
        NOBODY,
        build,
        wrong_hash,
    ));
    let build = |home: &Home, _: &str, text: &str| json!({ "ClientId": home.secret_client, "Secret": text });
    places.push(place("GetClientToken", "Secret", Some(Kind::ClientSecret), NOBODY, build, wrong_hash));
    let build = |home: &Home, _: &str, text: &str| {
        json!({
            "ClientId": home.secret_client, "ClientSecret": text,
            "SubjectToken": "none", "SubjectTokenType": "ACCESS_TOKEN",
        })
    };
    places.push(place(
        "GetDerivedToken",
        "ClientSecret",
        Some(Kind::ClientSecret),
        NOBODY,
        build,
        wrong_hash,
    ));
    let build = |home: &Home, _: &str, text: &str| json!({ "ClientId": home.secret_client, "ClientSecret": text, "Token": "none" });
    places.push(place("RevokeToken", "ClientSecret", Some(Kind::ClientSecret), NOBODY, build, |_, _, _| {
        vec![refused("UnauthorizedException", "Invalid client or secret")]
    }));
    places
}
