//! `GET /confirmUser`: the link in a confirmation mail. It confirms like ConfirmSignUp and answers a page for a person.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use cenote_core::{Caller, Context, Error, users};
use cenote_delivery::template::escape_html;
use cenote_model::types::ConfirmSignUpRequest;
use cenote_model::{DecodeError, Operation};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, LOCATION, REFERRER_POLICY, USER_AGENT,
};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;

use crate::answer::{self, Answer};
use crate::completion::{caught, to_the_end};
use crate::http::Running;
use crate::rates::Named;
use crate::record::{Record, Subject};
use crate::site::Site;

const OPERATION: Operation = Operation::ConfirmSignUp;
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Whether the path is that of the link.
pub(crate) fn is_link(path: &str) -> bool {
    matches!(path, "/confirmUser" | "/confirmUser/")
}

#[derive(Default)]
pub(crate) struct Link {
    client_id: String,
    user_name: String,
    confirmation_code: String,
    redirect_uri: Option<String>,
}

impl Link {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let mut link = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "client_id" => link.client_id = value.into_owned(),
                "user_name" => link.user_name = value.into_owned(),
                "confirmation_code" => link.confirmation_code = value.into_owned(),
                "redirect_uri" => link.redirect_uri = Some(value.into_owned()),
                _ => {}
            }
        }
        link
    }
}

/// Confirms the user and says so, or sends the browser on to a page of the client's. Only GET confirms: scanners of mails
/// look with HEAD. Like every request it runs to its end even if the client goes away meanwhile.
pub(crate) async fn answer(
    site: Arc<Site>,
    head: Box<Parts>,
    source_ip: IpAddr,
    started: Instant,
    running: Running,
) -> Answer {
    if head.method != Method::GET {
        return page(StatusCode::OK, "Confirmation", "Open this link in a browser to confirm your account.");
    }
    let completed = async move {
        let answer = complete(site, head, source_ip, started).await;
        drop(running);
        answer
    };
    match to_the_end(completed).await {
        Ok(answer) => answer,
        Err(error) => failure(&Error::internal(error)),
    }
}

/// Counts as the ConfirmSignUp that it is.
async fn complete(site: Arc<Site>, head: Box<Parts>, source_ip: IpAddr, started: Instant) -> Answer {
    let _in_flight = site.metrics.request_started();
    let id = site.request_ids.next();
    let record = Record { subject: Subject::Operation(OPERATION), ..Record::default() };
    let caller = Caller {
        request_id: id.clone(),
        source_ip,
        user_agent: head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
        region: site.service.settings.region.clone(),
        principal: None,
    };
    let link = Link::parse(head.uri.query());
    let outcome = match admit(&site, &link, source_ip).await {
        Ok(()) => {
            let context = site.service.context(caller);
            // Should it panic, the request is answered and counted all the same.
            let confirmed = caught(async move { confirm(&context, link).await }).await;
            confirmed.unwrap_or_else(|error| Err(Error::internal(error)))
        }
        Err(error) => Err(error),
    };
    let code = record.outcome(&id, &outcome);
    let mut answer = shown(outcome);
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(answer::REQUEST_ID, value);
    }
    record.report(&site, &id, &answer, code, started.elapsed());
    answer
}

async fn admit(site: &Site, link: &Link, source_ip: IpAddr) -> Result<(), Error> {
    let now = Instant::now();
    site.rates.admit_address(OPERATION, source_ip, now)?;
    let named = Named { client_id: Some(&link.client_id), user: Some(&link.user_name), ..Named::default() };
    site.rates.admit_link(&site.service, OPERATION, named, now).await
}

/// Confirms, and says where the browser goes next: only to one of the client's own addresses.
pub(crate) async fn confirm(context: &Context, link: Link) -> Result<Option<HeaderValue>, Error> {
    let request = json!({
        "ClientId": link.client_id,
        "Username": link.user_name,
        "ConfirmationCode": link.confirmation_code,
    });
    let request: ConfirmSignUpRequest = cenote_model::decode_value(request).map_err(|error| match error {
        DecodeError::Invalid(message) => Error::invalid_parameter(message),
        DecodeError::Serialization { .. } => Error::invalid_parameter("The link does not work."),
    })?;
    users::confirm_by_link(context, &request.client_id, &request.username, &request.confirmation_code)
        .await?;
    let Some(target) = &link.redirect_uri else { return Ok(None) };
    let client = context.get_client(&request.client_id).await?;
    let own = client.configuration.callback_urls.as_ref().is_some_and(|urls| urls.contains(target));
    Ok(HeaderValue::from_str(target).ok().filter(|_| own))
}

/// What the browser is shown.
pub(crate) fn shown(outcome: Result<Option<HeaderValue>, Error>) -> Answer {
    match outcome {
        Ok(None) => page(StatusCode::OK, "Confirmed", "Your account is confirmed. You can close this page."),
        Ok(Some(target)) => {
            let mut answer = page(StatusCode::FOUND, "Confirmed", "Your account is confirmed.");
            answer.headers_mut().insert(LOCATION, target);
            answer
        }
        Err(error) => failure(&error),
    }
}

fn failure(error: &Error) -> Answer {
    let status = StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    page(status, "Not confirmed", error.message.as_deref().unwrap_or("The link does not work."))
}

fn page(status: StatusCode, title: &str, text: &str) -> Answer {
    let (title, text) = (escape_html(title), escape_html(text));
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}}</style>\n\
         <h1>{title}</h1>\n<p>{text}</p>\n"
    );
    let mut answer = answer::plain(status, "text/html; charset=utf-8", body);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
