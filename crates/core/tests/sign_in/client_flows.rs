//! Which flows a client's list opens, by either side: all of them.

use cenote_core::testing::{TestService, WireError};
use serde_json::{Value, json};

use crate::world::*;

const FLOWS: [&str; 8] = [
    "USER_PASSWORD_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "USER_SRP_AUTH",
    "CUSTOM_AUTH",
    "USER_AUTH",
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
];

const PASSWORDS: [&str; 1] = ["USER_PASSWORD_AUTH"];
const ADMIN: [&str; 2] = ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"];
const SRP: [&str; 1] = ["USER_SRP_AUTH"];
const CUSTOM: [&str; 1] = ["CUSTOM_AUTH"];
const CHOICE: [&str; 1] = ["USER_AUTH"];
const REFRESH: [&str; 2] = ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"];

/// What a list opens. The older names come on top of SRP and refresh; one of them takes everything else away.
fn lists() -> Vec<(&'static [&'static str], Vec<&'static str>)> {
    vec![
        (&[], [&SRP[..], &CUSTOM, &REFRESH].concat()),
        (&["ALLOW_USER_PASSWORD_AUTH"], PASSWORDS.to_vec()),
        (&["ALLOW_ADMIN_USER_PASSWORD_AUTH"], ADMIN.to_vec()),
        (&["ALLOW_USER_SRP_AUTH"], SRP.to_vec()),
        (&["ALLOW_CUSTOM_AUTH"], CUSTOM.to_vec()),
        (&["ALLOW_USER_AUTH"], CHOICE.to_vec()),
        (&["ALLOW_REFRESH_TOKEN_AUTH"], REFRESH.to_vec()),
        (&["ALLOW_TOKEN_EXCHANGE_IMPERSONATION"], Vec::new()),
        (&["USER_PASSWORD_AUTH"], [&PASSWORDS[..], &SRP, &REFRESH].concat()),
        (&["ADMIN_NO_SRP_AUTH"], [&ADMIN[..], &SRP, &REFRESH].concat()),
        (&["ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"], [&PASSWORDS[..], &ADMIN, &SRP, &REFRESH].concat()),
        (&["CUSTOM_AUTH_FLOW_ONLY"], [&CUSTOM[..], &REFRESH].concat()),
        (&["CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"], [&CUSTOM[..], &REFRESH].concat()),
    ]
}

/// What an open flow says of a name that nobody has, and of a token that is none.
fn behind(flow: &str) -> WireError {
    match flow {
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => not_authorized("Invalid Refresh Token"),
        "CUSTOM_AUTH" => invalid_parameter("Custom auth lambda trigger is not configured for the user pool."),
        _ => ("UserNotFoundException".into(), "User does not exist.".into()),
    }
}

fn closed(flow: &str) -> WireError {
    invalid_parameter(match flow {
        "USER_PASSWORD_AUTH" => "USER_PASSWORD_AUTH flow not enabled for this client",
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => "Auth flow not enabled for this client",
        "USER_SRP_AUTH" => "USER_SRP_AUTH is not enabled for the client.",
        "CUSTOM_AUTH" => "CUSTOM_AUTH is not enabled for the client.",
        "USER_AUTH" => "USER_AUTH flow not enabled for this client",
        _ => "Refresh Token flow not enabled for this client",
    })
}

fn expected(list: &[&str], open: &[&str], flow: &str, is_admin: bool) -> WireError {
    let other_side = if is_admin { PASSWORDS.contains(&flow) } else { ADMIN.contains(&flow) };
    if list.contains(&"CUSTOM_AUTH_FLOW_ONLY") && !open.contains(&flow) {
        return invalid_parameter("Only custom auth (lambda driven) is enabled for this client.");
    }
    if other_side {
        return invalid_parameter("Initiate Auth method not supported.");
    }
    if open.contains(&flow) { behind(flow) } else { closed(flow) }
}

#[tokio::test]
async fn each_list_opens_its_flows_and_no_others() {
    for (list, open) in lists() {
        let world =
            World::with(TestService::builder(), json!({}), json!({ "ExplicitAuthFlows": list })).await;
        for flow in FLOWS {
            let parameters = json!({
                "USERNAME": "nobody", "PASSWORD": PASSWORD, "SRP_A": "abc123", "REFRESH_TOKEN": "none",
            });
            let answer = world.flow(flow, parameters.clone()).await;
            assert_eq!(answer, Err(expected(list, &open, flow, false)), "{flow} with {list:?}");
            let answer = world.admin_flow(flow, parameters).await;
            assert_eq!(answer, Err(expected(list, &open, flow, true)), "{flow} with {list:?}, by a back end");
        }
        let shown = json!({ "UserPoolId": world.pool, "ClientId": world.client });
        let shown = world.service.ok("DescribeUserPoolClient", shown).await;
        let shown = shown["UserPoolClient"].get("ExplicitAuthFlows").cloned().unwrap_or(json!([]));
        assert_eq!(shown, Value::from(list.to_vec()), "what is enforced is not what is shown");
    }
}
