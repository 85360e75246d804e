//! The texts that are sent when a pool has none of its own. Mail bodies are HTML.

/// Subject and body of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailText {
    /// Plain text.
    pub subject: &'static str,
    /// HTML.
    pub body: &'static str,
}

/// Sign-up, resent codes, and attributes that were changed or are to be verified.
pub const VERIFICATION_EMAIL: EmailText =
    EmailText { subject: "Your verification code", body: "The code to verify your email address is {####}." };

/// As [`VERIFICATION_EMAIL`], for phone numbers.
pub const VERIFICATION_SMS: &str = "The code to verify your phone number is {####}.";

/// Sign-up and resent codes in pools that confirm with a link.
pub const LINK_EMAIL: EmailText = EmailText {
    subject: "Your verification link",
    body: "Follow this link to verify your email address: {##Verify Email##}",
};

/// Forgotten passwords, and passwords an administrator reset.
pub const PASSWORD_RESET_EMAIL: EmailText = EmailText {
    subject: "Your password reset code",
    body: "The code to choose a new password is {####}. If you did not ask for it, ignore this message.",
};

/// As [`PASSWORD_RESET_EMAIL`].
pub const PASSWORD_RESET_SMS: &str = "The code to choose a new password is {####}.";

/// Users made by an administrator, with their temporary password.
pub const INVITATION_EMAIL: EmailText = EmailText {
    subject: "Your temporary password",
    body: "An account was made for you: sign in as {username} with the temporary password {####}",
};

/// As [`INVITATION_EMAIL`].
pub const INVITATION_SMS: &str = "Sign in as {username} with the temporary password {####}";

/// To those whom an administrator made and who sign in without a password.
pub const WELCOME_EMAIL: EmailText =
    EmailText { subject: "Your account", body: "An account was made for you: sign in as {username}." };

/// As [`WELCOME_EMAIL`].
pub const WELCOME_SMS: &str = "An account was made for you: sign in as {username}.";

/// Second factors and one-time passwords.
pub const AUTHENTICATION_EMAIL: EmailText =
    EmailText { subject: "Your authentication code", body: "The code to sign in is {####}." };

/// As [`AUTHENTICATION_EMAIL`].
pub const AUTHENTICATION_SMS: &str = "The code to sign in is {####}.";

#[cfg(test)]
mod tests {
    use cenote_store::Channel;

    use super::*;
    use crate::template::{check_lengths, has_code, has_link, has_username};

    #[test]
    fn each_text_has_its_places_and_fits() {
        for mail in
            [VERIFICATION_EMAIL, LINK_EMAIL, PASSWORD_RESET_EMAIL, INVITATION_EMAIL, AUTHENTICATION_EMAIL]
        {
            assert_eq!(has_code(mail.body), mail != LINK_EMAIL, "{}", mail.subject);
            assert_eq!(has_link(mail.body), mail == LINK_EMAIL, "{}", mail.subject);
            assert!(check_lengths(Channel::Email, Some(mail.subject), mail.body).is_ok());
        }
        for text in [VERIFICATION_SMS, PASSWORD_RESET_SMS, INVITATION_SMS, AUTHENTICATION_SMS] {
            assert!(has_code(text) && check_lengths(Channel::Sms, None, text).is_ok(), "{text}");
        }
        for text in [INVITATION_EMAIL.body, INVITATION_SMS, WELCOME_EMAIL.body, WELCOME_SMS] {
            assert!(has_username(text), "{text}");
        }
    }
}
