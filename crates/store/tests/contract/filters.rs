use std::collections::BTreeMap;

use cenote_store::testing::TemporaryStore;
use cenote_store::{FilterOperation, NameKind, Pool, User, UserFilter, UserStatus};

use crate::samples::*;

fn equal(name: &str, value: &str) -> UserFilter {
    UserFilter { name: name.into(), operation: FilterOperation::Equal, value: value.into() }
}

fn starts_with(name: &str, value: &str) -> UserFilter {
    UserFilter { operation: FilterOperation::StartsWith, ..equal(name, value) }
}

fn with_attributes(pool: &Pool, sub: &str, attributes: &[(&str, &str)]) -> User {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    User { attributes: attributes.collect(), ..user(pool, sub) }
}

pub async fn every_attribute_can_be_found(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let other = with_pool(store, "eu_b").await;
    let one = with_attributes(&pool, "1", &[("family_name", "Müller"), ("custom:department", "sales")]);
    let two = with_attributes(&pool, "2", &[("family_name", "Müllers"), ("custom:department", "sales")]);
    let elsewhere = with_attributes(&other, "3", &[("family_name", "Müller")]);
    commit(store, [insert(&one), insert(&two), insert(&elsewhere)]).await;
    for (filter, expected) in [
        (equal("family_name", "Müller"), vec!["1"]),
        (starts_with("family_name", "Müller"), vec!["1", "2"]),
        (starts_with("family_name", "Müllers"), vec!["2"]),
        (equal("custom:department", "sales"), vec!["1", "2"]),
        (starts_with("custom:department", ""), vec!["1", "2"]),
        (equal("family_name", "müller"), vec![]),
        (starts_with("family_name", "m"), vec![]),
        (equal("given_name", "Müller"), vec![]),
        (equal("family_name", ""), vec![]),
        (equal("family_name", "M%"), vec![]),
    ] {
        assert_eq!(subs(store, &pool, Some(&filter)).await, expected, "{filter:?}");
    }
}

pub async fn status_username_and_sub_can_be_found(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let mut enabled = user(&pool, "aaa-1");
    enabled.names = [name(NameKind::Username, "anna")].into();
    let mut disabled = user(&pool, "aab-2");
    disabled.names = [name(NameKind::Username, "anton"), name(NameKind::Email, "annika")].into();
    disabled.enabled = false;
    disabled.status = UserStatus::ForceChangePassword;
    commit(store, [insert(&enabled), insert(&disabled)]).await;
    for (filter, expected) in [
        (equal("status", "Enabled"), vec!["aaa-1"]),
        (equal("status", "Disabled"), vec!["aab-2"]),
        (starts_with("status", "Dis"), vec!["aab-2"]),
        (equal("cognito:user_status", "confirmed"), vec!["aaa-1"]),
        (equal("cognito:user_status", "force_change_password"), vec!["aab-2"]),
        (equal("username", "anna"), vec!["aaa-1"]),
        (starts_with("username", "an"), vec!["aaa-1", "aab-2"]),
        (starts_with("username", "ann"), vec!["aaa-1"]),
        (equal("sub", "aab-2"), vec!["aab-2"]),
        (equal("sub", "aab"), vec![]),
        (starts_with("sub", "aa"), vec!["aaa-1", "aab-2"]),
        (starts_with("sub", "aab"), vec!["aab-2"]),
        (starts_with("sub", "b"), vec![]),
    ] {
        assert_eq!(subs(store, &pool, Some(&filter)).await, expected, "{filter:?}");
    }
}

pub async fn an_update_moves_what_can_be_found(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let before = with_attributes(&pool, "1", &[("name", "Old"), ("locale", "de"), ("zoneinfo", "x")]);
    let mut after = with_attributes(&pool, "1", &[("name", "New"), ("locale", "de"), ("website", "y")]);
    after.enabled = false;
    after.status = UserStatus::ResetRequired;
    commit(store, [insert(&before)]).await;
    commit(store, [update(&before, &after)]).await;
    for (filter, found) in [
        (equal("name", "Old"), false),
        (equal("name", "New"), true),
        (equal("locale", "de"), true),
        (equal("zoneinfo", "x"), false),
        (equal("website", "y"), true),
        (equal("status", "Enabled"), false),
        (equal("status", "Disabled"), true),
        (equal("cognito:user_status", "confirmed"), false),
        (equal("cognito:user_status", "reset_required"), true),
    ] {
        assert_eq!(!subs(store, &pool, Some(&filter)).await.is_empty(), found, "{filter:?}");
    }
}

pub async fn a_deletion_takes_what_can_be_found(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let one = with_attributes(&pool, "1", &[("name", "Same")]);
    let two = with_attributes(&pool, "2", &[("name", "Same")]);
    commit(store, [insert(&one), insert(&two)]).await;
    commit(store, [delete(&one)]).await;
    assert_eq!(subs(store, &pool, Some(&equal("name", "Same"))).await, ["2"]);
    assert_eq!(subs(store, &pool, Some(&equal("status", "Enabled"))).await, ["2"]);
    // The sub comes back as somebody else: nothing of the old entries is left.
    commit(store, [insert(&with_attributes(&pool, "1", &[("name", "Other")]))]).await;
    assert_eq!(subs(store, &pool, Some(&starts_with("name", "S"))).await, ["2"]);
}

pub async fn matches_are_listed_by_time_then_sub(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let mut expected = Vec::new();
    for number in 0..20_i64 {
        let value = format!("v{}", number * 7 % 20);
        let mut user = with_attributes(&pool, &format!("{}", number * 13 % 20), &[("name", &value)]);
        user.created_ms = number * 3 % 5;
        expected.push((user.created_ms, user.sub.as_str().to_owned()));
        commit(store, [insert(&user)]).await;
    }
    expected.sort_unstable();
    for filter in [starts_with("name", "v"), equal("status", "Enabled"), starts_with("sub", "")] {
        let mut paged: Vec<(i64, String)> = Vec::new();
        loop {
            let after = paged.last().map(|(time, sub)| (*time, cenote_store::Sub::new(sub)));
            let page = store.list_users(&pool.id, Some(&filter), after, 3).await.unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page.iter().map(|user| (user.created_ms, user.sub.as_str().to_owned())));
        }
        assert_eq!(paged, expected, "{filter:?}");
    }
}

pub async fn comparison_is_by_code_point(store: &TemporaryStore) {
    let pool = with_pool(store, "eu_a").await;
    let long = "é".repeat(400);
    let values = [
        "",
        "a",
        "A",
        "ab",
        "aB",
        "a\u{10FFFF}",
        "a\u{10FFFF}b",
        "b",
        "\u{10FFFF}",
        "\u{10FFFF}\u{10FFFF}",
        "é",
        "e\u{301}",
        "z",
        "\u{D7FF}",
        "\u{E000}",
        "a\0",
        "a\u{1}",
        "a\0b",
        " ",
        "%",
        "a%",
        "a_b",
        "\u{1F511}",
        &long,
    ];
    let mut users = BTreeMap::new();
    for (number, value) in values.iter().enumerate() {
        let user = with_attributes(&pool, &format!("{number:03}"), &[("custom:x", value)]);
        commit(store, [insert(&user)]).await;
        users.insert(format!("{number:03}"), *value);
    }
    let prefixes = ["aaa", "\u{10FFFE}", "\u{1F510}", "\u{D7FE}", "ééé", "a\u{10FFFE}", "\\"];
    for probe in values.iter().chain(&prefixes) {
        let expected = |matches: &dyn Fn(&str) -> bool| -> Vec<String> {
            users.iter().filter(|(_, value)| matches(value)).map(|(sub, _)| sub.clone()).collect()
        };
        let found = subs(store, &pool, Some(&equal("custom:x", probe))).await;
        assert_eq!(found, expected(&|value| value == *probe), "= {probe:?}");
        let found = subs(store, &pool, Some(&starts_with("custom:x", probe))).await;
        assert_eq!(found, expected(&|value| value.starts_with(probe)), "^= {probe:?}");
    }
}
