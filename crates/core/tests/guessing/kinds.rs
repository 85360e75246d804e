//! What can be guessed, how often, and what became of a guess.

use cenote_core::testing::WireError;
use serde_json::Value;

macro_rules! kinds {
    ($($(#[$comment:meta])* $name:ident,)*) => {
        /// What can be guessed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$comment])* $name,)*
        }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

kinds! {
    /// The code of ForgotPassword.
    Reset,
    /// The code of SignUp.
    SignUp,
    /// The codes that verify a contact.
    Email,
    PhoneNumber,
    /// The old password, with an access token at hand.
    ChangePassword,
    SignIn,
    AdminSignIn,
    /// The password that is proved, in every flow that lets it be.
    Srp,
    /// The password in USER_AUTH, sent in every way it can be.
    ChosenPassword,
    /// The codes that sign in alone.
    EmailFirstFactor,
    SmsFirstFactor,
    /// The codes of second factors, with the password at hand.
    SmsMfa,
    EmailMfa,
    App,
    /// The same for a name that nobody has, where that is hidden. Nobody gets as far as a second factor.
    ResetOfNobody,
    SignInOfNobody,
    SrpOfNobody,
    ChosenPasswordOfNobody,
    FirstFactorOfNobody,
}

impl Kind {
    /// Those of some sort.
    pub fn that(is: impl Fn(Self) -> bool) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|kind| is(*kind)).collect()
    }

    /// How many guesses are compared.
    pub fn budget(self) -> usize {
        match self {
            Self::SignUp | Self::Email | Self::PhoneNumber => 15,
            _ if self.is_first_factor_code() => 10,
            _ => 5,
        }
    }

    /// Whether a code is guessed that somebody has.
    pub fn is_code(self) -> bool {
        matches!(self, Self::Reset | Self::SignUp | Self::EmailFirstFactor | Self::SmsFirstFactor)
            || self.is_contact()
            || self.is_second_factor()
    }

    pub fn is_contact(self) -> bool {
        matches!(self, Self::Email | Self::PhoneNumber)
    }

    /// Whether it is the password of a sign-in, whose guesses share one lock.
    pub fn is_password(self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::AdminSignIn
                | Self::Srp
                | Self::ChosenPassword
                | Self::SignInOfNobody
                | Self::SrpOfNobody
                | Self::ChosenPasswordOfNobody
        )
    }

    /// The tries of these are their session's.
    pub fn is_first_factor_code(self) -> bool {
        matches!(self, Self::EmailFirstFactor | Self::SmsFirstFactor | Self::FirstFactorOfNobody)
    }

    pub fn is_second_factor(self) -> bool {
        matches!(self, Self::SmsMfa | Self::EmailMfa | Self::App)
    }

    pub fn is_of_nobody(self) -> bool {
        matches!(
            self,
            Self::ResetOfNobody
                | Self::SignInOfNobody
                | Self::SrpOfNobody
                | Self::ChosenPasswordOfNobody
                | Self::FirstFactorOfNobody
        )
    }

    /// Whether a wrong guess costs a power.
    pub fn is_slow(self) -> bool {
        self == Self::ChangePassword || self.is_password()
    }

    /// The challenge that asks for the code, and the member that holds it.
    pub fn challenge(self) -> (&'static str, &'static str) {
        match self {
            Self::SmsMfa => ("SMS_MFA", "SMS_MFA_CODE"),
            Self::SmsFirstFactor => ("SMS_OTP", "SMS_OTP_CODE"),
            Self::EmailMfa | Self::EmailFirstFactor | Self::FirstFactorOfNobody => {
                ("EMAIL_OTP", "EMAIL_OTP_CODE")
            }
            _ => ("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
        }
    }

    pub fn contact(self) -> &'static str {
        if self == Self::PhoneNumber { "phone_number" } else { "email" }
    }
}

/// What became of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Right,
    Wrong,
    /// Not compared: the budget is spent.
    Refused,
    /// Not compared: there is nothing to guess any more.
    Gone,
}

const LOCKED: &str =
    "Too many invalid credentials attempts. User temporarily locked. Please try again after few seconds.";

impl Answer {
    pub fn of(outcome: Result<Value, WireError>) -> Self {
        let Err((code, message)) = outcome else { return Self::Right };
        match (code.as_str(), message.as_str()) {
            ("CodeMismatchException", _) | (_, "Incorrect username or password.") => Self::Wrong,
            ("LimitExceededException", _) | (_, "Password attempts exceeded" | LOCKED) => Self::Refused,
            (_, "Invalid session for the user.") => Self::Refused,
            (_, "Invalid session for the user, session can only be used once.") => Self::Gone,
            ("ExpiredCodeException" | "UserNotConfirmedException", _)
            | (_, "User cannot be confirmed. Current status is CONFIRMED") => Self::Gone,
            other => panic!("{other:?}"),
        }
    }
}

/// Something to guess, and what is right.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: Kind,
    /// All the names that lead to it.
    pub names: Vec<String>,
    pub token: String,
    /// Of the challenge that asks for the code.
    pub session: String,
    pub right: String,
}

impl Target {
    /// A wrong guess; another one for each number.
    pub fn wrong(&self, number: usize) -> String {
        if self.kind.is_code() {
            let right: usize = self.right.parse().unwrap();
            // Steps beside the present one have codes as well.
            let away = if self.kind == Kind::App { 77_777 } else { 1 };
            return format!("{:06}", (right + away + number % 900_000) % 1_000_000);
        }
        format!("Wr0ng-guess-{number:06}")
    }

    /// The name of a turn.
    pub fn name(&self, turn: usize) -> &str {
        &self.names[turn / 2 % self.names.len()]
    }
}

/// How many guess at once; with `CENOTE_LONG=1` a multitude: as many as PostgreSQL's few connections serve before those who
/// wait for one are told that none is free.
pub fn crowd(kind: Kind) -> usize {
    let long = std::env::var("CENOTE_LONG").is_ok_and(|long| long == "1");
    match (long, kind.is_slow()) {
        (false, true) => 40,
        (false, false) => 250,
        (true, true) => 1_000,
        (true, false) => 2_000,
    }
}
