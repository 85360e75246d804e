//! Random sequences over every way in: passwords, codes by mail, passkeys, questions of functions, with an app as second factor
//! and a device beside or in place of it. Nobody gets tokens without having shown all that is asked for, and no session works
//! twice.
//!
//! The model keeps for each session what was shown on the way to it, by what was sent, not by what was accepted: a server that
//! takes a wrong answer, or a right one at a wrong place, hands out tokens for which too little was shown.

mod model;
mod run;
mod steps;

use std::cell::RefCell;

use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use self::model::{Setting, Shown, setting};
use self::run::{ANSWER, Run};
use self::steps::step;
use crate::randomness::{is_long, random};

/// One question, asked again after one wrong answer.
fn function(event: &Value) -> FakeAnswer {
    let request = &event["request"];
    let rounds = request["session"].as_array().map_or(&[][..], Vec::as_slice);
    FakeAnswer::Response(match event["triggerSource"].as_str().unwrap_or_default() {
        "DefineAuthChallenge_Authentication" => {
            let right = rounds.last().is_some_and(|round| round["challengeResult"] == true);
            json!({
                "challengeName": "CUSTOM_CHALLENGE", "issueTokens": right,
                "failAuthentication": !right && rounds.len() > 1,
            })
        }
        "CreateAuthChallenge_Authentication" => json!({
            "publicChallengeParameters": {}, "privateChallengeParameters": { "answer": ANSWER },
        }),
        _ => json!({
            "answerCorrect": request["privateChallengeParameters"]["answer"] == request["challengeAnswer"],
        }),
    })
}

/// Each way in, and whether somebody came by it: a test in which nobody ever gets in shows nothing.
type Way = (&'static str, fn(&Setting, &Shown) -> bool);

const WAYS: [Way; 10] = [
    ("a password alone", |setting, shown| shown.password && !setting.app),
    ("a password and an app", |setting, shown| shown.password && shown.app && setting.app),
    ("a password, and a device as second factor", |setting, shown| {
        shown.password && shown.device && setting.app && !shown.app
    }),
    ("a password, an app and a device", |_, shown| shown.password && shown.app && shown.device),
    ("a password and a device", |setting, shown| shown.password && shown.device && !setting.app),
    ("a code by mail", |_, shown| shown.mail),
    ("a passkey alone", |setting, shown| shown.passkey && !setting.app),
    ("a passkey as two factors", |setting, shown| shown.passkey && setting.app && !shown.device),
    ("a question", |_, shown| shown.answer && !shown.device),
    ("a question and a device", |_, shown| shown.answer && shown.device),
];

#[test]
fn no_way_in_is_shorter_than_what_is_asked_for() {
    let cases = if is_long() { 2_000 } else { 96 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lambda = runtime.block_on(FakeLambda::start(|event| function(&event))).unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, random());
    let (tokens, kept_out) = (RefCell::new(Vec::new()), RefCell::new(0));
    let steps = proptest::collection::vec(step(), 20..50);
    let outcome = runner.run(&(setting(), steps), |(setting, steps)| {
        runtime.block_on(async {
            let mut run = Run::new(&setting, &lambda.url()).await;
            for step in &steps {
                run.take(step).await?;
            }
            *kept_out.borrow_mut() += usize::from(run.tokens.is_empty());
            tokens.borrow_mut().extend(run.tokens);
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let tokens = tokens.into_inner();
    for (name, came) in WAYS {
        assert!(tokens.iter().any(|(setting, shown)| came(setting, shown)), "nobody came by {name}");
    }
    assert!(kept_out.into_inner() > 0);
}
