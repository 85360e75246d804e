//! Random sequences of everything that a caller who knows some things can send, legal and not: nobody gets tokens without every
//! factor that the configuration asks for, no session works twice, and no token says more of its sign-in than was shown.
//!
//! The model is simple on purpose. A caller knows the password or not, holds the app, the phone and the mailbox or not, and has
//! stolen an access token or not. What it does not hold it can't read, and guesses wrong. Tokens may only come to a caller who
//! knows the password, or has a token instead and shows a factor by which it steps up; and who, where one is asked for, holds a
//! factor that the user has, or has set one up itself where the user had none. What tokens say is exactly what was shown in the
//! steps that led to them.

use std::collections::BTreeSet;

use cenote_core::testing::{TestService, text};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::randomness::{is_long, random};
use crate::world::*;

/// What the pool asks for, and what alice has.
#[derive(Clone, Debug)]
struct Setting {
    mode: &'static str,
    sms: bool,
    email: bool,
    totp: bool,
    email_recovers: bool,
    phone_number: bool,
    address: bool,
    app: bool,
    /// Which of those she switched on, and whether one is preferred.
    enabled: [bool; 3],
    preferred: Option<usize>,
    temporary: bool,
}

/// What the caller knows and holds of alice's.
#[derive(Clone, Debug)]
struct Caller {
    password: bool,
    phone: bool,
    mailbox: bool,
    app: bool,
    /// An access token of a sign-in by password.
    token: bool,
}

/// One request. Numbers choose among what was seen so far.
#[expect(clippy::enum_variant_names, reason = "a step-up is one of the steps")]
#[derive(Clone, Debug)]
enum Step {
    SignIn {
        right: bool,
    },
    /// By USER_AUTH toward these levels.
    Reach {
        right: bool,
        levels: Vec<usize>,
    },
    /// The same that begins with a token.
    StepUp {
        token: usize,
        levels: Vec<usize>,
        max_age: Option<u64>,
    },
    Refresh {
        token: usize,
    },
    NewPassword {
        session: usize,
    },
    Code {
        challenge: usize,
        session: usize,
        code: Guess,
        device: usize,
    },
    Select {
        session: usize,
        answer: usize,
    },
    SetUpApp {
        session: usize,
    },
    VerifyApp {
        session: usize,
        right: bool,
    },
    FinishSetUp {
        session: usize,
    },
    SetUpAddress {
        session: usize,
    },
    Wait {
        seconds: i64,
    },
    /// The pool's administrator changes what is offered, in the same mode.
    Reoffer {
        totp: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Guess {
    /// The best that the caller has: what it holds, or else a wrong one.
    Best,
    Wrong,
    /// One that was sent before, or computed for an earlier step.
    Old,
}

fn setting() -> impl Strategy<Value = Setting> {
    let modes = prop_oneof![1 => Just("OFF"), 3 => Just("OPTIONAL"), 5 => Just("ON")];
    let offers = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let has = (any::<bool>(), any::<bool>(), any::<bool>());
    let chosen = (any::<[bool; 3]>(), proptest::option::of(0..3usize), proptest::bool::weighted(0.2));
    (modes, offers, has, chosen).prop_map(|(mode, offers, has, (enabled, preferred, temporary))| {
        let (sms, email, totp, email_recovers) = offers;
        let (phone_number, address, app) = has;
        // A pool with MFA has at least one factor.
        let totp = totp || !sms && !email;
        Setting {
            mode,
            sms,
            email,
            totp,
            email_recovers,
            phone_number,
            address,
            app,
            enabled,
            preferred,
            temporary,
        }
    })
}

fn caller() -> impl Strategy<Value = Caller> {
    (proptest::bool::weighted(0.7), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(password, phone, mailbox, app, token)| Caller { password, phone, mailbox, app, token })
}

fn step() -> impl Strategy<Value = Step> {
    let session = 0..64usize;
    let guess = prop_oneof![4 => Just(Guess::Best), 1 => Just(Guess::Wrong), 2 => Just(Guess::Old)];
    let levels = || proptest::collection::vec(1..5usize, 1..3);
    prop_oneof![
        2 => (proptest::bool::weighted(0.9), levels()).prop_map(|(right, levels)| Step::Reach { right, levels }),
        4 => (session.clone(), levels(), proptest::option::weighted(0.2, 0..300u64))
            .prop_map(|(token, levels, max_age)| Step::StepUp { token, levels, max_age }),
        1 => session.clone().prop_map(|token| Step::Refresh { token }),
        3 => proptest::bool::weighted(0.9).prop_map(|right| Step::SignIn { right }),
        2 => session.clone().prop_map(|session| Step::NewPassword { session }),
        8 => (0..3usize, session.clone(), guess, 0..3usize)
            .prop_map(|(challenge, session, code, device)| Step::Code { challenge, session, code, device }),
        4 => (session.clone(), 0..4usize).prop_map(|(session, answer)| Step::Select { session, answer }),
        4 => session.clone().prop_map(|session| Step::SetUpApp { session }),
        6 => (session.clone(), proptest::bool::weighted(0.8))
            .prop_map(|(session, right)| Step::VerifyApp { session, right }),
        5 => session.clone().prop_map(|session| Step::FinishSetUp { session }),
        2 => session.prop_map(|session| Step::SetUpAddress { session }),
        2 => prop_oneof![Just(1), Just(30), Just(200)].prop_map(|seconds| Step::Wait { seconds }),
        1 => any::<bool>().prop_map(|totp| Step::Reoffer { totp }),
    ]
}

/// A session that was seen, for which challenge, and what led to it.
#[derive(Clone)]
struct Seen {
    challenge: String,
    session: Value,
    chain: Chain,
}

/// Tokens that the caller has. Of a stolen sign-in it has the access token only.
#[derive(Clone)]
struct Held {
    access: Value,
    refresh: Value,
    chain: Chain,
}

struct Run {
    world: World,
    setting: Setting,
    caller: Caller,
    alices: Option<App>,
    own: Vec<App>,
    seen: Vec<Seen>,
    /// Sessions by which a step succeeded.
    spent: BTreeSet<String>,
    /// Whether the caller has set up a factor of its own, where alice had none.
    set_up: bool,
    tokens: usize,
    /// Of those how many by a step-up.
    stepped_up: usize,
    held: Vec<Held>,
    own_address: &'static str,
}

const CHALLENGES: [&str; 3] = ["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"];
const MEMBERS: [&str; 3] = ["SMS_MFA_CODE", "EMAIL_OTP_CODE", "SOFTWARE_TOKEN_MFA_CODE"];
const METHODS: [&str; 3] = ["sms", "email_otp", "otp"];
const SETTINGS: [&str; 3] = ["SMSMfaSettings", "EmailMfaSettings", "SoftwareTokenMfaSettings"];

impl Run {
    async fn new(setting: &Setting, caller: &Caller) -> Self {
        let first = if setting.email_recovers { "verified_email" } else { "verified_phone_number" };
        let second = if setting.email_recovers { "verified_phone_number" } else { "verified_email" };
        let recovery = json!([{ "Name": first, "Priority": 1 }, { "Name": second, "Priority": 2 }]);
        let members = json!({ "AccountRecoverySetting": { "RecoveryMechanisms": recovery } });
        let builder = TestService::builder().settings(|settings| settings.acr_in_every_token = true);
        let world = World::with(builder, members, Offers::all("OPTIONAL")).await;
        let mut attributes = Vec::new();
        attributes.extend(setting.phone_number.then_some(("phone_number", NUMBER)));
        attributes.extend(setting.address.then_some(("email", ADDRESS)));
        world.confirmed("alice", &attributes).await;
        let mut held = Vec::new();
        if caller.token {
            let access = json!(world.access_token("alice").await);
            held.push(Held { access, refresh: Value::Null, chain: Chain::default().with("pwd") });
            world.service.clock.advance_seconds(1);
        }
        let mut alices = None;
        if setting.app {
            let token = world.access_token("alice").await;
            alices = Some(world.app(&token).await);
        }
        for (number, has) in [setting.phone_number, setting.address, setting.app].into_iter().enumerate() {
            if has && setting.enabled[number] {
                let preferred = setting.preferred == Some(number);
                let members = json!({ SETTINGS[number]: { "Enabled": true, "PreferredMfa": preferred } });
                world.prefer("alice", members).await;
            }
        }
        if setting.temporary {
            let members = json!({ "Password": TEMPORARY, "Permanent": false });
            world.service.ok("AdminSetUserPassword", world.admin("alice", members)).await;
        }
        let Setting { mode, sms, email, totp, .. } = *setting;
        world.offer(Offers { mode, sms, email, totp }).await;
        world.next_step();
        Self {
            world,
            setting: setting.clone(),
            caller: caller.clone(),
            alices,
            own: Vec::new(),
            seen: Vec::new(),
            spent: BTreeSet::new(),
            set_up: false,
            tokens: 0,
            stepped_up: 0,
            held,
            own_address: "caller@evil.example",
        }
    }

    fn switched_on(&self) -> [bool; 3] {
        let Setting { phone_number, address, app, enabled, .. } = self.setting;
        [phone_number && enabled[0], address && enabled[1], app && enabled[2]]
    }

    /// What counts where she switched on none.
    fn unasked(&self) -> [bool; 3] {
        let Setting { phone_number, address, app, sms, email, email_recovers, .. } = self.setting;
        [phone_number && sms && email_recovers, address && email && !email_recovers, app]
    }

    /// The factors that alice can show: the one she prefers, those she switched on, or what counts where she switched on none.
    fn factors(&self) -> [bool; 3] {
        let chosen = self.switched_on();
        if let Some(number) = self.setting.preferred.filter(|number| chosen[*number]) {
            return [0, 1, 2].map(|one| one == number);
        }
        if chosen.contains(&true) {
            return chosen;
        }
        if self.setting.mode == "ON" { self.unasked() } else { [false; 3] }
    }

    /// Whether tokens may come to this caller. A level may ask for another factor than the one that alice prefers.
    fn may_have_tokens(&self, chain: &Chain) -> bool {
        let holds = [self.caller.phone, self.caller.mailbox, self.caller.app];
        let any = |factors: [bool; 3]| (0..3).any(|number| factors[number] && holds[number]);
        let switched_on = self.switched_on();
        let factors = if chain.wanted.is_empty() || !switched_on.contains(&true) {
            self.factors()
        } else {
            switched_on
        };
        let required =
            self.setting.mode == "ON" || self.setting.mode == "OPTIONAL" && switched_on.contains(&true);
        match (self.caller.password, required) {
            (true, false) => true,
            (true, true) => any(factors) || !factors.contains(&true) && self.set_up,
            (false, true) => self.caller.token && any(factors),
            (false, false) => self.caller.token && self.setting.mode != "OFF" && any(self.unasked()),
        }
    }

    /// Some levels by the names of the pool.
    fn names(levels: &[usize]) -> String {
        levels.iter().map(|level| format!("urn:cognito:loa:{level}")).collect::<Vec<_>>().join(" ")
    }

    /// Mostly the newest session of one of these challenges; else any, of whatever challenge and however old.
    fn pick(&self, number: usize, challenges: &[&str]) -> Option<Seen> {
        let newest = self.seen.iter().rev().find(|seen| challenges.contains(&seen.challenge.as_str()));
        if !number.is_multiple_of(4) && newest.is_some() {
            return newest.cloned();
        }
        self.seen.get(number % self.seen.len().max(1)).cloned()
    }

    /// What came of a request by a session. `chain` is what was shown where it succeeds.
    fn judge(&mut self, session: Option<&Value>, chain: Chain, outcome: Answer) -> Result<(), TestCaseError> {
        let Ok(answer) = outcome else { return Ok(()) };
        if let Some(session) = session {
            prop_assert!(self.spent.insert(text(session)), "a session worked twice");
        }
        if has_tokens(&answer) {
            self.tokens += 1;
            self.stepped_up += usize::from(chain.shown.len() > 1 && !chain.wanted.is_empty());
            prop_assert!(
                self.may_have_tokens(&chain),
                "tokens without every factor: {:?} {:?}",
                self.setting,
                self.caller
            );
            prop_assert_eq!(level(&answer), chain.claims());
            prop_assert!(chain.fresh, "tokens for a token");
            let reached = chain.wanted.iter().any(|wanted| *wanted <= chain.level());
            prop_assert!(chain.wanted.is_empty() || reached, "{:?}", chain);
            let tokens = &answer["AuthenticationResult"];
            let (access, refresh) = (tokens["AccessToken"].clone(), tokens["RefreshToken"].clone());
            self.held.push(Held { access, refresh, chain: chain.clone() });
        }
        if let Some(session) = answer.get("Session") {
            prop_assert!(!has_tokens(&answer), "tokens beside a challenge");
            // The operations that set an app up name no challenge.
            let challenge = answer["ChallengeName"].as_str().unwrap_or("MFA_SETUP").to_owned();
            self.seen.push(Seen { challenge, session: session.clone(), chain });
        }
        Ok(())
    }

    /// The code that the caller can give for a challenge.
    async fn code(&self, number: usize, guess: Guess, device: usize) -> String {
        let wrong = if number == 1 { "00000000" } else { "000000" };
        if number == 2 {
            let distance = if matches!(guess, Guess::Old) { -1 } else { 0 };
            let held = self.alices.iter().filter(|_| self.caller.app).chain(&self.own);
            let apps: Vec<&App> = held.collect();
            return match apps.get(device % apps.len().max(1)) {
                Some(app) if !matches!(guess, Guess::Wrong) => app.code(&self.world, distance),
                _ => wrong.to_owned(),
            };
        }
        let inbox = self.world.service.inbox().await;
        let readable: Vec<String> = inbox
            .into_iter()
            .filter(|message| {
                let to = message.to.as_str();
                to == NUMBER && self.caller.phone
                    || to == ADDRESS && self.caller.mailbox
                    || to == self.own_address
            })
            .filter_map(|message| message.code)
            .collect();
        let newest = match guess {
            Guess::Wrong => None,
            Guess::Best => readable.get(device),
            Guess::Old => readable.get(1 + device),
        };
        newest.cloned().unwrap_or_else(|| wrong.to_owned())
    }

    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let world = &self.world;
        match step {
            Step::SignIn { right } => {
                let own = if self.setting.temporary { TEMPORARY } else { PASSWORD };
                let password = if *right && self.caller.password { own } else { "Wrong-1pass" };
                let outcome = world.sign_in("alice", password).await;
                self.judge(None, Chain::default().with("pwd"), outcome)
            }
            Step::Reach { right, levels } => {
                let own = if self.setting.temporary { TEMPORARY } else { PASSWORD };
                let password = if *right && self.caller.password { own } else { "Wrong-1pass" };
                let parameters = json!({
                    "TARGET_ACR_VALUES": Self::names(levels), "PREFERRED_CHALLENGE": "PASSWORD",
                    "PASSWORD": password,
                });
                let outcome = world.choose(parameters).await;
                let chain = Chain { wanted: levels.clone(), ..Chain::default() };
                self.judge(None, chain.with("pwd"), outcome)
            }
            Step::StepUp { token, levels, max_age } => {
                let Some(held) = self.held.get(token % self.held.len().max(1)).cloned() else {
                    return Ok(());
                };
                let mut parameters =
                    json!({ "TARGET_ACR_VALUES": Self::names(levels), "ACCESS_TOKEN": held.access });
                if let Some(age) = max_age {
                    parameters["MAX_AGE"] = json!(age.to_string());
                }
                let outcome = world.choose(parameters).await;
                // From scratch it begins with the choice, of which the test makes nothing.
                if outcome.as_ref().is_ok_and(|answer| answer["ChallengeName"] == "SELECT_CHALLENGE") {
                    return Ok(());
                }
                let chain = Chain { wanted: levels.clone(), fresh: false, ..held.chain };
                self.judge(None, chain, outcome)
            }
            Step::Refresh { token } => {
                let Some(held) = self.held.get(token % self.held.len().max(1)).cloned() else {
                    return Ok(());
                };
                if held.refresh.is_null() {
                    return Ok(());
                }
                let request = json!({ "ClientId": world.client, "RefreshToken": held.refresh });
                let refreshed = world.service.call("GetTokensFromRefreshToken", request).await;
                let said = refreshed.map(|answer| level(&answer));
                prop_assert_eq!(said, Ok(held.chain.claims()));
                Ok(())
            }
            Step::NewPassword { session } => {
                let Some(seen) = self.pick(*session, &["NEW_PASSWORD_REQUIRED"]) else { return Ok(()) };
                let answer = json!({ "NEW_PASSWORD": PASSWORD });
                let outcome = world.respond("NEW_PASSWORD_REQUIRED", &seen.session, "alice", answer).await;
                if outcome.is_ok() {
                    self.setting.temporary = false;
                }
                self.judge(Some(&seen.session), seen.chain, outcome)
            }
            Step::Code { challenge, session, code, device } => {
                let Some(seen) = self.pick(*session, &CHALLENGES) else { return Ok(()) };
                // Mostly at the challenge that the session is of; else at another, which must not take it.
                let own = CHALLENGES.iter().position(|name| *name == seen.challenge);
                let number = own.filter(|_| *device != 2).unwrap_or(*challenge);
                let code = self.code(number, *code, *device).await;
                let answer = json!({ MEMBERS[number]: code });
                let outcome = self.world.respond(CHALLENGES[number], &seen.session, "alice", answer).await;
                if CHALLENGES[number] != seen.challenge {
                    prop_assert!(outcome.is_err(), "a session of {} at {number}", seen.challenge);
                }
                self.judge(Some(&seen.session), seen.chain.with(METHODS[number]), outcome)
            }
            Step::Select { session, answer } => {
                let Some(seen) = self.pick(*session, &["SELECT_MFA_TYPE"]) else { return Ok(()) };
                let name = ["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "EMAIL_MFA"][*answer];
                let outcome =
                    world.respond("SELECT_MFA_TYPE", &seen.session, "alice", json!({ "ANSWER": name })).await;
                self.judge(Some(&seen.session), seen.chain, outcome)
            }
            Step::SetUpApp { session } => {
                let Some(seen) = self.pick(*session, &["MFA_SETUP"]) else { return Ok(()) };
                let request = json!({ "Session": seen.session });
                let outcome = world.service.call("AssociateSoftwareToken", request).await;
                if let Ok(answer) = &outcome {
                    self.own.push(App::of(answer));
                }
                self.judge(Some(&seen.session), seen.chain, outcome)
            }
            Step::VerifyApp { session, right } => {
                let Some(seen) = self.pick(*session, &["MFA_SETUP"]) else { return Ok(()) };
                let code = match self.own.last() {
                    Some(app) if *right => app.code(world, 0),
                    _ => "000000".to_owned(),
                };
                let request = json!({ "Session": seen.session, "UserCode": code });
                let outcome = world.service.call("VerifySoftwareToken", request).await;
                if outcome.is_ok() {
                    prop_assert!(!self.factors().contains(&true), "set up beside a factor");
                    self.set_up = true;
                }
                self.judge(Some(&seen.session), seen.chain.with("otp"), outcome)
            }
            Step::FinishSetUp { session } => {
                let Some(seen) = self.pick(*session, &["MFA_SETUP"]) else { return Ok(()) };
                let outcome = world.respond("MFA_SETUP", &seen.session, "alice", json!({})).await;
                self.judge(Some(&seen.session), seen.chain, outcome)
            }
            Step::SetUpAddress { session } => {
                let Some(seen) = self.pick(*session, &["MFA_SETUP"]) else { return Ok(()) };
                let answer = json!({ "EMAIL": self.own_address });
                let outcome = world.respond("MFA_SETUP", &seen.session, "alice", answer).await;
                if outcome.is_ok() {
                    prop_assert!(!self.factors().contains(&true), "set up beside a factor");
                    self.set_up = true;
                }
                self.judge(Some(&seen.session), seen.chain, outcome)
            }
            Step::Wait { seconds } => {
                world.service.clock.advance_seconds(*seconds);
                Ok(())
            }
            Step::Reoffer { totp } => {
                let Setting { mode, sms, email, .. } = self.setting;
                world.offer(Offers { mode, sms, email, totp: *totp || !sms && !email }).await;
                Ok(())
            }
        }
    }
}

/// How often the runs came to tokens: a test in which nobody ever gets in shows nothing.
#[derive(Debug, Default)]
struct Tally {
    tokens: usize,
    /// Of callers who had to show a second factor.
    by_second_factor: usize,
    by_set_up: usize,
    stepped_up: usize,
    /// Of callers without the password.
    by_stolen_token: usize,
    kept_out: usize,
}

#[test]
fn no_sequence_gives_tokens_without_every_factor_and_no_session_works_twice() {
    let cases = if is_long() { 3_000 } else { 96 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, random());
    let tally = std::cell::RefCell::new(Tally::default());
    let steps = proptest::collection::vec(step(), 20..60);
    let outcome = runner.run(&(setting(), caller(), steps), |(setting, caller, steps)| {
        runtime.block_on(async {
            let mut run = Run::new(&setting, &caller).await;
            // Whoever knows the password begins.
            run.take(&Step::SignIn { right: true }).await?;
            for step in &steps {
                run.take(step).await?;
            }
            let mut tally = tally.borrow_mut();
            let asked = setting.mode != "OFF" && run.factors().contains(&true);
            tally.tokens += run.tokens;
            tally.by_second_factor += usize::from(asked && run.tokens > 0);
            tally.by_set_up += usize::from(run.set_up && run.tokens > 0);
            tally.stepped_up += run.stepped_up;
            tally.by_stolen_token += usize::from(!caller.password && run.tokens > 0);
            tally.kept_out += usize::from(run.tokens == 0);
            Ok(())
        })
    });
    let tally = tally.into_inner();
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let Tally { tokens, by_second_factor, by_set_up, stepped_up, by_stolen_token, kept_out } = tally;
    for count in [tokens, by_second_factor, by_set_up, stepped_up, by_stolen_token, kept_out] {
        assert!(count > 0, "{tally:?}");
    }
}
