//! Things to store.

use std::collections::{BTreeMap, BTreeSet};

use cenote_store::*;
use serde_json::json;

pub fn pool(id: &str) -> Pool {
    Pool {
        id: PoolId::new(id),
        version: 1,
        created_ms: 1000,
        modified_ms: 2000,
        configuration: json!({"PoolName": "näme \u{1F511}", "Policies": {"PasswordPolicy": {"MinimumLength": 8}}}),
        secret: Sealed("sealed".into()),
    }
}

pub fn client(pool: &Pool, id: &str) -> Client {
    Client {
        id: ClientId::new(id),
        pool_id: pool.id.clone(),
        version: 1,
        created_ms: 1000,
        modified_ms: 2000,
        configuration: json!({"ClientName": "web", "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}),
        sso_session_minutes: Some(5),
        secrets: vec![ClientSecret {
            id: format!("{id}--1"),
            created_ms: 1000,
            value: Sealed("client secret".into()),
        }],
    }
}

pub fn signing_key(pool: &Pool, kid: &str, created_ms: i64) -> SigningKey {
    SigningKey {
        pool_id: pool.id.clone(),
        kid: kid.into(),
        key_use: KeyUse::Access,
        created_ms,
        signs_from_ms: created_ms + 1,
        private: Sealed("pkcs8".into()),
    }
}

pub fn access_key(id: &str) -> AccessKey {
    AccessKey {
        id: id.into(),
        version: 1,
        created_ms: 1,
        name: "backend".into(),
        secret: Sealed("secret".into()),
        policy: json!({"Version": "2012-10-17", "Statement": []}),
    }
}

pub fn name(kind: NameKind, key: &str) -> UserName {
    UserName { kind, key: key.into() }
}

/// A user whose user name is its sub.
pub fn user(pool: &Pool, sub: &str) -> User {
    User {
        pool_id: pool.id.clone(),
        sub: Sub::new(sub),
        version: 1,
        username: sub.into(),
        created_ms: 1000,
        modified_ms: 1000,
        enabled: true,
        status: UserStatus::Confirmed,
        names: BTreeSet::from([name(NameKind::Username, sub)]),
        ..User::default()
    }
}

/// A user with something in every field.
pub fn full_user(pool: &Pool, sub: &str) -> User {
    let code = Code { hash: "00ff".into(), created_ms: 1, expires_ms: 2, attribute: "email".into() };
    User {
        names: BTreeSet::from([
            name(NameKind::Username, sub),
            name(NameKind::Email, &format!("{sub}@example.org")),
            name(NameKind::PhoneNumber, &format!("+49{sub}")),
            name(NameKind::PreferredUsername, &format!("{sub} \u{0}\u{1}\"'\\ ß")),
        ]),
        attributes: BTreeMap::from([
            ("email".into(), format!("{sub}@example.org")),
            ("email_verified".into(), "true".into()),
            ("custom:note".into(), "line\nbreak \u{0}\u{1}\u{10FFFF}".into()),
        ]),
        pending: BTreeMap::from([("phone_number".into(), "+4912345".into())]),
        password: Some(Password {
            verifier: Sealed("verifier".into()),
            set_ms: 5,
            expires_ms: Some(i64::MAX),
        }),
        password_history: vec![Sealed("older".into()), Sealed("oldest".into())],
        codes: BTreeMap::from([(CodePurpose::SignUp, code.clone()), (CodePurpose::VerifyPhoneNumber, code)]),
        attempts: Attempts(BTreeMap::from([("reset".into(), vec![1, 2, i64::MAX])])),
        lockout: Lockout { failures: 3, last_attempt_ms: 4, locked_until_ms: 5 },
        token_generation: u64::MAX,
        mfa: MfaPreference {
            enabled: BTreeSet::from(["SOFTWARE_TOKEN_MFA".into()]),
            preferred: Some("SOFTWARE_TOKEN_MFA".into()),
            passkey: true,
            sms_option: true,
        },
        software_token: Some(SoftwareToken {
            seed: Sealed("seed".into()),
            last_step: u64::MAX,
            name: Some("phone".into()),
        }),
        unverified_seed: Some(Sealed("another".into())),
        passkeys: vec![Passkey {
            id: "id".into(),
            public_key: "key".into(),
            algorithm: i32::MIN,
            sign_count: u32::MAX,
            relying_party_id: "example.com".into(),
            name: "Passkey".into(),
            attachment: Some("platform".into()),
            transports: vec!["internal".into()],
            created_ms: 7,
        }],
        pending_passkey: Some(PendingPasskey {
            challenge: "challenge".into(),
            client_id: "client".into(),
            relying_party_id: "example.com".into(),
            verify_user: true,
            expires_ms: i64::MAX,
        }),
        code_tries: CodeTries {
            sessions: BTreeMap::from([("session".into(), SessionTries { count: 3, expires_ms: i64::MAX })]),
            lockout: Lockout { failures: 6, last_attempt_ms: 7, locked_until_ms: 8 },
        },
        ..user(pool, sub)
    }
}

pub fn group(pool: &Pool, name: &str) -> Group {
    Group {
        pool_id: pool.id.clone(),
        name: name.into(),
        version: 1,
        created_ms: 1000,
        modified_ms: 2000,
        description: Some("line\nbreak \u{0}\u{1}".into()),
        role_arn: Some("arn:aws:iam::1:role/r".into()),
        precedence: Some(i32::MAX),
    }
}

pub fn membership(pool: &Pool, group: &str, sub: &str) -> Membership {
    Membership { pool_id: pool.id.clone(), group_name: group.into(), sub: Sub::new(sub), created_ms: 1 }
}

pub fn unknown_name(pool: &Pool, name_hash: &str) -> UnknownName {
    let name = UnknownName { name_hash: name_hash.into(), ..UnknownName::default() };
    name.with_state_of(&full_user(pool, "nobody"))
}

/// Remembers it, at a moment of the first period.
pub fn put(name: &UnknownName) -> Change {
    Change::PutUnknownName { name: Box::new(name.clone()), now_ms: 100 }
}

pub fn message(pool: &Pool, id: &str, due_ms: i64) -> OutboxMessage {
    OutboxMessage {
        id: MessageId::new(id),
        pool_id: pool.id.clone(),
        version: 1,
        created_ms: 1,
        due_ms,
        expires_ms: 1_000_000,
        attempts: 0,
        state: MessageState::Pending,
        channel: Channel::Email,
        decoy: false,
        last_error: None,
        content: Sealed("content".into()),
    }
}

pub fn inbox_message(pool: &Pool, id: &str, username: &str, to: &str) -> InboxMessage {
    InboxMessage {
        id: MessageId::new(id),
        pool_id: pool.id.clone(),
        time_ms: 1,
        username: username.into(),
        channel: Channel::Sms,
        to: to.into(),
        subject: None,
        body: "Your code is 123456".into(),
        code: Some("123456".into()),
        purpose: "SignUp".into(),
    }
}

pub fn used_session(id: &str, expires_ms: i64) -> UsedSession {
    UsedSession { id: id.into(), expires_ms }
}

pub fn revocation(pool: &Pool, family: &str, expires_ms: i64) -> Revocation {
    Revocation { pool_id: pool.id.clone(), family: family.into(), expires_ms }
}

pub fn refresh_family(user: &User, family: &str, expires_ms: i64) -> RefreshFamily {
    RefreshFamily {
        pool_id: user.pool_id.clone(),
        family: family.into(),
        sub: user.sub.clone(),
        version: 0,
        current: "current".into(),
        previous: "previous".into(),
        previous_until_ms: 7,
        expires_ms,
    }
}

pub fn user_session(user: &User, id: &str, expires_ms: i64) -> UserSession {
    UserSession {
        pool_id: user.pool_id.clone(),
        sub: user.sub.clone(),
        id: id.into(),
        family: format!("family of {id}"),
        client_id: ClientId::new("client"),
        generation: 3,
        created_ms: 1,
        expires_ms,
        activity: activity(2),
    }
}

pub fn activity(at_ms: i64) -> SessionActivity {
    SessionActivity { at_ms, address: "192.0.2.1".into(), device: Some(format!("device {at_ms}")) }
}

pub fn touch(user: &User, id: &str, at_ms: i64) -> Change {
    Change::TouchUserSession {
        pool_id: user.pool_id.clone(),
        sub: user.sub.clone(),
        id: id.into(),
        activity: activity(at_ms),
    }
}

pub fn device(user: &User, key: &str) -> Device {
    Device {
        pool_id: user.pool_id.clone(),
        sub: user.sub.clone(),
        key: key.into(),
        version: 0,
        verifier: Sealed("verifier".into()),
        name: Some("phone".into()),
        remembered: false,
        sdk: "sdk".into(),
        created_ms: 1,
        modified_ms: 2,
        authenticated_ms: 3,
        address: "192.0.2.1".into(),
        waiting: Some(WaitingSignIn {
            client_id: ClientId::new("client"),
            address: "192.0.2.2".into(),
            session: Sealed("session".into()),
            expires_ms: 4,
        }),
    }
}

pub fn insert(user: &User) -> Change {
    Change::InsertUser(Box::new(user.clone()))
}

pub fn update(before: &User, after: &User) -> Change {
    Change::update_user(before, after)
}

pub fn delete(user: &User) -> Change {
    Change::DeleteUser(Box::new(user.clone()))
}

/// Commits what must succeed.
pub async fn commit(store: &Store, changes: impl IntoIterator<Item = Change>) {
    store.commit(changes.into_iter().collect()).await.unwrap();
}

/// Commits what must meet a conflict.
pub async fn conflict(store: &Store, changes: impl IntoIterator<Item = Change>) -> Conflict {
    match store.commit(changes.into_iter().collect()).await {
        Err(CommitError::Conflict(conflict)) => conflict,
        other => panic!("no conflict, but {other:?}"),
    }
}

/// Puts a pool into the store.
pub async fn with_pool(store: &Store, id: &str) -> Pool {
    let pool = pool(id);
    commit(store, [Change::InsertPool(pool.clone())]).await;
    pool
}

/// The subs of all users, as they are listed.
pub async fn subs(store: &Store, pool: &Pool, filter: Option<&UserFilter>) -> Vec<String> {
    let users = store.list_users(&pool.id, filter, None, 1000).await.unwrap();
    users.into_iter().map(|user| user.sub.as_str().to_owned()).collect()
}

pub async fn find(store: &Store, user: &User) -> Option<User> {
    store.find_user(&user.pool_id, &user.sub).await.unwrap()
}
