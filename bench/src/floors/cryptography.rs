//! One signature and one power, on all processors at once, since that is how the server computes under load.

use std::time::{Duration, Instant};

use cenote_crypto::SystemRandom;
use cenote_crypto::jwt::SigningKey;
use cenote_crypto::srp::{Answer, Challenge, ClientPublic, Verifier};

use crate::Failure;
use crate::process::{processor_time, processors};

/// The processor time of an RS256 signature with 2048 bits over claims of the usual size.
pub fn signature_ms(duration: Duration) -> Result<f64, Failure> {
    let key = SigningKey::generate().map_err(|_| "no key was made")?;
    let claims = format!(r#"{{"padding":"{}"}}"#, "c".repeat(500));
    measure(duration, || drop(std::hint::black_box(key.sign(claims.as_bytes()))))
}

/// The processor time of a power of the generator modulo the prime of 3072 bits: what a password costs.
pub fn power_ms(duration: Duration) -> Result<f64, Failure> {
    measure(duration, || {
        std::hint::black_box(Verifier::create("Example01", "user", "Passw0rd!", &SystemRandom));
    })
}

/// The processor time of the check of a proof by SRP.
pub fn proof_ms(duration: Duration) -> Result<f64, Failure> {
    let verifier = Verifier::create("Example01", "user", "Passw0rd!", &SystemRandom);
    let challenge = Challenge::create(&verifier, &SystemRandom);
    let client_public = ClientPublic::parse("abcdef").map_err(|_| "no number")?;
    let answer = Answer {
        pool_name_part: "Example01",
        user_id: "user",
        client_public: &client_public,
        secret_block: b"block",
        timestamp: "now",
        signature: "",
    };
    measure(duration, || {
        std::hint::black_box(challenge.verify(&verifier, &answer));
    })
}

fn measure(duration: Duration, work: impl Fn() + Sync) -> Result<f64, Failure> {
    // Tables that are made at the first use are not part of it.
    work();
    let before = processor_time(std::process::id())?;
    let started = Instant::now();
    let turn = || {
        let mut count = 0_u64;
        while started.elapsed() < duration {
            work();
            count += 1;
        }
        count
    };
    let count: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..processors()).map(|_| scope.spawn(turn)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    let used = processor_time(std::process::id())?.saturating_sub(before);
    Ok(used.as_secs_f64() * 1000.0 / count.max(1) as f64)
}
