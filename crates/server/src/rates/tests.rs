use std::time::Duration;

use super::*;
use crate::config::Layers;

fn rates(assignments: &[&str]) -> (Rates, Instant) {
    let layers = assignments.iter().fold(Layers::for_dev(), |layers, one| layers.assignment(one));
    let start = Instant::now();
    (Rates::new(&layers.finish().unwrap().limits, start), start)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// How many of so many requests at one moment are admitted.
fn admitted(rates: &Rates, operation: Operation, from: &str, now: Instant, count: usize) -> usize {
    (0..count).filter(|_| rates.admit_address(operation, address(from), now).is_ok()).count()
}

#[test]
fn an_address_has_its_rate_in_each_category() {
    let (rates, start) = rates(&[
        "limits.address_requests_per_second.user_account_recovery=3",
        "limits.address_requests_per_second.user_read=2",
    ]);
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "192.0.2.1", start, 10), 3);
    assert_eq!(admitted(&rates, Operation::ConfirmForgotPassword, "192.0.2.1", start, 10), 0, "the same one");
    assert_eq!(admitted(&rates, Operation::GetUser, "192.0.2.1", start, 10), 2);
    assert_eq!(admitted(&rates, Operation::SignUp, "192.0.2.1", start, 10), 10, "not limited");
    assert_eq!(admitted(&rates, Operation::AdminSetUserPassword, "192.0.2.1", start, 10), 10, "signed");
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "192.0.2.2", start, 10), 3);
    let later = start + Duration::from_millis(700);
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "192.0.2.1", later, 10), 2);
    let counts: Vec<_> = rates.refusals.counts().filter(|(_, _, count)| *count > 0).collect();
    assert_eq!(counts, [("address", "UserAccountRecovery", 32), ("address", "UserRead", 8)]);
}

#[test]
fn the_documents_of_issuers_have_a_rate_of_their_own() {
    let (limited, start) = rates(&["limits.address_requests_per_second.issuer_documents=3"]);
    let admitted_documents = |rates: &Rates, from: &str, now| {
        (0..10).filter(|_| rates.admit_document(address(from), now).is_ok()).count()
    };
    assert_eq!(admitted_documents(&limited, "192.0.2.1", start), 3);
    assert_eq!(admitted_documents(&limited, "192.0.2.2", start), 3);
    assert_eq!(admitted_documents(&limited, "192.0.2.1", start + Duration::from_secs(1)), 3);
    assert_eq!(
        admitted(&limited, Operation::RespondToAuthChallenge, "192.0.2.1", start, 10),
        10,
        "not limited"
    );
    let counts: Vec<_> = limited.refusals.counts().filter(|(_, _, count)| *count > 0).collect();
    assert_eq!(counts, [("address", "IssuerDocuments", 21)]);
    let (unlimited, start) = rates(&["limits.address_requests_per_second.user_authentication=1"]);
    assert_eq!(admitted_documents(&unlimited, "192.0.2.1", start), 10);
}

#[test]
fn an_address_can_be_spared() {
    let (rates, start) = rates(&[
        "limits.address_requests_per_second.user_read=2",
        "limits.address_requests_per_second.issuer_documents=1",
        "limits.unlimited_addresses=10.0.0.0/8",
    ]);
    assert!((0..10).all(|_| rates.admit_document(address("10.1.2.3"), start).is_ok()));
    assert_eq!(admitted(&rates, Operation::GetUser, "10.1.2.3", start, 10), 10);
    assert_eq!(admitted(&rates, Operation::GetUser, "11.1.2.3", start, 10), 2);
}

#[test]
fn there_are_three_answers_to_challenges_for_a_sign_in_and_what_is_beyond_counts_as_sign_ins() {
    let (rates, start) = rates(&["limits.address_requests_per_second.user_authentication=10"]);
    let admitted = |operation, count| admitted(&rates, operation, "192.0.2.1", start, count);
    assert_eq!(admitted(Operation::RespondToAuthChallenge, 34), 34, "four of them as sign-ins");
    assert_eq!(admitted(Operation::InitiateAuth, 20), 6);
    assert_eq!(admitted(Operation::RespondToAuthChallenge, 20), 0);
}

#[test]
fn whoever_owns_a_network_or_many_addresses_gets_no_more_than_the_table_holds() {
    let (rates, start) = rates(&["limits.address_requests_per_second.user_account_recovery=1"]);
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "2001:db8::1", start, 1), 1);
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "2001:db8::2", start, 1), 0, "the same network");
    let many = (0..200_000_u32).filter(|number| {
        let address = IpAddr::V4(number.wrapping_mul(7919).into());
        rates.admit_address(Operation::ForgotPassword, address, start).is_ok()
    });
    assert!(many.count() < ADDRESSES);
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "2001:db8::1", start, 1), 0, "not forgotten");
}

#[test]
fn nothing_is_kept_where_nothing_is_limited() {
    let (rates, start) = rates(&[]);
    assert!(rates.addresses.is_none() && rates.users.is_none() && rates.pools_and_clients.is_none());
    assert_eq!(admitted(&rates, Operation::ForgotPassword, "192.0.2.1", start, 1000), 1000);
}

#[test]
fn shares_are_parts_of_a_rate_and_never_nothing() {
    assert_eq!([0, 1, 50, 99, 100].map(|percent| share(30, percent)), [0, 1, 15, 29, 0]);
    assert_eq!(share(0, 50), 0);
    assert_eq!(share(u32::MAX, 50), u32::MAX / 2);
}
