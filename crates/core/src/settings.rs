//! What the operator decides, as far as the rules need it.

/// How issuers are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IssuerForm {
    /// `{public_url}/{pool id}`.
    #[default]
    Own,
    /// `https://cognito-idp.{region}.amazonaws.com/{pool id}`, for verifiers that insist on it.
    Aws,
}

/// What a client that hides whether users exist is told when an existing user can't get a reset code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ineligible {
    /// As if a code had been sent.
    #[default]
    Simulate,
    /// The error, and the same error for a fixed share of the names that no user has.
    Error,
}

/// Attempts per user and sliding hour, unless stated. 0 switches a limit off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub recovery_requests_per_hour: u32,
    pub recovery_attempts_per_hour: u32,
    pub confirm_sign_up_attempts_per_hour: u32,
    pub resend_codes_per_hour: u32,
    pub attribute_codes_per_hour: u32,
    pub attribute_attempts_per_hour: u32,
    pub change_password_per_hour: u32,
    /// Codes sent to whoever signs in by them alone.
    pub sign_in_codes_per_hour: u32,
    /// Codes sent as second factors.
    pub mfa_codes_per_hour: u32,
    /// Wrong passwords in a row before the lock-out starts.
    pub password_attempts: u32,
    /// Wrong codes of second factors in a row before theirs starts.
    pub mfa_code_attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            recovery_requests_per_hour: 5,
            recovery_attempts_per_hour: 5,
            confirm_sign_up_attempts_per_hour: 15,
            resend_codes_per_hour: 5,
            attribute_codes_per_hour: 5,
            attribute_attempts_per_hour: 15,
            change_password_per_hour: 5,
            sign_in_codes_per_hour: 20,
            mfa_codes_per_hour: 20,
            password_attempts: 5,
            mfa_code_attempts: 5,
        }
    }
}

/// The settings of a service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For pools created by callers whose signature names no region.
    pub region: String,
    /// Twelve digits, in every ARN.
    pub account_id: String,
    /// Without a trailing slash.
    pub public_url: String,
    pub issuer: IssuerForm,
    pub limits: Limits,
    pub ineligible: Ineligible,
    /// Whether a refresh token that was rotated out and comes back ends its sign-in. Cognito only refuses it.
    pub reuse_revokes: bool,
    /// Whether every sign-in says how strong it was, not only those that asked for a level.
    pub acr_in_every_token: bool,
    /// `dev` only: pool tag and client names may set ids.
    pub custom_ids: bool,
    /// `dev` only: every code is this one.
    pub fixed_code: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            region: "us-east-1".into(),
            account_id: "000000000000".into(),
            public_url: "http://127.0.0.1:7665".into(),
            issuer: IssuerForm::Own,
            limits: Limits::default(),
            ineligible: Ineligible::Simulate,
            reuse_revokes: false,
            acr_in_every_token: false,
            custom_ids: false,
            fixed_code: None,
        }
    }
}

impl Settings {
    /// The `iss` of a pool's tokens, without a trailing slash.
    #[must_use]
    pub fn issuer_of(&self, pool_id: &cenote_store::PoolId) -> String {
        match self.issuer {
            IssuerForm::Own => format!("{}/{pool_id}", self.public_url),
            IssuerForm::Aws => format!("https://cognito-idp.{}.amazonaws.com/{pool_id}", pool_id.region()),
        }
    }

    /// The ARN of a pool.
    #[must_use]
    pub fn pool_arn(&self, pool_id: &cenote_store::PoolId) -> String {
        let region = pool_id.region();
        let partition = match region {
            r if r.starts_with("cn-") => "aws-cn",
            r if r.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:cognito-idp:{region}:{}:userpool/{pool_id}", self.account_id)
    }
}
