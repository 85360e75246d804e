//! Every way to sign in that needs no browser.

use std::collections::HashMap;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::respond_to_auth_challenge::RespondToAuthChallengeOutput;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, AuthFactorType, AuthFlowType, AuthenticationResultType, ChallengeNameType,
    ExplicitAuthFlowsType, LambdaConfigType, MessageActionType, SignInPolicyType, SoftwareTokenMfaConfigType,
    UserPoolMfaType, UserPoolPolicyType, VerifySoftwareTokenResponseType,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cenote_core::testing::AuthenticatorApp;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::srp;
use crate::world::World;

const PASSWORD: &str = "Passw0rd-of-ålice!";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:challenges";

/// What InitiateAuth and RespondToAuthChallenge answer.
pub struct Step {
    challenge: Option<ChallengeNameType>,
    parameters: HashMap<String, String>,
    session: Option<String>,
    choices: Vec<ChallengeNameType>,
    tokens: Option<AuthenticationResultType>,
}

impl From<InitiateAuthOutput> for Step {
    fn from(answer: InitiateAuthOutput) -> Self {
        Self {
            challenge: answer.challenge_name,
            parameters: answer.challenge_parameters.unwrap_or_default(),
            session: answer.session,
            choices: answer.available_challenges.unwrap_or_default(),
            tokens: answer.authentication_result,
        }
    }
}

impl From<RespondToAuthChallengeOutput> for Step {
    fn from(answer: RespondToAuthChallengeOutput) -> Self {
        Self {
            challenge: answer.challenge_name,
            parameters: answer.challenge_parameters.unwrap_or_default(),
            session: answer.session,
            choices: answer.available_challenges.unwrap_or_default(),
            tokens: answer.authentication_result,
        }
    }
}

impl Step {
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).unwrap()
    }

    fn tokens(self) -> AuthenticationResultType {
        assert_eq!(self.challenge, None);
        self.tokens.unwrap()
    }
}

/// An outcome, or the error's code and text.
type Outcome = Result<Step, (String, String)>;

fn refusal(error: &impl ProvideErrorMetadata) -> (String, String) {
    (error.code().unwrap().to_owned(), error.message().unwrap().to_owned())
}

fn refused(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

/// A pool, an app client with or without a secret, and alice.
struct Site {
    world: World,
    pool_id: String,
    client_id: String,
    secret: Option<String>,
}

/// How a site differs from the simplest one.
#[derive(Default)]
struct Setup {
    secret: bool,
    codes_by_mail: bool,
    functions: Option<LambdaConfigType>,
    settings: Vec<String>,
}

impl Site {
    async fn new(flows: &[ExplicitAuthFlowsType], setup: Setup) -> Self {
        let world = World::start(&setup.settings).await;
        let factors = SignInPolicyType::builder().allowed_first_auth_factors(AuthFactorType::Password);
        let mail = factors.clone().allowed_first_auth_factors(AuthFactorType::EmailOtp);
        let factors = if setup.codes_by_mail { mail } else { factors };
        let pool = world
            .client
            .create_user_pool()
            .pool_name("pool")
            .policies(UserPoolPolicyType::builder().sign_in_policy(factors.build()).build())
            .set_lambda_config(setup.functions)
            .send()
            .await
            .unwrap();
        let pool_id = pool.user_pool.unwrap().id.unwrap();
        let client = world
            .client
            .create_user_pool_client()
            .user_pool_id(&pool_id)
            .client_name("app")
            .set_explicit_auth_flows(Some(flows.to_vec()))
            .generate_secret(setup.secret)
            .send()
            .await
            .unwrap()
            .user_pool_client
            .unwrap();
        let (client_id, secret) = (client.client_id.unwrap(), client.client_secret);
        let site = Self { world, pool_id, client_id, secret };
        site.invite("alice").await;
        site.client()
            .admin_set_user_password()
            .user_pool_id(&site.pool_id)
            .username("alice")
            .password(PASSWORD)
            .permanent(true)
            .send()
            .await
            .unwrap();
        site
    }

    /// A user with a temporary password.
    async fn invite(&self, username: &str) {
        let address = format!("{username}@example.com");
        self.client()
            .admin_create_user()
            .user_pool_id(&self.pool_id)
            .username(username)
            .temporary_password(PASSWORD)
            .message_action(MessageActionType::Suppress)
            .user_attributes(AttributeType::builder().name("email").value(address).build().unwrap())
            .send()
            .await
            .unwrap();
    }

    fn client(&self) -> &Client {
        &self.world.client
    }

    fn hash(&self, username: &str) -> Option<(String, String)> {
        let secret = self.secret.as_ref()?;
        let hash = srp::tag(secret.as_bytes(), &[username.as_bytes(), self.client_id.as_bytes()]);
        Some(("SECRET_HASH".to_owned(), STANDARD.encode(hash)))
    }

    async fn start(&self, flow: AuthFlowType, parameters: &[(&str, &str)]) -> Outcome {
        let username = parameters.iter().find(|(name, _)| *name == "USERNAME").map_or("alice", |one| one.1);
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let outcome = self
            .client()
            .initiate_auth()
            .client_id(&self.client_id)
            .auth_flow(flow)
            .set_auth_parameters(Some(parameters.chain(self.hash(username)).collect()))
            .send()
            .await;
        outcome.map(Step::from).map_err(|error| refusal(&error))
    }

    async fn answer(&self, asked: &Step, username: &str, responses: &[(&str, &str)]) -> Outcome {
        let responses = responses.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.respond(asked, username, responses).await
    }

    async fn respond(
        &self,
        asked: &Step,
        username: &str,
        responses: impl IntoIterator<Item = (String, String)>,
    ) -> Outcome {
        let outcome = self
            .client()
            .respond_to_auth_challenge()
            .client_id(&self.client_id)
            .challenge_name(asked.challenge.clone().unwrap())
            .set_session(asked.session.clone())
            .set_challenge_responses(Some(
                responses
                    .into_iter()
                    .chain(self.hash(username))
                    .chain([("USERNAME".to_owned(), username.to_owned())])
                    .collect(),
            ))
            .send()
            .await;
        outcome.map(Step::from).map_err(|error| refusal(&error))
    }

    /// A sign-in by SRP as far as the proof; `byte` makes the client's secret number.
    async fn prove(&self, username: &str, password: &str, byte: u8) -> Outcome {
        let proof = srp::Client::new(byte);
        let parameters = [("USERNAME", username), ("SRP_A", &*proof.public())];
        let asked = self.start(AuthFlowType::UserSrpAuth, &parameters).await?;
        assert_eq!(asked.challenge, Some(ChallengeNameType::PasswordVerifier));
        let responses = proof.prove(&asked, &self.pool_id, password, self.world.now_ms());
        self.respond(&asked, asked.parameter("USER_ID_FOR_SRP"), responses).await
    }

    async fn name_of(&self, access_token: &str) -> String {
        self.client().get_user().access_token(access_token).send().await.unwrap().username
    }
}

#[tokio::test]
async fn a_password_is_proven_by_srp_and_tokens_are_refreshed_and_revoked() {
    for secret in [false, true] {
        let flows = [ExplicitAuthFlowsType::AllowUserSrpAuth, ExplicitAuthFlowsType::AllowRefreshTokenAuth];
        let site = Site::new(&flows, Setup { secret, ..Setup::default() }).await;
        let wrong = site.prove("alice", "Wrong-passw0rd!", 1).await.err().unwrap();
        assert_eq!(wrong, refused("NotAuthorizedException", "Incorrect username or password."));
        for byte in 1..4 {
            let tokens = site.prove("alice", PASSWORD, byte * 83).await.unwrap().tokens();
            assert_eq!(site.name_of(&tokens.access_token.unwrap()).await, "alice");
        }
        let tokens = site.prove("alice", PASSWORD, 7).await.unwrap().tokens();
        let refresh = tokens.refresh_token.unwrap();
        let again = site.start(AuthFlowType::RefreshTokenAuth, &[("REFRESH_TOKEN", &*refresh)]).await;
        let again = again.unwrap().tokens();
        assert_eq!((again.refresh_token, again.token_type.as_deref()), (None, Some("Bearer")));
        assert_ne!(again.access_token, tokens.access_token);
        let call = site.client().get_tokens_from_refresh_token().client_id(&site.client_id);
        let call = call.refresh_token(&refresh).set_client_secret(site.secret.clone());
        let other = call.clone().send().await.unwrap().authentication_result.unwrap();
        assert_eq!(site.name_of(&other.access_token.unwrap()).await, "alice");
        let revoke = site.client().revoke_token().client_id(&site.client_id).token(&refresh);
        revoke.set_client_secret(site.secret.clone()).send().await.unwrap();
        let late = call.send().await.unwrap_err().into_service_error();
        assert!(late.is_not_authorized_exception());
        assert_eq!(late.meta().message(), Some("Refresh Token has been revoked"));
        site.world.server.stop().await;
    }
}

#[tokio::test]
async fn a_temporary_password_leads_to_a_new_one() {
    let site =
        Site::new(&[ExplicitAuthFlowsType::AllowUserSrpAuth], Setup { secret: true, ..Setup::default() })
            .await;
    site.invite("bert").await;
    let asked = site.prove("bert", PASSWORD, 9).await.unwrap();
    assert_eq!(asked.challenge, Some(ChallengeNameType::NewPasswordRequired));
    assert_eq!(asked.parameter("requiredAttributes"), "[]");
    let attributes: Value = serde_json::from_str(asked.parameter("userAttributes")).unwrap();
    assert_eq!(attributes["email"], "bert@example.com");
    let weak = site.answer(&asked, "bert", &[("NEW_PASSWORD", "no-upper-case-1")]).await.err().unwrap();
    let text = "Password does not conform to policy: Password must have uppercase characters";
    assert_eq!(weak, refused("InvalidPasswordException", text));
    let new = "New-Passw0rd!";
    let tokens = site.answer(&asked, "bert", &[("NEW_PASSWORD", new)]).await.unwrap().tokens();
    assert_eq!(site.name_of(&tokens.access_token.unwrap()).await, "bert");
    let again = site.answer(&asked, "bert", &[("NEW_PASSWORD", new)]).await.err().unwrap();
    let text = "Invalid session for the user, session can only be used once.";
    assert_eq!(again, refused("NotAuthorizedException", text));
    site.prove("bert", new, 9).await.unwrap().tokens();
    site.world.server.stop().await;
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_on_the_way_in_and_asked_for_from_then_on() {
    let site = Site::new(&[ExplicitAuthFlowsType::AllowUserSrpAuth], Setup::default()).await;
    site.client()
        .set_user_pool_mfa_config()
        .user_pool_id(&site.pool_id)
        .mfa_configuration(UserPoolMfaType::On)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::builder().enabled(true).build())
        .send()
        .await
        .unwrap();
    let asked = site.prove("alice", PASSWORD, 5).await.unwrap();
    assert_eq!(asked.challenge, Some(ChallengeNameType::MfaSetup));
    assert_eq!(asked.parameter("MFAS_CAN_SETUP"), r#"["SOFTWARE_TOKEN_MFA"]"#);
    let call = site.client().associate_software_token();
    let associated = call.session(asked.session.as_deref().unwrap()).send().await.unwrap();
    let app = AuthenticatorApp::new(&associated.secret_code.unwrap());
    let code = |distance| app.code(site.world.now_ms(), distance);
    let call = site.client().verify_software_token().session(associated.session.unwrap());
    let mistyped = call.clone().user_code(app.wrong(site.world.now_ms())).send().await.unwrap_err();
    assert!(mistyped.into_service_error().is_enable_software_token_mfa_exception());
    let verified = call.user_code(code(0)).send().await.unwrap();
    assert_eq!(verified.status, Some(VerifySoftwareTokenResponseType::Success));
    let asked = Step { session: verified.session, ..asked };
    site.answer(&asked, "alice", &[]).await.unwrap().tokens();

    let asked = site.prove("alice", PASSWORD, 5).await.unwrap();
    assert_eq!(asked.challenge, Some(ChallengeNameType::SoftwareTokenMfa));
    let answer = async |asked: &Step, code: &str| {
        site.answer(asked, "alice", &[("SOFTWARE_TOKEN_MFA_CODE", code)]).await
    };
    let wrong = answer(&asked, &app.wrong(site.world.now_ms())).await.err().unwrap();
    assert_eq!(wrong, refused("CodeMismatchException", "Invalid code received for user"));
    let right = code(1);
    answer(&asked, &right).await.unwrap().tokens();
    let asked = site.prove("alice", PASSWORD, 5).await.unwrap();
    let replayed = answer(&asked, &right).await.err().unwrap();
    let text = "Your software token has already been used once.";
    assert_eq!(replayed, refused("ExpiredCodeException", text));
    site.world.server.stop().await;
}

/// The functions of a pool: a sum to work out, asked again after one wrong answer.
fn function(event: &Value) -> FakeAnswer {
    let request = &event["request"];
    let last = request["session"].as_array().and_then(|session| session.last());
    FakeAnswer::Response(match event["triggerSource"].as_str().unwrap() {
        "DefineAuthChallenge_Authentication" => {
            let right = last.is_some_and(|round| round["challengeResult"] == true);
            let rounds = request["session"].as_array().map_or(0, Vec::len);
            json!({
                "challengeName": "CUSTOM_CHALLENGE", "issueTokens": right, "failAuthentication": !right && rounds > 1,
            })
        }
        "CreateAuthChallenge_Authentication" => json!({
            "publicChallengeParameters": { "question": "2 + 3" }, "privateChallengeParameters": { "answer": "5" },
        }),
        "VerifyAuthChallengeResponse_Authentication" => json!({
            "answerCorrect": request["privateChallengeParameters"]["answer"] == request["challengeAnswer"],
        }),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn functions_ask_what_they_like() {
    let lambda = FakeLambda::start(|event| function(&event)).await.unwrap();
    let functions = LambdaConfigType::builder()
        .define_auth_challenge(FUNCTION)
        .create_auth_challenge(FUNCTION)
        .verify_auth_challenge_response(FUNCTION)
        .build();
    let settings = vec![format!("triggers.endpoint={}", lambda.url())];
    let setup = Setup { functions: Some(functions), settings, ..Setup::default() };
    let site = Site::new(&[ExplicitAuthFlowsType::AllowCustomAuth], setup).await;
    let start = async || site.start(AuthFlowType::CustomAuth, &[("USERNAME", "alice")]).await.unwrap();
    let asked = start().await;
    assert_eq!(asked.challenge, Some(ChallengeNameType::CustomChallenge));
    assert_eq!((asked.parameter("question"), asked.parameter("USERNAME")), ("2 + 3", "alice"));
    assert!(!asked.parameters.contains_key("answer"));
    let second = site.answer(&asked, "alice", &[("ANSWER", "4")]).await.unwrap();
    assert_eq!(second.challenge, Some(ChallengeNameType::CustomChallenge));
    assert!(site.answer(&asked, "alice", &[("ANSWER", "5")]).await.is_err(), "the first session is used up");
    let tokens = site.answer(&second, "alice", &[("ANSWER", "5")]).await.unwrap().tokens();
    assert_eq!(site.name_of(&tokens.access_token.unwrap()).await, "alice");
    let second = site.answer(&start().await, "alice", &[("ANSWER", "4")]).await.unwrap();
    let out = site.answer(&second, "alice", &[("ANSWER", "6")]).await.err().unwrap();
    assert_eq!(out, refused("NotAuthorizedException", "Incorrect username or password."));
    site.world.server.stop().await;
}

#[tokio::test]
async fn a_user_chooses_how_to_sign_in() {
    let site = Site::new(
        &[ExplicitAuthFlowsType::AllowUserAuth],
        Setup { secret: true, codes_by_mail: true, ..Setup::default() },
    )
    .await;
    let start = async |more: &[(&str, &str)]| {
        let parameters = [&[("USERNAME", "alice")], more].concat();
        site.start(AuthFlowType::UserAuth, &parameters).await.unwrap()
    };
    let asked = start(&[]).await;
    assert_eq!(asked.challenge, Some(ChallengeNameType::SelectChallenge));
    let (mail, password) = (ChallengeNameType::EmailOtp, ChallengeNameType::Password);
    for choice in [&mail, &password, &ChallengeNameType::PasswordSrp] {
        assert!(asked.choices.contains(choice), "{:?}", asked.choices);
    }
    let preferred = start(&[("PREFERRED_CHALLENGE", "EMAIL_OTP")]).await;
    let chosen = site.answer(&asked, "alice", &[("ANSWER", "EMAIL_OTP")]).await.unwrap();
    assert_eq!((&preferred.challenge, &chosen.challenge), (&Some(mail.clone()), &Some(mail)));
    assert_eq!(chosen.parameter("CODE_DELIVERY_DESTINATION"), "a***@e***");
    assert_eq!(chosen.parameter("CODE_DELIVERY_DELIVERY_MEDIUM"), "EMAIL");

    let asked = start(&[]).await;
    let right = site.answer(&asked, "alice", &[("ANSWER", "PASSWORD"), ("PASSWORD", PASSWORD)]).await;
    site.name_of(&right.unwrap().tokens().access_token.unwrap()).await;

    let proof = srp::Client::new(77);
    let asked = start(&[("PREFERRED_CHALLENGE", "PASSWORD_SRP"), ("SRP_A", &proof.public())]).await;
    assert_eq!(asked.challenge, Some(ChallengeNameType::PasswordVerifier));
    let responses = proof.prove(&asked, &site.pool_id, PASSWORD, site.world.now_ms());
    site.respond(&asked, asked.parameter("USER_ID_FOR_SRP"), responses).await.unwrap().tokens();
    site.world.server.stop().await;
}

#[tokio::test]
async fn a_code_by_mail_signs_in() {
    let site =
        Site::new(&[ExplicitAuthFlowsType::AllowUserAuth], Setup { codes_by_mail: true, ..Setup::default() })
            .await;
    let parameters = [("USERNAME", "alice"), ("PREFERRED_CHALLENGE", "EMAIL_OTP")];
    let asked = site.start(AuthFlowType::UserAuth, &parameters).await.unwrap();
    let code = site.world.code("Authentication").await;
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    let outcome = site.answer(&asked, "alice", &[("EMAIL_OTP_CODE", wrong)]).await.err().unwrap();
    assert_eq!(outcome, refused("CodeMismatchException", "Invalid code or auth state for the user."));
    let tokens = site.answer(&asked, "alice", &[("EMAIL_OTP_CODE", &code)]).await.unwrap().tokens();
    let call = site.client().get_user().access_token(tokens.access_token.unwrap());
    let attributes = call.send().await.unwrap().user_attributes;
    let verified = attributes.iter().find(|attribute| attribute.name == "email_verified").unwrap();
    assert_eq!(verified.value.as_deref(), Some("true"), "the code showed whose address it is");
    site.world.server.stop().await;
}
