//! Codes that were sent.

use serde_json::json;

use super::{LINK, NOBODY, Place, mismatch, place, refused};
use crate::artefacts::Kind;
use crate::world::*;

pub(super) fn codes() -> Vec<Place> {
    let unconfirmed_only = |_: &Home, stage: Stage, _: &str| {
        let status = match stage {
            Stage::New => return vec![mismatch()],
            Stage::Invited => "FORCE_CHANGE_PASSWORD",
            Stage::Reset => "RESET_REQUIRED",
            _ => "CONFIRMED",
        };
        vec![refused(
            "NotAuthorizedException",
            format!("User cannot be confirmed. Current status is {status}"),
        )]
    };
    let confirmation = |home: &Home, user: &str, text: &str| json!({ "ClientId": home.client, "Username": user, "ConfirmationCode": text });
    let mut places = vec![
        place(
            "ConfirmSignUp",
            "ConfirmationCode",
            Some(Kind::SignUpCode),
            &Stage::ALL,
            confirmation,
            unconfirmed_only,
        ),
        place(LINK, "confirmation_code", Some(Kind::SignUpCode), &Stage::ALL, confirmation, unconfirmed_only),
    ];
    let build = |home: &Home, user: &str, text: &str| json!({ "ClientId": home.client, "Username": user, "ConfirmationCode": text, "Password": NEW_PASSWORD });
    places.push(place(
        "ConfirmForgotPassword",
        "ConfirmationCode",
        Some(Kind::ResetCode),
        &Stage::ALL,
        build,
        |_, stage, _| {
            vec![if stage == Stage::Invited {
                refused("NotAuthorizedException", "User password cannot be reset in the current state.")
            } else {
                mismatch()
            }]
        },
    ));
    for (attribute, kind) in [("email", Kind::EmailCode), ("phone_number", Kind::PhoneNumberCode)] {
        let build = move |home: &Home, _: &str, text: &str| json!({ "AccessToken": home.access_token, "AttributeName": attribute, "Code": text });
        places.push(place("VerifyUserAttribute", "Code", Some(kind), NOBODY, build, |_, _, _| {
            vec![mismatch()]
        }));
    }
    places
}
