//! What opens something: one of each kind from every home, and forgeries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_core::testing::text;
use cenote_crypto::jwt::SigningKey;
use serde_json::{Value, json};

use crate::choice::ASKED;
use crate::second_factors::Factor;
use crate::set_up::Step;
use crate::world::*;

/// What something is good for. A page token is good for one list with one set of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    AccessToken,
    IdToken,
    RefreshToken,
    Session,
    /// A session of USER_AUTH, by the challenge that it asks for.
    Asked(&'static str),
    /// Of a question of the pool's functions.
    CustomSession,
    /// Of a challenge on the way of a second factor.
    FactorSession(Factor),
    /// Of a proof by SRP.
    SecretBlock,
    /// That asks a device to begin its proof, and the block of the proof.
    DeviceSession,
    DeviceBlock,
    /// On the way to a second factor of a user who has none.
    SetUpSession(Step),
    /// Of a sign-up that was confirmed.
    SignUpSession,
    SignUpCode,
    ResetCode,
    EmailCode,
    PhoneNumberCode,
    ClientSecret,
    SecretHash,
    Page(List),
}

impl Kind {
    /// The challenge that is answered with it.
    pub fn challenge(self) -> Option<&'static str> {
        Some(match self {
            Self::Session => "NEW_PASSWORD_REQUIRED",
            Self::Asked(challenge) => challenge,
            Self::CustomSession => "CUSTOM_CHALLENGE",
            Self::FactorSession(factor) => factor.challenge(),
            Self::SecretBlock => "PASSWORD_VERIFIER",
            Self::DeviceSession => "DEVICE_SRP_AUTH",
            Self::DeviceBlock => "DEVICE_PASSWORD_VERIFIER",
            Self::SetUpSession(_) => "MFA_SETUP",
            _ => return None,
        })
    }

    /// Whether it serves once.
    pub fn serves_once(self) -> bool {
        self.challenge().is_some() || matches!(self, Self::SignUpCode | Self::SignUpSession)
    }

    /// Whether it is made and taken only where pools keep devices or ask everybody for a second factor.
    pub fn needs_configuration(self) -> bool {
        matches!(self, Self::DeviceSession | Self::DeviceBlock | Self::SetUpSession(_))
    }
}

/// A list whose pages go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    Users,
    UsersByStatus,
    UsersByName,
    UsersWithoutAttributes,
    Groups,
    GroupsOfUser,
    UsersOfFirstGroup,
    UsersOfSecondGroup,
    Clients,
    RegularClients,
    Pools,
    Passkeys,
}

impl List {
    pub const ALL: [Self; 12] = [
        Self::Users,
        Self::UsersByStatus,
        Self::UsersByName,
        Self::UsersWithoutAttributes,
        Self::Groups,
        Self::GroupsOfUser,
        Self::UsersOfFirstGroup,
        Self::UsersOfSecondGroup,
        Self::Clients,
        Self::RegularClients,
        Self::Pools,
        Self::Passkeys,
    ];

    /// Operation, member of the token, and the request of a page of one entry.
    pub fn request(self, home: &Home) -> (&'static str, &'static str, Value) {
        let pool = &home.pool;
        let (operation, member, size, mut request) = match self {
            Self::Users => ("ListUsers", "PaginationToken", "Limit", json!({})),
            Self::UsersByStatus => {
                ("ListUsers", "PaginationToken", "Limit", json!({ "Filter": "status = \"Enabled\"" }))
            }
            Self::UsersByName => {
                ("ListUsers", "PaginationToken", "Limit", json!({ "Filter": "username ^= \"a\"" }))
            }
            Self::UsersWithoutAttributes => {
                ("ListUsers", "PaginationToken", "Limit", json!({ "AttributesToGet": [] }))
            }
            Self::Groups => ("ListGroups", "NextToken", "Limit", json!({})),
            Self::GroupsOfUser => {
                ("AdminListGroupsForUser", "NextToken", "Limit", json!({ "Username": home.subject }))
            }
            Self::UsersOfFirstGroup => {
                ("ListUsersInGroup", "NextToken", "Limit", json!({ "GroupName": "first" }))
            }
            Self::UsersOfSecondGroup => {
                ("ListUsersInGroup", "NextToken", "Limit", json!({ "GroupName": "second" }))
            }
            Self::Clients => ("ListUserPoolClients", "NextToken", "MaxResults", json!({})),
            Self::RegularClients => {
                ("ListUserPoolClients", "NextToken", "MaxResults", json!({ "ClientType": "REGULAR" }))
            }
            Self::Pools => ("ListUserPools", "NextToken", "MaxResults", json!({})),
            Self::Passkeys => (
                "ListWebAuthnCredentials",
                "NextToken",
                "MaxResults",
                json!({ "AccessToken": home.access_token }),
            ),
        };
        if !matches!(self, Self::Pools | Self::Passkeys) {
            request["UserPoolId"] = json!(pool);
        }
        request[size] = json!(1);
        (operation, member, request)
    }
}

#[derive(Clone, Debug)]
pub struct Artefact {
    pub kind: Kind,
    /// Where it belongs.
    pub home: Home,
    pub stage: Stage,
    pub text: String,
    /// Made by nobody who may: it belongs nowhere.
    pub forged: Option<&'static str>,
}

/// Everything from everywhere.
pub async fn all(world: &World) -> Vec<Artefact> {
    let mut all = Vec::new();
    for home in &world.homes {
        let of = |kind, stage, text: String| Artefact { kind, home: home.clone(), stage, text, forged: None };
        let tokens = world.sign_in(&home.client, home.subject).await;
        for (kind, member) in [
            (Kind::AccessToken, "AccessToken"),
            (Kind::IdToken, "IdToken"),
            (Kind::RefreshToken, "RefreshToken"),
        ] {
            all.push(of(kind, Stage::Confirmed, text(&tokens[member])));
        }
        let challenge = world.start(&world.service, &home.client, &home.user(Stage::Invited)).await;
        all.push(of(Kind::Session, Stage::Invited, text(&challenge["Session"])));
        all.push(of(Kind::CustomSession, Stage::Confirmed, world.question(&world.service, home).await));
        all.push(of(Kind::SecretBlock, Stage::Confirmed, world.secret_block(&world.service, home).await));
        for challenge in ASKED {
            let session = world.asked(&world.service, home, challenge).await;
            all.push(of(Kind::Asked(challenge), Stage::Confirmed, session));
        }
        all.push(of(Kind::ClientSecret, Stage::Confirmed, home.secret.clone()));
        for factor in Factor::ALL {
            let number = i64::from(home.client == world.homes[1].client);
            let session = world.factor_session(home, factor, number).await;
            all.push(of(Kind::FactorSession(factor), Stage::Factors, session));
        }
        for stage in Stage::ALL {
            all.push(of(Kind::SecretHash, stage, home.secret_hash(&home.user(stage))));
        }
        // Codes are the user's, whatever the client: one set is enough.
        if home.client == world.homes[1].client {
            continue;
        }
        for list in List::ALL {
            let (operation, member, request) = list.request(home);
            let page = world.service.ok(operation, request).await;
            all.push(of(Kind::Page(list), Stage::Confirmed, text(&page[member])));
        }
        let pool = home.pool.as_str();
        let new = home.user(Stage::New);
        all.push(of(Kind::SignUpCode, Stage::New, world.code(pool, &new, &["SignUp"]).await));
        for stage in [Stage::Confirmed, Stage::New] {
            let user = home.user(stage);
            world.service.ok("ForgotPassword", json!({ "ClientId": home.client, "Username": user })).await;
            all.push(of(Kind::ResetCode, stage, world.code(pool, &user, &["ForgotPassword"]).await));
        }
        let user = home.user(Stage::Reset);
        world.service.ok("AdminResetUserPassword", json!({ "UserPoolId": pool, "Username": user })).await;
        all.push(of(Kind::ResetCode, Stage::Reset, world.code(pool, &user, &["ForgotPassword"]).await));
        for (kind, attribute) in [(Kind::EmailCode, "email"), (Kind::PhoneNumberCode, "phone_number")] {
            let request = json!({ "AccessToken": home.access_token, "AttributeName": attribute });
            world.service.ok("GetUserAttributeVerificationCode", request).await;
            all.push(of(
                kind,
                Stage::Confirmed,
                world.code(pool, home.subject, &["VerifyUserAttribute"]).await,
            ));
        }
    }
    all.extend(of_devices(world).await);
    all.extend(of_set_up(world).await);
    all.extend(forgeries(world, &all).await);
    all
}

const GONE: &str = "sealed by a master key that is gone";

async fn of_devices(world: &World) -> Vec<Artefact> {
    world.configure(true, "OPTIONAL").await;
    let former = world.former();
    let mut all = Vec::new();
    for (service, forged, homes) in
        [(&world.service, None, &world.homes[..]), (&former, Some(GONE), &world.homes[..1])]
    {
        for home in homes {
            let of = |kind, text| Artefact { kind, home: home.clone(), stage: Stage::Device, text, forged };
            all.push(of(Kind::DeviceSession, world.device_session(service, home).await));
            all.push(of(Kind::DeviceBlock, world.device_block(service, home).await));
        }
    }
    world.configure(false, "OPTIONAL").await;
    all
}

async fn of_set_up(world: &World) -> Vec<Artefact> {
    let mut all = Vec::new();
    let of =
        |kind, home: &Home, stage, text, forged| Artefact { kind, home: home.clone(), stage, text, forged };
    // Somebody is confirmed once.
    for home in world.homes.iter().filter(|home| home.client != world.homes[1].client) {
        let text = world.sign_up_session(home).await;
        all.push(of(Kind::SignUpSession, home, Stage::SignedUp, text, None));
    }
    world.configure(false, "ON").await;
    for home in &world.homes {
        for step in Step::ALL {
            // Another seed would end the first one.
            if step == Step::Asked || home.client != world.homes[1].client {
                let text = world.set_up_session(&world.service, home, step).await;
                all.push(of(Kind::SetUpSession(step), home, step.stage(), text, None));
            }
        }
    }
    let home = &world.homes[0];
    let text = world.set_up_session(&world.former(), home, Step::Asked).await;
    all.push(of(Kind::SetUpSession(Step::Asked), home, Step::Asked.stage(), text, Some(GONE)));
    world.configure(false, "OPTIONAL").await;
    all
}

async fn forgeries(world: &World, genuine: &[Artefact]) -> Vec<Artefact> {
    let home = &world.homes[0];
    let mut forged = Vec::new();
    let mut forge = |kind, stage, text: String, how| {
        forged.push(Artefact { kind, home: home.clone(), stage, text, forged: Some(how) });
    };
    for artefact in genuine.iter().filter(|one| one.home == *home && one.forged.is_none()) {
        let Artefact { kind, stage, text, .. } = artefact;
        forge(*kind, *stage, change_one(text, text.len() / 2), "one character in the middle changed");
        if !matches!(kind, Kind::AccessToken | Kind::IdToken) && text.len() > 60 {
            forge(*kind, *stage, change_one(text, 2), "the id of its key changed");
            forge(*kind, *stage, text[..text.len() - 4].to_owned(), "cut short");
        }
    }
    // As of a generation of master keys that is not in the ring any more.
    let former = world.former();
    let gone = GONE;
    let tokens = world.start(&former, &home.client, home.subject).await["AuthenticationResult"].clone();
    forge(Kind::AccessToken, Stage::Confirmed, text(&tokens["AccessToken"]), gone);
    forge(Kind::RefreshToken, Stage::Confirmed, text(&tokens["RefreshToken"]), gone);
    let challenge = world.start(&former, &home.client, &home.user(Stage::Invited)).await;
    forge(Kind::Session, Stage::Invited, text(&challenge["Session"]), gone);
    forge(Kind::CustomSession, Stage::Confirmed, world.question(&former, home).await, gone);
    forge(Kind::SecretBlock, Stage::Confirmed, world.secret_block(&former, home).await, gone);
    for challenge in ASKED {
        forge(Kind::Asked(challenge), Stage::Confirmed, world.asked(&former, home, challenge).await, gone);
    }
    for list in List::ALL {
        let (operation, member, request) = list.request(home);
        let page = former.ok(operation, request).await;
        forge(Kind::Page(list), Stage::Confirmed, text(&page[member]), gone);
    }
    // The right claims, signed by whatever key is not the pool's own for access tokens.
    let claims = URL_SAFE_NO_PAD.decode(home.access_token.split('.').nth(1).unwrap()).unwrap();
    let context = world.service.service.context(world.service.caller.clone());
    let keys_of = async |pool: &str| {
        let pool = context.get_pool(pool).await.unwrap();
        pool.keys(&world.service.service).await.unwrap()
    };
    let sign = |key: &SigningKey| key.sign(&claims);
    let own = keys_of(&home.pool).await;
    let other = keys_of(&world.homes[3].pool).await;
    forge(Kind::AccessToken, Stage::Confirmed, sign(&own.id), "signed by the pool's key for ID tokens");
    forge(Kind::AccessToken, Stage::Confirmed, sign(&other.access), "signed by another pool's key");
    let rotated = SigningKey::generate().unwrap();
    forge(Kind::AccessToken, Stage::Confirmed, sign(&rotated), "signed by a key that was rotated away");
    let posing = {
        let right = own.access.sign(&claims);
        let wrong = sign(&rotated);
        let head = right.split('.').next().unwrap();
        let rest = wrong.split_once('.').unwrap().1;
        format!("{head}.{rest}")
    };
    forge(Kind::AccessToken, Stage::Confirmed, posing, "signed by another key in the name of the right one");
    let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"kid":"{}","alg":"none"}}"#, own.access.kid()));
    let unsigned = format!("{none}.{}.", URL_SAFE_NO_PAD.encode(&claims));
    forge(Kind::AccessToken, Stage::Confirmed, unsigned, "not signed");
    // Claims of another pool, user or use under the pool's own signature would be a defect of ours; they are refused too.
    for (how, member, value) in [
        ("an ID token's use under the access key", "token_use", json!("id")),
        (
            "the issuer of another pool",
            "iss",
            json!(format!("http://127.0.0.1:7665/{}", world.homes[3].pool)),
        ),
        ("the client of another pool", "client_id", json!(world.homes[3].client)),
    ] {
        let mut claims: Value = serde_json::from_slice(&claims).unwrap();
        claims[member] = value;
        let token = own.access.sign(&serde_json::to_vec(&claims).unwrap());
        forge(Kind::AccessToken, Stage::Confirmed, token, how);
    }
    forged
}

/// Another character of the same alphabet in this place.
fn change_one(text: &str, place: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[place] = match bytes[place] {
        b'0'..=b'8' | b'A'..=b'Y' | b'a'..=b'y' => bytes[place] + 1,
        b'9' => b'0',
        b'Z' => b'A',
        _ => b'a',
    };
    String::from_utf8(bytes).unwrap()
}
