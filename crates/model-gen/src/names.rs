//! AWS names in Rust spelling.

/// `CallbackURLs` is `callback_urls`, `AllowedOAuthFlows` is `allowed_oauth_flows`, `Type` is `type_`.
pub fn member(name: &str) -> String {
    let snake = snake_case(name);
    if snake == "type" { "type_".to_owned() } else { snake }
}

/// `ClientIdType` is `CLIENT_ID_TYPE`.
pub fn constant(name: &str) -> String {
    snake_case(name).to_uppercase()
}

fn snake_case(name: &str) -> String {
    let name = name.replace("URLs", "Urls").replace("OAuth", "Oauth");
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    let mut previous: Option<char> = None;
    for (position, letter) in letters.iter().enumerate() {
        let starts_word = letter.is_uppercase()
            && previous.is_some_and(|previous| {
                !previous.is_uppercase() || letters.get(position + 1).is_some_and(|next| next.is_lowercase())
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        previous = Some(*letter);
    }
    snake
}

/// `CONFIRM_WITH_LINK` is `ConfirmWithLink`, `phone_number` is `PhoneNumber`, `V1_0` stays.
pub fn variant(value: &str) -> String {
    let mut name = String::new();
    for word in value.split('_') {
        let between_digits = name.ends_with(|last: char| last.is_ascii_digit())
            && word.starts_with(|first: char| first.is_ascii_digit());
        if between_digits {
            name.push('_');
        }
        let shouted = !word.chars().any(char::is_lowercase);
        for (position, letter) in word.chars().enumerate() {
            match (position, shouted) {
                (0, _) => name.push(letter.to_ascii_uppercase()),
                (_, true) => name.push(letter.to_ascii_lowercase()),
                (_, false) => name.push(letter),
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_fold_acronyms() {
        for (aws, rust) in [
            ("UserPoolId", "user_pool_id"),
            ("CallbackURLs", "callback_urls"),
            ("LogoutURLs", "logout_urls"),
            ("SMSMessage", "sms_message"),
            ("MFAOptions", "mfa_options"),
            ("UserMFASettingList", "user_mfa_setting_list"),
            ("KMSKeyID", "kms_key_id"),
            ("DefaultRedirectURI", "default_redirect_uri"),
            ("AllowedOAuthFlows", "allowed_oauth_flows"),
            ("AllowedOAuthFlowsUserPoolClient", "allowed_oauth_flows_user_pool_client"),
            ("CustomSMSSender", "custom_sms_sender"),
            ("SMSMfaSettings", "sms_mfa_settings"),
            ("AWSAccountId", "aws_account_id"),
            ("LastIPAddress", "last_ip_address"),
            ("CSSVersion", "css_version"),
            ("headerName", "header_name"),
            ("Type", "type_"),
        ] {
            assert_eq!(member(aws), rust);
        }
    }

    #[test]
    fn variants_are_camel_case() {
        for (aws, rust) in [
            ("CONFIRM_WITH_LINK", "ConfirmWithLink"),
            ("phone_number", "PhoneNumber"),
            ("ALLOW_USER_SRP_AUTH", "AllowUserSrpAuth"),
            ("SMS_MFA", "SmsMfa"),
            ("V1_0", "V1_0"),
            ("TLS_V1_2_2021", "TlsV1_2_2021"),
            ("userAuthEvents", "UserAuthEvents"),
            ("InProgress", "InProgress"),
            ("PBKDF2_SHA256", "Pbkdf2Sha256"),
            ("OIDC", "Oidc"),
            ("N_A", "NA"),
        ] {
            assert_eq!(variant(aws), rust);
        }
    }
}
