//! Tokens of pages.

use serde_json::json;

use super::{NOBODY, Place, place, refused};
use crate::artefacts::{Kind, List};
use crate::world::*;

pub(super) fn page_tokens() -> Vec<Place> {
    let of_list = |list: List| {
        let home = Home {
            pool: String::new(),
            client: String::new(),
            secret_client: String::new(),
            secret: String::new(),
            subject: "",
            access_token: String::new(),
            known: Default::default(),
        };
        let (operation, member, _) = list.request(&home);
        let build = move |home: &Home, _: &str, text: &str| {
            let (_, member, mut request) = list.request(home);
            request[member] = json!(text);
            request
        };
        let refusals = |_: &Home, _, text: &str| {
            vec![refused(
                "InvalidParameterException",
                format!("Paging marker {text} is invalid for request "),
            )]
        };
        place(operation, member, Some(Kind::Page(list)), NOBODY, build, refusals)
    };
    List::ALL.into_iter().map(of_list).collect()
}

/// Lists of devices: nobody here has so many that a page goes on.
pub(super) fn device_pages() -> Vec<Place> {
    let own = |home: &Home, _: &str, text: &str| json!({ "AccessToken": home.access_token, "PaginationToken": text });
    let admin = |home: &Home, user: &str, text: &str| json!({ "UserPoolId": home.pool, "Username": user, "PaginationToken": text });
    let refusals = |_: &Home, _, text: &str| {
        vec![refused("InvalidParameterException", format!("Paging marker {text} is invalid for request "))]
    };
    vec![
        place("ListDevices", "PaginationToken", None, NOBODY, own, refusals),
        place("AdminListDevices", "PaginationToken", None, NOBODY, admin, refusals),
    ]
}
