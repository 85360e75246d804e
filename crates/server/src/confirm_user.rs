//! `GET /confirmUser`: the link in a confirmation mail. It confirms like ConfirmSignUp and answers a page for a person.

use cenote_core::{Caller, Error, Service, users};
use cenote_delivery::template::escape_html;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, LOCATION, REFERRER_POLICY};
use http::{Method, StatusCode};

use std::net::IpAddr;
use std::sync::Arc;

use crate::answer::{self, Answer};

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Whether the path is that of the link.
pub(crate) fn is_link(path: &str) -> bool {
    matches!(path, "/confirmUser" | "/confirmUser/")
}

#[derive(Default)]
struct Link {
    client_id: String,
    user_name: String,
    confirmation_code: String,
    redirect_uri: Option<String>,
}

impl Link {
    fn parse(query: Option<&str>) -> Self {
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
/// look with HEAD.
pub(crate) async fn answer(
    service: &Arc<Service>,
    method: &Method,
    query: Option<&str>,
    source_ip: IpAddr,
) -> Answer {
    if method != Method::GET {
        return page(StatusCode::OK, "Confirmation", "Open this link in a browser to confirm your account.");
    }
    match confirm(service, &Link::parse(query), source_ip).await {
        Ok(None) => page(StatusCode::OK, "Confirmed", "Your account is confirmed. You can close this page."),
        Ok(Some(target)) => {
            let mut answer = page(StatusCode::FOUND, "Confirmed", "Your account is confirmed.");
            answer.headers_mut().insert(LOCATION, target);
            answer
        }
        Err(error) => {
            if let Some(cause) = &error.cause {
                tracing::error!(%cause, "confirm_user.failed");
            }
            let status = StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
            page(status, "Not confirmed", error.message.as_deref().unwrap_or("The link does not work."))
        }
    }
}

/// Confirms, and says where the browser goes next: only to one of the client's own addresses.
async fn confirm(
    service: &Arc<Service>,
    link: &Link,
    source_ip: IpAddr,
) -> Result<Option<HeaderValue>, Error> {
    let context = service.context(Caller { source_ip, ..Caller::default() });
    users::confirm_by_link(&context, &link.client_id, &link.user_name, &link.confirmation_code).await?;
    let Some(target) = &link.redirect_uri else { return Ok(None) };
    let client = context.get_client(&link.client_id).await?;
    let own = client.configuration.callback_urls.as_ref().is_some_and(|urls| urls.contains(target));
    Ok(HeaderValue::from_str(target).ok().filter(|_| own))
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
