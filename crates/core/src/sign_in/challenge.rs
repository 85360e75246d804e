//! Which challenge is answered.

use cenote_model::types::{AuthFlowType, ChallengeNameType};

use crate::error::Error;
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::{
    choice_answer, code_mfa, custom, device, first_factor_code, flow, mfa_setup, new_password,
    password_verifier, select_mfa_type, software_token_mfa, web_authn,
};
use crate::users::contact::Contact;

/// Takes the answer to a challenge.
///
/// # Errors
/// Those of the challenge.
pub async fn respond(
    sign_in: SignIn<'_>,
    challenge: ChallengeNameType,
    session: Option<&str>,
) -> Result<Outcome, Error> {
    flow::check_custom_only(sign_in.client, occurs_in_custom(challenge))?;
    match challenge {
        ChallengeNameType::PasswordVerifier => password_verifier::respond(sign_in, session).await,
        ChallengeNameType::DeviceSrpAuth => device::srp_auth::respond(sign_in, session).await,
        ChallengeNameType::DevicePasswordVerifier => device::password_verifier::respond(sign_in).await,
        ChallengeNameType::CustomChallenge => custom::answer::respond(sign_in, session).await,
        ChallengeNameType::NewPasswordRequired => new_password::respond(sign_in, session).await,
        ChallengeNameType::SmsMfa => code_mfa::respond(sign_in, session, Contact::PhoneNumber).await,
        // One name for two things: the session says which was asked for.
        ChallengeNameType::EmailOtp if code_mfa::is_asked_by(sign_in, session) => {
            code_mfa::respond(sign_in, session, Contact::Email).await
        }
        ChallengeNameType::SoftwareTokenMfa => software_token_mfa::respond(sign_in, session).await,
        ChallengeNameType::SelectMfaType => select_mfa_type::respond(sign_in, session).await,
        ChallengeNameType::MfaSetup => mfa_setup::respond(sign_in, session).await,
        ChallengeNameType::SelectChallenge | ChallengeNameType::Password | ChallengeNameType::PasswordSrp => {
            Box::pin(choice_answer::respond(sign_in, session, challenge)).await
        }
        ChallengeNameType::SmsOtp => first_factor_code::respond(sign_in, session, Contact::PhoneNumber).await,
        ChallengeNameType::EmailOtp => first_factor_code::respond(sign_in, session, Contact::Email).await,
        ChallengeNameType::WebAuthn => web_authn::respond(sign_in, session).await,
        // Not asked by any flow: a back end may send a password this way as well. Nobody else may.
        ChallengeNameType::AdminNoSrpAuth => flow::run(sign_in, AuthFlowType::AdminNoSrpAuth, None).await,
    }
}

/// Whether a custom sign-in can come to this challenge. Whether this one did is in its session or secret block.
fn occurs_in_custom(challenge: ChallengeNameType) -> bool {
    use ChallengeNameType as Name;
    !matches!(
        challenge,
        Name::AdminNoSrpAuth
            | Name::Password
            | Name::PasswordSrp
            | Name::SelectChallenge
            | Name::SmsOtp
            | Name::WebAuthn
    )
}
