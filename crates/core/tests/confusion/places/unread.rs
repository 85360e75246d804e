//! Members that nothing reads yet: with whatever in them, the answer is the one without.

use serde_json::json;

use super::{NOBODY, Place, initiate, mismatch, place, refused};
use crate::world::*;

pub(super) fn unread() -> Vec<Place> {
    let wrong_password =
        |_: &Home, _, _: &str| vec![refused("NotAuthorizedException", "Incorrect username or password.")];
    let of = |operation: &'static str, flow: &'static str| {
        let build = move |home: &Home, user: &str, text: &str| {
            let parameters = json!({ "USERNAME": user, "PASSWORD": "wrong" });
            let mut request = initiate(operation, &home.pool, &home.client, flow, &parameters);
            request["Session"] = json!(text);
            request
        };
        place(operation, "Session", None, NOBODY, build, wrong_password)
    };
    let confirm = |home: &Home, user: &str, text: &str| json!({ "ClientId": home.client, "Username": user, "ConfirmationCode": "wrong", "Session": text });
    let secrets = |home: &Home, _: &str, text: &str| json!({ "UserPoolId": home.pool, "ClientId": home.secret_client, "NextToken": text });
    let own_sessions =
        |home: &Home, _: &str, text: &str| json!({ "AccessToken": home.access_token, "NextToken": text });
    let sessions = |home: &Home, user: &str, text: &str| json!({ "UserPoolId": home.pool, "Username": user, "NextToken": text });
    let no_page = |_: &Home, _, text: &str| {
        vec![refused("InvalidParameterException", format!("Paging marker {text} is invalid for request "))]
    };
    vec![
        of("InitiateAuth", "USER_PASSWORD_AUTH"),
        of("AdminInitiateAuth", "ADMIN_USER_PASSWORD_AUTH"),
        place("ConfirmSignUp", "Session", None, &[Stage::New], confirm, |_, _, _| vec![mismatch()]),
        place("ListUserPoolClientSecrets", "NextToken", None, NOBODY, secrets, |_, _, _| vec![Ok(())]),
        // Lists of one page only.
        place("ListUserSessions", "NextToken", None, NOBODY, own_sessions, no_page),
        place("AdminListUserSessions", "NextToken", None, NOBODY, sessions, no_page),
    ]
}
