//! The way of an API request, from its first byte to its last.
//!
//! body → `X-Amz-Target` → rate of the address → authentication (a signature over the raw body) → JSON → policy → rates of
//! whom it names → operation → answer.
//! [`cenote_core::operations::dispatch`] decodes and validates by the model, runs the operation and encodes what it says.
//! No step happens anywhere else.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use cenote_core::{Caller, Error, operations};
use cenote_model::{Authentication, DecodeError, ErrorCode, Operation};
use http::header::{HeaderName, USER_AGENT};
use http::request::Parts;
use hyper::body::Bytes;
use serde_json::Value;

use crate::access::Principal;
use crate::answer::{self, Answer};
use crate::completion::{caught, to_the_end};
use crate::http::{Body, BodyError, Running};
use crate::record::{Record, Subject};
use crate::site::Site;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

/// What is known of a request when its bytes are here. Boxed, since it goes through many hands: futures hold what they were
/// given twice, and one that is small is moved and allocated at less cost.
#[derive(Debug)]
pub(crate) struct ApiRequest {
    pub id: String,
    pub head: Box<Parts>,
    pub body: Result<Body, BodyError>,
    pub source_ip: IpAddr,
    pub started: Instant,
    pub _running: Running,
}

/// Answers a request. Never fails: what goes wrong becomes an error of the API. Runs to its end even if the client goes away
/// meanwhile: half an operation is worse than a wasted one.
pub(crate) async fn answer(site: Arc<Site>, request: Box<ApiRequest>) -> Answer {
    let id = request.id.clone();
    match to_the_end(complete(site, request)).await {
        Ok(answer) => answer,
        Err(error) => answer::failure(&id, &Error::internal(error)),
    }
}

async fn complete(site: Arc<Site>, request: Box<ApiRequest>) -> Answer {
    let _in_flight = site.metrics.request_started();
    let (id, started) = (request.id.clone(), request.started);
    let mut record =
        Record { body_bytes: request.body.as_ref().map_or(0, |body| body.bytes.len()), ..Record::default() };
    let outcome = run(&site, request, &mut record).await;
    let code = record.outcome(&id, &outcome);
    let answer = match outcome {
        Ok(body) => answer::success(&id, body),
        Err(error) => answer::failure(&id, &error),
    };
    record.report(&site, &id, &answer, code, started.elapsed());
    answer
}

async fn run(site: &Arc<Site>, request: Box<ApiRequest>, record: &mut Record) -> Result<Bytes, Error> {
    // A request without a whole body counts under its operation as well.
    let operation = operation_of(&request.head);
    record.subject = operation.as_ref().map_or(Subject::Unknown, |known| Subject::Operation(*known));
    let body = request.body.map_err(|error| body_error(error, site))?;
    let operation = operation?;
    site.rates.admit_address(operation, request.source_ip, Instant::now())?;

    let principal = match operation.authentication() {
        Authentication::SigV4 => Some(site.access.authenticate(site, &request.head, &body.bytes).await?),
        // Signed or by the client's secret, whatever of both is good: SDKs sign even when they have no key of ours.
        Authentication::Client if operation == Operation::GetDerivedToken => {
            site.access.authenticate(site, &request.head, &body.bytes).await.ok()
        }
        // The operation itself looks at tokens, secrets and hashes.
        Authentication::None | Authentication::AccessToken | Authentication::Client => None,
    };
    let input = parse(&body.bytes)?;
    record.pool_id = pool_id_of(&input, &site.service.settings.region);
    let principal = match principal {
        Some(principal) => {
            let allowed = site.access.authorize(&principal, operation, &input, &site.service.settings);
            match (allowed, operation.authentication()) {
                (Ok(()), _) => Some(principal),
                // The client's secret may do what the policy does not.
                (Err(_), Authentication::Client) => None,
                (Err(refusal), _) => return Err(refusal),
            }
        }
        None => None,
    };
    site.rates.admit(&site.service, operation, &input, Instant::now()).await?;

    let caller = caller(site, request.id, &request.head, request.source_ip, principal);
    let context = site.service.context(caller);
    // Should it panic, the request is answered and counted all the same.
    caught(operations::perform(context, operation, input)).await.map_err(Error::internal)?
}

/// `AWSCognitoIdentityProviderService.<Operation>`, exactly.
fn operation_of(head: &Parts) -> Result<Operation, Error> {
    head.headers
        .get(TARGET)
        .and_then(|value| value.to_str().ok())
        .and_then(|target| target.strip_prefix(TARGET_PREFIX))
        .and_then(Operation::parse)
        .ok_or(Error { code: ErrorCode::UnknownOperationException, message: None, cause: None })
}

/// The body as JSON. What is no object is for the operation's decoder to refuse, but for an empty body there is none.
fn parse(body: &[u8]) -> Result<Value, Error> {
    cenote_model::parse_body(body).map_err(|error| match error {
        DecodeError::Serialization { message } => {
            Error { code: ErrorCode::SerializationException, message, cause: None }
        }
        DecodeError::Invalid(message) => Error::invalid_parameter(message),
    })
}

fn body_error(error: BodyError, site: &Site) -> Error {
    match error {
        BodyError::TooLarge => Error::new(
            ErrorCode::RequestEntityTooLargeException,
            format!("The request is larger than {} bytes.", site.config.server.max_body_bytes),
        ),
        BodyError::NoRoom => no_room(),
        BodyError::TooSlow => {
            Error::new(ErrorCode::SerializationException, "The request did not arrive in time.")
        }
        BodyError::Broken => {
            Error::new(ErrorCode::SerializationException, "The request did not arrive whole.")
        }
    }
}

/// What clients try again by themselves.
pub(crate) fn no_room() -> Error {
    Error::new(
        ErrorCode::ServiceUnavailableException,
        "The server is holding as many requests as it has room for. Try again.",
    )
}

fn caller(
    site: &Site,
    request_id: String,
    head: &Parts,
    source_ip: IpAddr,
    principal: Option<Principal>,
) -> Caller {
    let (principal, region) = principal.map(|signer| (signer.arn, signer.region)).unzip();
    Caller {
        request_id,
        source_ip,
        user_agent: head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
        region: region.unwrap_or_else(|| site.service.settings.region.clone()),
        principal,
    }
}

/// For the log only. What has not the form of a pool's id may be anything that somebody put in the wrong place.
fn pool_id_of(input: &Value, own_region: &str) -> Option<String> {
    let id = input.get("UserPoolId")?.as_str()?;
    let (region, name) = id.split_once('_')?;
    let plain = (1..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain && (region == own_region || is_region(region))).then(|| id.to_owned())
}

/// Whether a text has the form of a region of AWS, such as us-gov-west-1.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word =
        |part: &&str| (2..=12).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            words.len() >= 2
                && words.iter().all(word)
                && (1..=2).contains(&number.len())
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::pool_id_of;

    #[test]
    fn only_what_can_be_a_pool_is_written_down() {
        let written = |id: &str| pool_id_of(&json!({ "UserPoolId": id }), "local").is_some();
        for id in ["us-east-1_Example01", "us-gov-west-1_a1b2c3d4e", "ap-southeast-12_x", "local_Example01"] {
            assert!(written(id), "{id}");
        }
        for id in [
            "wilhelmina",
            "wilhelmina_krueger",
            "Hunter_2",
            "a@example.org",
            "us-east-1_",
            "us-east-1_a_b",
            "us-east_Example01",
            "123456",
            "rosa-luisa-1",
            "us-east-1_abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(!written(id), "{id}");
        }
    }
}
