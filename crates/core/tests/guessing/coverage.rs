//! Whether everything that can be guessed is guessed at: a new purpose of a code, attempt, challenge or flow does not compile until
//! it is said here what is guessed at by it, and a new member of the model fails.

use std::collections::BTreeSet;

use cenote_core::operations::is_built;
use cenote_core::users::attempts::Attempt;
use cenote_model::Operation;
use cenote_model::types::{AuthFlowType, ChallengeNameType};
use cenote_store::CodePurpose;
use serde_json::Value;

use crate::kinds::Kind;

const PASSWORDS: &[Kind] = &[Kind::ChosenPassword, Kind::ChosenPasswordOfNobody];
const PROOFS: &[Kind] = &[Kind::Srp, Kind::SrpOfNobody];
/// Nothing that is short enough to be guessed.
const NOTHING: &[Kind] = &[];

fn of_code(purpose: CodePurpose) -> &'static [Kind] {
    match purpose {
        CodePurpose::SignUp => &[Kind::SignUp],
        CodePurpose::Reset => &[Kind::Reset, Kind::ResetOfNobody],
        CodePurpose::VerifyEmail => &[Kind::Email],
        CodePurpose::VerifyPhoneNumber => &[Kind::PhoneNumber],
    }
}

/// What has a count of its own, unless it is a lock.
fn of_attempt(attempt: Attempt) -> &'static [Kind] {
    match attempt {
        Attempt::RecoveryRedemption => of_code(CodePurpose::Reset),
        Attempt::ConfirmSignUp => of_code(CodePurpose::SignUp),
        Attempt::VerifyAttribute => &[Kind::Email, Kind::PhoneNumber],
        Attempt::ChangePassword => &[Kind::ChangePassword],
        // Messages, not guesses.
        Attempt::RecoveryRequest
        | Attempt::ResendCode
        | Attempt::RequestAttributeCode
        | Attempt::ChangeContact
        | Attempt::SignInCode
        | Attempt::MfaCode => NOTHING,
    }
}

fn of_challenge(challenge: ChallengeNameType) -> &'static [Kind] {
    match challenge {
        ChallengeNameType::SmsMfa => &[Kind::SmsMfa],
        ChallengeNameType::SoftwareTokenMfa => &[Kind::App],
        ChallengeNameType::EmailOtp => {
            &[Kind::EmailMfa, Kind::EmailFirstFactor, Kind::FirstFactorOfNobody]
        }
        ChallengeNameType::SmsOtp => &[Kind::SmsFirstFactor],
        ChallengeNameType::PasswordVerifier | ChallengeNameType::PasswordSrp => PROOFS,
        ChallengeNameType::Password | ChallengeNameType::SelectChallenge => PASSWORDS,
        ChallengeNameType::AdminNoSrpAuth => &[Kind::AdminSignIn],
        // Set or chosen, not compared.
        ChallengeNameType::NewPasswordRequired
        | ChallengeNameType::MfaSetup
        | ChallengeNameType::SelectMfaType
        // Made by machines.
        | ChallengeNameType::DeviceSrpAuth
        | ChallengeNameType::DevicePasswordVerifier
        | ChallengeNameType::WebAuthn
        // The functions' own.
        | ChallengeNameType::CustomChallenge => NOTHING,
    }
}

fn of_flow(flow: AuthFlowType) -> &'static [Kind] {
    match flow {
        AuthFlowType::UserPasswordAuth => &[Kind::SignIn, Kind::SignInOfNobody],
        AuthFlowType::AdminUserPasswordAuth | AuthFlowType::AdminNoSrpAuth => &[Kind::AdminSignIn],
        AuthFlowType::UserSrpAuth | AuthFlowType::CustomAuth => PROOFS,
        AuthFlowType::UserAuth => PASSWORDS,
        AuthFlowType::RefreshToken | AuthFlowType::RefreshTokenAuth => NOTHING,
    }
}

/// What is compared with a member of a request, where that is a member.
fn of_member(operation: &str, member: &str) -> Option<&'static [Kind]> {
    Some(match (operation, member) {
        ("ConfirmSignUp", "ConfirmationCode") => of_code(CodePurpose::SignUp),
        ("ConfirmForgotPassword", "ConfirmationCode") => of_code(CodePurpose::Reset),
        ("VerifyUserAttribute", "Code") => of_attempt(Attempt::VerifyAttribute),
        ("ChangePassword", "PreviousPassword") => of_attempt(Attempt::ChangePassword),
        // Whoever may send it may as well set up another app, and a right one is used up.
        ("VerifySoftwareToken", "UserCode") => NOTHING,
        // Set, not compared.
        ("AdminCreateUser", "TemporaryPassword")
        | ("AdminSetUserPassword" | "SignUp" | "ConfirmForgotPassword", "Password")
        | ("ChangePassword", "ProposedPassword")
        | ("CreateUserPoolClient" | "AddUserPoolClientSecret", "ClientSecret") => NOTHING,
        // Long, and made by a machine unless an administrator chose it; a wrong one costs its user nothing (`tricks.rs`).
        (_, "SecretHash")
        | ("GetTokensFromRefreshToken" | "GetDerivedToken" | "RevokeToken", "ClientSecret")
        | ("GetClientToken", "Secret") => NOTHING,
        _ => return None,
    })
}

fn values<T: std::str::FromStr<Err: std::fmt::Debug>>(names: &[&str]) -> Vec<T> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn everything_that_can_be_guessed_is_guessed_at() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/cognito-idp.json");
    let model: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut reached = BTreeSet::new();
    let mut members = 0;
    for operation in Operation::ALL.iter().filter(|operation| is_built(**operation)) {
        let input = model["operations"][operation.as_str()]["input"]["shape"].as_str().unwrap();
        for (name, member) in model["shapes"][input]["members"].as_object().unwrap() {
            let shape = &model["shapes"][member["shape"].as_str().unwrap()];
            let is_text = shape["type"] == "string" && shape.get("enum").is_none();
            if !is_text || !["Code", "Password", "Secret", "SecretHash"].iter().any(|end| name.ends_with(end))
            {
                continue;
            }
            members += 1;
            let kinds = of_member(operation.as_str(), name);
            reached.extend(kinds.unwrap_or_else(|| panic!("what is guessed at by {name} of {operation}?")));
        }
    }
    assert!(members > 15, "{members}");
    // The maps of a sign-in.
    for challenge in values(ChallengeNameType::VALUES) {
        reached.extend(of_challenge(challenge));
    }
    for flow in values(AuthFlowType::VALUES) {
        reached.extend(of_flow(flow));
    }
    assert_eq!(reached, Kind::ALL.iter().copied().collect());
}
