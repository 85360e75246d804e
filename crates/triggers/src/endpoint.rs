//! Where the call of a function goes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::sync::Arc;

use http::Uri;
use tokio::sync::Mutex;

use crate::invoker::InvalidEndpoint;
use crate::settings::TriggerSettings;

/// A configured endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Without a slash at the end.
    url: String,
    /// Held during a call of an endpoint that takes one at a time; `None` if it takes many.
    turn: Option<Mutex<()>>,
}

/// The endpoints of the configuration.
#[derive(Debug)]
pub(crate) struct Endpoints {
    by_function: BTreeMap<String, Arc<Endpoint>>,
    default: Option<Arc<Endpoint>>,
    region: String,
}

/// Where one call goes.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    /// For the signature.
    pub(crate) region: String,
    /// `None` for AWS Lambda itself.
    pub(crate) configured: Option<Arc<Endpoint>>,
}

impl Endpoint {
    fn parse(url: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint { url: url.to_owned() };
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        let authority = uri.authority().ok_or_else(invalid)?;
        let callable = matches!(uri.scheme_str(), Some("http" | "https"));
        if !callable
            || authority.host().is_empty()
            || authority.as_str().contains('@')
            || uri.query().is_some()
        {
            return Err(invalid());
        }
        let url = url.trim_end_matches('/').to_owned();
        let turn = url.ends_with("/invocations").then(Mutex::default);
        Ok(Self { url, turn })
    }

    /// What to hold while calling, if the endpoint takes one call at a time.
    pub(crate) fn turn(&self) -> Option<&Mutex<()>> {
        self.turn.as_ref()
    }

    fn invocation_url(&self, function_arn: &str) -> String {
        match self.turn {
            Some(_) => self.url.clone(),
            None => format!("{}{}", self.url, invocation_path(function_arn)),
        }
    }
}

impl Endpoints {
    pub(crate) fn new(settings: &TriggerSettings) -> Result<Self, InvalidEndpoint> {
        // Functions that share a URL share its turn.
        let mut by_url: BTreeMap<&str, Arc<Endpoint>> = BTreeMap::new();
        let mut endpoint = |url| {
            Ok(Arc::clone(match by_url.entry(url) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(Arc::new(Endpoint::parse(url)?)),
            }))
        };
        let default = settings.endpoint.as_deref().map(&mut endpoint).transpose()?;
        let by_function = settings
            .endpoints
            .iter()
            .map(|(function, url)| Ok((function.clone(), endpoint(url)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self { by_function, default, region: settings.region.clone() })
    }

    /// Where to call `function_arn`; `None` if its ARN leads nowhere.
    pub(crate) fn target(&self, function_arn: &str) -> Option<Target> {
        let mut parts = function_arn.split(':').skip(1);
        let partition = parts.next().unwrap_or_default();
        let region = parts.nth(1).unwrap_or_default();
        let configured = self.by_function.get(function_arn).or(self.default.as_ref()).map(Arc::clone);
        // The region comes from the API: it must neither lead to another host nor spoil the signature.
        let region = match &configured {
            _ if is_region(region) => region,
            None if !region.is_empty() => return None,
            _ => &self.region,
        };
        let url = match &configured {
            Some(endpoint) => endpoint.invocation_url(function_arn),
            None => {
                let suffix = if partition == "aws-cn" { ".cn" } else { "" };
                format!("https://lambda.{region}.amazonaws.com{suffix}{}", invocation_path(function_arn))
            }
        };
        Some(Target { uri: url.parse().ok()?, region: region.to_owned(), configured })
    }
}

fn invocation_path(function_arn: &str) -> String {
    let mut path = String::from("/2015-03-31/functions/");
    for byte in function_arn.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path.push_str("/invocations");
    path
}

fn is_region(region: &str) -> bool {
    (1..=32).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:sign-up:live";
    const PATH: &str = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Asign-up%3Alive/invocations";

    fn settings() -> TriggerSettings {
        TriggerSettings::new("us-east-1")
    }

    #[test]
    fn aws_in_the_region_of_the_function() {
        let endpoints = Endpoints::new(&settings()).unwrap();
        let target = endpoints.target(ARN).unwrap();
        assert_eq!(target.uri.to_string(), format!("https://lambda.eu-central-1.amazonaws.com{PATH}"));
        assert_eq!(target.region, "eu-central-1");
        assert!(target.configured.is_none());
        let host = |arn| endpoints.target(arn).unwrap().uri.host().unwrap().to_owned();
        assert_eq!(host("arn:aws-cn:lambda:cn-north-1:1:function:f"), "lambda.cn-north-1.amazonaws.com.cn");
        assert_eq!(host("arn:aws:lambda::1:function:f"), "lambda.us-east-1.amazonaws.com");
    }

    #[test]
    fn the_region_of_an_arn_never_changes_the_host() {
        let endpoints = Endpoints::new(&settings()).unwrap();
        for region in ["evil.example/", "user@evil.example", "a.b", "A", "x=y", "+", ",", &"a".repeat(33)] {
            let arn = format!("arn:aws:lambda:{region}:1:function:f");
            assert!(endpoints.target(&arn).is_none(), "{region}");
        }
    }

    #[test]
    fn configured_endpoints() {
        let mut settings = settings();
        settings.endpoint = Some("http://localhost:4566/".to_owned());
        settings.endpoints.insert(ARN.to_owned(), "https://lambda.example.org/prefix".to_owned());
        settings
            .endpoints
            .insert("arn:emulator".to_owned(), "http://localhost:9000/a/function/invocations".to_owned());
        settings
            .endpoints
            .insert("arn:other".to_owned(), "http://localhost:9000/a/function/invocations".to_owned());
        let endpoints = Endpoints::new(&settings).unwrap();
        let url = |arn| endpoints.target(arn).unwrap().uri.to_string();
        assert_eq!(url("arn:x"), "http://localhost:4566/2015-03-31/functions/arn%3Ax/invocations");
        assert_eq!(url(ARN), format!("https://lambda.example.org/prefix{PATH}"));
        assert_eq!(url("arn:emulator"), "http://localhost:9000/a/function/invocations");
        assert!(endpoints.target(ARN).unwrap().configured.unwrap().turn().is_none());
        let [first, second] =
            ["arn:emulator", "arn:other"].map(|arn| endpoints.target(arn).unwrap().configured.unwrap());
        assert!(first.turn().is_some());
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn endpoints_that_cannot_be_called() {
        for url in
            ["", "localhost", "/path", "ftp://host/", "http://", "http://u:p@host/", "http://host/?q=1"]
        {
            let mut settings = settings();
            settings.endpoint = Some(url.to_owned());
            assert!(Endpoints::new(&settings).is_err(), "{url}");
        }
    }
}
