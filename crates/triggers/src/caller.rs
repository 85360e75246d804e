//! Who caused an event, and on which user.

use std::fmt;

/// What the envelope of an event says about the call that caused it.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// Region of the user pool.
    pub region: String,
    /// Id of the user pool.
    pub user_pool_id: String,
    /// The stored username; for a user who does not exist yet, the one they would get or, in UserMigration, what the
    /// user typed.
    pub user_name: String,
    /// The app client; `None` for an administrator's call, which has none.
    pub client_id: Option<String>,
    /// From [`aws_sdk_version`].
    pub aws_sdk_version: String,
}

impl Caller {
    /// The client id as events write it.
    pub(crate) fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or("CLIENT_ID_NOT_APPLICABLE")
    }
}

// Leaves the user name out.
impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Caller")
            .field("user_pool_id", &self.user_pool_id)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

const UNKNOWN_SDK: &str = "aws-sdk-unknown-unknown";

/// Longest name or version taken over from a user agent.
const MAX_PART_LENGTH: usize = 64;

/// The SDK and its version as events name them, taken from the caller's user agent.
///
/// The first product of the form `aws-sdk-<language>/<version>` counts: `aws-sdk-nodejs/2.856.0 linux/v18` becomes
/// `aws-sdk-nodejs-2.856.0`. Browsers, Amplify, Boto3 and the AWS CLI name no such product, and recorded events of theirs
/// say `aws-sdk-unknown-unknown`.
pub fn aws_sdk_version(user_agent: Option<&str>) -> String {
    user_agent
        .unwrap_or_default()
        .split_ascii_whitespace()
        .find_map(|product| {
            let (name, version) = product.split_once('/')?;
            let language = name.strip_prefix("aws-sdk-")?;
            (is_plain(language) && is_plain(version)).then(|| format!("aws-sdk-{language}-{version}"))
        })
        .unwrap_or_else(|| UNKNOWN_SDK.to_owned())
}

fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= MAX_PART_LENGTH
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_of_sdks() {
        for (user_agent, expected) in [
            ("aws-sdk-nodejs/2.856.0 linux/v12.22.12 callback", "aws-sdk-nodejs-2.856.0"),
            ("aws-sdk-js/2.1639.0", "aws-sdk-js-2.1639.0"),
            (
                "aws-sdk-js/3.624.0 ua/2.0 os/linux#6.1 lang/js md/nodejs#20.11.1 api/cognito-identity-provider#3.624.0",
                "aws-sdk-js-3.624.0",
            ),
            ("aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5", "aws-sdk-go-v2-1.30.3"),
            ("aws-sdk-rust/1.3.3 os/linux lang/rust/1.81.0", "aws-sdk-rust-1.3.3"),
            ("aws-amplify/5.0.4 aws-sdk-js/3.6.1 os/other", "aws-sdk-js-3.6.1"),
            ("Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#6.1 lang/python#3.12.3", UNKNOWN_SDK),
            ("aws-cli/2.15.30 Python/3.11.8 Linux/6.1 exe/x86_64", UNKNOWN_SDK),
            ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/127.0", UNKNOWN_SDK),
            ("aws-sdk-js", UNKNOWN_SDK),
            ("aws-sdk-js/", UNKNOWN_SDK),
            ("aws-sdk-/1", UNKNOWN_SDK),
            ("aws-sdk-js/\"1", UNKNOWN_SDK),
            ("", UNKNOWN_SDK),
        ] {
            assert_eq!(aws_sdk_version(Some(user_agent)), expected, "{user_agent}");
        }
        assert_eq!(aws_sdk_version(None), UNKNOWN_SDK);
        assert_eq!(aws_sdk_version(Some(&format!("aws-sdk-js/{}", "1".repeat(65)))), UNKNOWN_SDK);
    }
}
