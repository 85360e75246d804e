//! What a caller can send.

use proptest::prelude::*;

/// One request. Numbers choose among what was seen so far.
#[derive(Clone, Debug)]
pub enum Step {
    Password {
        right: bool,
        names_device: bool,
    },
    /// USER_AUTH, with a factor that is preferred or none.
    Choose {
        factor: usize,
        right: bool,
        names_device: bool,
    },
    Custom {
        names_device: bool,
    },
    /// SELECT_CHALLENGE.
    Select {
        session: usize,
        factor: usize,
        right: bool,
    },
    /// PASSWORD.
    ChosenPassword {
        session: usize,
        right: bool,
    },
    /// CUSTOM_CHALLENGE.
    Answer {
        session: usize,
        right: bool,
    },
    /// WEB_AUTHN.
    Passkey {
        session: usize,
        how: Proof,
    },
    /// EMAIL_OTP.
    Mail {
        session: usize,
        right: bool,
    },
    /// SOFTWARE_TOKEN_MFA.
    App {
        session: usize,
        code: Code,
    },
    /// DEVICE_SRP_AUTH, by clients that send sessions and those that do not.
    Device {
        session: usize,
        sends_session: bool,
    },
    /// DEVICE_PASSWORD_VERIFIER.
    DeviceProof {
        block: usize,
        right: bool,
    },
    /// A session at a challenge that it is not of, with all that would be right there.
    Elsewhere {
        session: usize,
        challenge: usize,
    },
    /// An administrator changes whether the device is remembered.
    Remember {
        remembered: bool,
    },
    /// An administrator changes whether alice is asked for her app, where that is a choice.
    Ask {
        app: bool,
    },
    Wait {
        seconds: i64,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Proof {
    Verified,
    /// The authenticator saw somebody, and did not ask who.
    Unverified,
    /// Another authenticator's, under the id of alice's passkey.
    Forged,
}

#[derive(Clone, Copy, Debug)]
pub enum Code {
    Right,
    Wrong,
    /// The one that was right the last time.
    Used,
}

pub fn step() -> impl Strategy<Value = Step> {
    let (session, right, flag) = (0..64usize, proptest::bool::weighted(0.85), any::<bool>());
    let how = prop_oneof![4 => Just(Proof::Verified), 2 => Just(Proof::Unverified), 1 => Just(Proof::Forged)];
    let code = prop_oneof![5 => Just(Code::Right), 1 => Just(Code::Wrong), 2 => Just(Code::Used)];
    prop_oneof![
        3 => (right, flag).prop_map(|(right, names_device)| Step::Password { right, names_device }),
        4 => (0..4usize, right, flag)
            .prop_map(|(factor, right, names_device)| Step::Choose { factor, right, names_device }),
        2 => flag.prop_map(|names_device| Step::Custom { names_device }),
        3 => (session.clone(), 0..3usize, right)
            .prop_map(|(session, factor, right)| Step::Select { session, factor, right }),
        1 => (session.clone(), right)
            .prop_map(|(session, right)| Step::ChosenPassword { session, right }),
        3 => (session.clone(), right).prop_map(|(session, right)| Step::Answer { session, right }),
        4 => (session.clone(), how).prop_map(|(session, how)| Step::Passkey { session, how }),
        3 => (session.clone(), right).prop_map(|(session, right)| Step::Mail { session, right }),
        8 => (session.clone(), code).prop_map(|(session, code)| Step::App { session, code }),
        8 => (session.clone(), flag)
            .prop_map(|(session, sends_session)| Step::Device { session, sends_session }),
        10 => (session.clone(), right).prop_map(|(block, right)| Step::DeviceProof { block, right }),
        3 => (session, 0..32usize).prop_map(|(session, challenge)| Step::Elsewhere { session, challenge }),
        1 => flag.prop_map(|remembered| Step::Remember { remembered }),
        1 => flag.prop_map(|app| Step::Ask { app }),
        1 => prop_oneof![Just(1), Just(30), Just(200)].prop_map(|seconds| Step::Wait { seconds }),
    ]
}
