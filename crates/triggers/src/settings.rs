//! How functions are reached: endpoints, credentials, limits.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Everything an [`Invoker`](crate::Invoker) is made from.
///
/// An endpoint is the `http` or `https` URL of a service that speaks Lambda's Invoke API; the path of the API is appended
/// to it. A URL whose path ends in `/invocations` is complete: a runtime interface emulator, or any hook that takes and
/// returns the event. It is called as it is, one call at a time.
#[derive(Clone, Debug)]
pub struct TriggerSettings {
    /// Endpoint of the functions that `endpoints` does not name; without it AWS Lambda in the region of the function.
    pub endpoint: Option<String>,
    /// Function ARN, exactly as in LambdaConfig, to endpoint.
    pub endpoints: BTreeMap<String, String>,
    /// Region for ARNs that name none.
    pub region: String,
    /// Signs the calls. Without them calls to configured endpoints are not signed, and AWS Lambda is not called.
    pub credentials: Option<Credentials>,
    /// Limit of one attempt.
    pub timeout: Duration,
    /// How often one event is sent at most: again after a time-out or when throttled.
    pub attempts: u32,
    /// Pause before the attempt after a throttled one; doubles with each further one.
    pub throttle_pause: Duration,
    /// Call AWS Lambda even if its name resolves to a private address, as with a VPC endpoint. Configured endpoints may be
    /// private anyway.
    pub allow_private_networks: bool,
}

impl TriggerSettings {
    /// Cognito's behaviour: AWS Lambda, three attempts of five seconds each.
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            endpoint: None,
            endpoints: BTreeMap::new(),
            region: region.into(),
            credentials: None,
            timeout: Duration::from_secs(5),
            attempts: 3,
            throttle_pause: Duration::from_millis(100),
            allow_private_networks: false,
        }
    }
}

/// AWS credentials; zeroized on drop.
#[derive(Clone)]
pub struct Credentials(aws_credential_types::Credentials);

impl Credentials {
    /// Static credentials, with the session token if they are temporary.
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        Self(aws_credential_types::Credentials::new(
            access_key_id,
            secret_access_key,
            session_token,
            None,
            "static",
        ))
    }

    /// From `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which `lookup` reads; `None` unless
    /// the first two are set and not empty.
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let variable = |name| lookup(name).filter(|value| !value.is_empty());
        Some(Self::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
        ))
    }

    pub(crate) fn inner(&self) -> &aws_credential_types::Credentials {
        &self.0
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_from_the_environment() {
        let set = |names: &'static [&'static str]| {
            Credentials::from_environment(move |name| {
                names.contains(&name).then(|| format!("value of {name}"))
            })
        };
        let full = set(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]).unwrap();
        assert_eq!(full.inner().access_key_id(), "value of AWS_ACCESS_KEY_ID");
        assert_eq!(full.inner().secret_access_key(), "value of AWS_SECRET_ACCESS_KEY");
        assert_eq!(full.inner().session_token(), Some("value of AWS_SESSION_TOKEN"));
        assert_eq!(format!("{full:?}"), "Credentials { .. }");
        let lasting = set(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).unwrap();
        assert_eq!(lasting.inner().session_token(), None);
        assert!(set(&["AWS_ACCESS_KEY_ID"]).is_none());
        assert!(set(&["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]).is_none());
        assert!(Credentials::from_environment(|_| Some(String::new())).is_none());
    }
}
