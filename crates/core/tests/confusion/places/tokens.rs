//! Refresh, access and ID tokens.

use serde_json::{Value, json};

use super::{NOBODY, Outcome, Place, STEP_UP, initiate, place, refused};
use crate::artefacts::Kind;
use crate::world::*;

pub(super) fn refresh_tokens() -> Vec<Place> {
    let invalid = |_: &Home, _, _: &str| vec![refused("NotAuthorizedException", "Invalid Refresh Token")];
    let mut places = Vec::new();
    for operation in ["InitiateAuth", "AdminInitiateAuth"] {
        for flow in ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"] {
            let build = move |home: &Home, _: &str, text: &str| {
                initiate(operation, &home.pool, &home.client, flow, &json!({ "REFRESH_TOKEN": text }))
            };
            places.push(place(
                operation,
                "AuthParameters.REFRESH_TOKEN",
                Some(Kind::RefreshToken),
                NOBODY,
                build,
                invalid,
            ));
        }
    }
    let build = |home: &Home, _: &str, text: &str| json!({ "ClientId": home.client, "RefreshToken": text });
    places.push(place(
        "GetTokensFromRefreshToken",
        "RefreshToken",
        Some(Kind::RefreshToken),
        NOBODY,
        build,
        invalid,
    ));
    // What is no refresh token of the client is revoked already, so to say; that it was not is seen by its working on.
    let build = |home: &Home, _: &str, text: &str| json!({ "ClientId": home.client, "Token": text });
    places.push(place("RevokeToken", "Token", Some(Kind::RefreshToken), NOBODY, build, |_, _, text| {
        let token_of_another_kind = text.split('.').count() == 3;
        vec![if token_of_another_kind {
            refused("UnsupportedTokenTypeException", "Unsupported Token Type")
        } else {
            Ok(())
        }]
    }));
    places
}

/// Tokens of the pool that are given away for others.
pub(super) fn exchanged_tokens() -> Vec<Place> {
    let refusals = |name: &'static str| {
        move |_: &Home, _: Stage, _: &str| {
            vec![
                refused("NotAuthorizedException", format!("Invalid {name}")),
                refused("NotAuthorizedException", format!("Could not verify signature for {name}")),
                refused("NotAuthorizedException", format!("{name} has been revoked")),
            ]
        }
    };
    let subject = |kind: &'static str| move |home: &Home, _: &str, text: &str| json!({ "ClientId": home.client, "SubjectToken": text, "SubjectTokenType": kind });
    let actor = |kind: &'static str| {
        move |home: &Home, _: &str, text: &str| {
            json!({
                "ClientId": home.client, "SubjectToken": home.access_token, "SubjectTokenType": "ACCESS_TOKEN",
                "ActorToken": text, "ActorTokenType": kind,
            })
        }
    };
    let mut places = Vec::new();
    for (kind, of, name) in
        [("ACCESS_TOKEN", Kind::AccessToken, "Access Token"), ("ID_TOKEN", Kind::IdToken, "Id Token")]
    {
        let operation = "GetDerivedToken";
        places.push(place(operation, "SubjectToken", Some(of), NOBODY, subject(kind), refusals(name)));
        places.push(place(operation, "ActorToken", Some(of), NOBODY, actor(kind), refusals(name)));
    }
    places
}

fn not_an_access_token(_: &Home, _: Stage, _: &str) -> Vec<Outcome> {
    vec![
        refused("NotAuthorizedException", "Invalid Access Token"),
        // For a token in the name of a key that did not sign it, and one of a generation of master keys that is gone.
        refused("NotAuthorizedException", "Could not verify signature for Access Token"),
        refused("NotAuthorizedException", "Access Token has been revoked"),
    ]
}

pub(super) fn step_ups() -> Vec<Place> {
    let of = |operation: &'static str| {
        let build = move |home: &Home, user: &str, text: &str| {
            let parameters =
                json!({ "USERNAME": user, "TARGET_ACR_VALUES": "urn:cognito:loa:3", "ACCESS_TOKEN": text });
            initiate(operation, &home.pool, &home.client, "USER_AUTH", &parameters)
        };
        place(operation, STEP_UP, Some(Kind::AccessToken), NOBODY, build, not_an_access_token)
    };
    ["InitiateAuth", "AdminInitiateAuth"].into_iter().map(of).collect()
}

pub(super) fn access_tokens() -> Vec<Place> {
    let mut places = Vec::new();
    let mut takes = |operation, members: Value| {
        let build = move |_: &Home, _: &str, text: &str| {
            let mut request = members.clone();
            request["AccessToken"] = json!(text);
            request
        };
        let takes = Some(Kind::AccessToken);
        places.push(place(operation, "AccessToken", takes, NOBODY, build, not_an_access_token));
    };
    let nickname = json!([{ "Name": "nickname", "Value": "n" }]);
    takes("GetUser", json!({}));
    takes("UpdateUserAttributes", json!({ "UserAttributes": nickname }));
    takes("DeleteUserAttributes", json!({ "UserAttributeNames": ["nickname"] }));
    takes("GetUserAttributeVerificationCode", json!({ "AttributeName": "email" }));
    takes("VerifyUserAttribute", json!({ "AttributeName": "email", "Code": "wrong" }));
    takes("ChangePassword", json!({ "PreviousPassword": PASSWORD, "ProposedPassword": NEW_PASSWORD }));
    takes("SetUserMFAPreference", json!({}));
    takes("StartWebAuthnRegistration", json!({}));
    takes("CompleteWebAuthnRegistration", json!({ "Credential": {} }));
    takes("ListWebAuthnCredentials", json!({}));
    takes("DeleteWebAuthnCredential", json!({ "CredentialId": "none" }));
    takes("ListUserSessions", json!({}));
    takes("RevokeUserSession", json!({ "SessionId": "tkn0000000000000000000000000" }));
    let device = json!({ "DeviceKey": "us-east-1_0f3c9a52" });
    for operation in ["ConfirmDevice", "ForgetDevice", "GetDevice", "UpdateDeviceStatus"] {
        takes(operation, device.clone());
    }
    takes("ListDevices", json!({}));
    takes("SetUserSettings", json!({ "MFAOptions": [] }));
    takes("GetUserAuthFactors", json!({}));
    takes("AssociateSoftwareToken", json!({}));
    takes("VerifySoftwareToken", json!({ "UserCode": "123456" }));
    takes("GlobalSignOut", json!({}));
    takes("DeleteUser", json!({}));
    places
}
