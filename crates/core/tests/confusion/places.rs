//! Where something can be presented: every member of a request that takes what opens something.

use cenote_core::testing::WireError;
use serde_json::{Value, json};

use crate::artefacts::{Kind, List};
use crate::choice::{self, ASKED};
use crate::second_factors::{Factor, answers};
use crate::srp::proof;
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
    /// Whether what belongs to `from` is right in a request of `home` for a user of this stage.
    pub fn is_right(&self, kind: Kind, from: (&Home, Stage), home: (&Home, Stage)) -> bool {
        let ((from, from_stage), (home, stage)) = (from, home);
        let same_pool = from.pool == home.pool;
        let same_user = same_pool && from.subject == home.subject;
        if self.takes != Some(kind) {
            return false;
        }
        match kind {
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

const NOBODY: &[Stage] = &[Stage::Confirmed];

/// Every place. Those that use something up or end a sign-in come last.
pub fn all() -> Vec<Place> {
    let mut places = page_tokens();
    places.extend(secrets());
    places.extend(refresh_tokens());
    places.extend(codes());
    places.extend(sessions());
    places.extend(choices());
    places.extend(factor_sessions());
    places.extend(setting_up());
    places.extend(secret_blocks());
    places.extend(device_pages());
    places.extend(unread());
    places.extend(exchanged_tokens());
    places.extend(step_ups());
    places.extend(access_tokens());
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

fn page_tokens() -> Vec<Place> {
    let of_list = |list: List| {
        let home = Home {
            pool: String::new(),
            client: String::new(),
            secret_client: String::new(),
            secret: String::new(),
            subject: "",
            access_token: String::new(),
            known: Default::default(),
        };
        let (operation, member, _) = list.request(&home);
        let build = move |home: &Home, _: &str, text: &str| {
            let (_, member, mut request) = list.request(home);
            request[member] = json!(text);
            request
        };
        let refusals = |_: &Home, _, text: &str| {
            vec![refused(
                "InvalidParameterException",
                format!("Paging marker {text} is invalid for request "),
            )]
        };
        place(operation, member, Some(Kind::Page(list)), NOBODY, build, refusals)
    };
    List::ALL.into_iter().map(of_list).collect()
}

fn wrong_hash(home: &Home, _: Stage, _: &str) -> Vec<Outcome> {
    let client = &home.secret_client;
    vec![refused("NotAuthorizedException", format!("Unable to verify secret hash for client {client}"))]
}

fn secrets() -> Vec<Place> {
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

fn refresh_tokens() -> Vec<Place> {
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

fn mismatch() -> Outcome {
    refused("CodeMismatchException", "Invalid verification code provided, please try again.")
}

fn codes() -> Vec<Place> {
    let unconfirmed_only = |_: &Home, stage: Stage, _: &str| {
        let status = match stage {
            Stage::New => return vec![mismatch()],
            Stage::Confirmed | Stage::Factors => "CONFIRMED",
            Stage::Invited => "FORCE_CHANGE_PASSWORD",
            Stage::Reset => "RESET_REQUIRED",
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

/// Not an operation: the path of the link in a mail.
pub const LINK: &str = "/confirmUser";

/// Each block is presented with the proof that was made for it.
fn secret_blocks() -> Vec<Place> {
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

fn sessions() -> Vec<Place> {
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

/// Tokens of the pool that are given away for others.
fn exchanged_tokens() -> Vec<Place> {
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

fn invalid_session(_: &Home, _: Stage, _: &str) -> Vec<Outcome> {
    vec![refused("NotAuthorizedException", "Invalid session for the user.")]
}

fn choices() -> Vec<Place> {
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
        places.push(place(operation, "Session", None, NOBODY, build, invalid_session));
    }
    places
}

/// Lists of devices: nobody here has so many that a page goes on.
fn device_pages() -> Vec<Place> {
    let own = |home: &Home, _: &str, text: &str| json!({ "AccessToken": home.access_token, "PaginationToken": text });
    let admin = |home: &Home, user: &str, text: &str| json!({ "UserPoolId": home.pool, "Username": user, "PaginationToken": text });
    let refusals = |_: &Home, _, text: &str| {
        vec![refused("InvalidParameterException", format!("Paging marker {text} is invalid for request "))]
    };
    vec![
        place("ListDevices", "PaginationToken", None, NOBODY, own, refusals),
        place("AdminListDevices", "PaginationToken", None, NOBODY, admin, refusals),
    ]
}

/// Each session is presented with the code that was sent for it.
fn factor_sessions() -> Vec<Place> {
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

/// Where a first factor is set up. In these pools nobody has to, so there is nothing that is right here.
fn setting_up() -> Vec<Place> {
    let answer = |home: &Home, user: &str, text: &str| {
        let answers = json!({ "USERNAME": user });
        let mut request = respond("RespondToAuthChallenge", &home.pool, &home.client, text, &answers);
        request["ChallengeName"] = json!("MFA_SETUP");
        request
    };
    let associate = |_: &Home, _: &str, text: &str| json!({ "Session": text });
    let verify = |_: &Home, _: &str, text: &str| json!({ "Session": text, "UserCode": "123456" });
    let code =
        |home: &Home, _: &str, text: &str| json!({ "AccessToken": home.access_token, "UserCode": text });
    vec![
        place("RespondToAuthChallenge", "Session", None, &[Stage::Factors], answer, invalid_session),
        place("AssociateSoftwareToken", "Session", None, NOBODY, associate, invalid_session),
        place("VerifySoftwareToken", "Session", None, NOBODY, verify, invalid_session),
        place("VerifySoftwareToken", "UserCode", None, NOBODY, code, |_, _, _| {
            vec![refused(
                "EnableSoftwareTokenMFAException",
                "Code mismatch and fail enable Software Token MFA",
            )]
        }),
    ]
}

/// Members that nothing reads yet: with whatever in them, the answer is the one without.
fn unread() -> Vec<Place> {
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

fn not_an_access_token(_: &Home, _: Stage, _: &str) -> Vec<Outcome> {
    vec![
        refused("NotAuthorizedException", "Invalid Access Token"),
        // For a token in the name of a key that did not sign it, and one of a generation of master keys that is gone.
        refused("NotAuthorizedException", "Could not verify signature for Access Token"),
        refused("NotAuthorizedException", "Access Token has been revoked"),
    ]
}

fn step_ups() -> Vec<Place> {
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

fn access_tokens() -> Vec<Place> {
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
