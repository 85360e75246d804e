//! What follows from a user's groups, for tokens and the function that changes them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use cenote_store::{Group, User};
use cenote_triggers::pre_token_generation::GroupConfiguration;

use crate::context::Context;
use crate::error::Error;

/// How many groups a user can be in.
pub const GROUPS_PER_USER: u32 = 100;

/// The user's groups by precedence, their roles, and the preferred one.
///
/// # Errors
/// When the store can't be read.
pub async fn configuration(context: &Context, user: &User) -> Result<GroupConfiguration, Error> {
    let groups = context.store.list_groups_of_user(&user.pool_id, &user.sub, None, GROUPS_PER_USER).await?;
    Ok(configure(groups))
}

/// `groups` are sorted by name, which decides between those of the same precedence.
fn configure(mut groups: Vec<Group>) -> GroupConfiguration {
    groups.sort_by_key(|group| Reverse(group.precedence.map(Reverse)));
    let mut seen = BTreeSet::new();
    let roles = groups.iter().filter_map(|group| group.role_arn.as_ref());
    GroupConfiguration {
        iam_roles_to_override: roles.filter(|role| seen.insert(*role)).cloned().collect(),
        preferred_role: preferred_role(&groups),
        groups_to_override: groups.into_iter().map(|group| group.name).collect(),
    }
}

/// The role of the lowest precedence among groups that have both; none when groups of that precedence disagree.
fn preferred_role(groups: &[Group]) -> Option<String> {
    let ranked = || groups.iter().filter_map(|group| Some((group.precedence?, group.role_arn.as_deref()?)));
    let (first, role) = ranked().min_by_key(|(precedence, _)| *precedence)?;
    ranked().all(|(precedence, other)| precedence != first || other == role).then(|| role.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, precedence: Option<i32>, role: Option<&str>) -> Group {
        Group { name: name.into(), precedence, role_arn: role.map(str::to_owned), ..Group::default() }
    }

    #[test]
    fn groups_come_by_precedence_then_name_and_those_without_last() {
        let groups = vec![
            group("a", None, Some("r1")),
            group("b", Some(7), None),
            group("c", Some(0), Some("r2")),
            group("d", Some(7), Some("r1")),
            group("e", None, None),
        ];
        let configuration = configure(groups);
        assert_eq!(configuration.groups_to_override, ["c", "b", "d", "a", "e"]);
        assert_eq!(configuration.iam_roles_to_override, ["r2", "r1"]);
        assert_eq!(configuration.preferred_role.as_deref(), Some("r2"));
    }

    #[test]
    fn the_preferred_role_is_of_the_lowest_precedence_with_a_role() {
        for (groups, expected) in [
            (vec![], None),
            (vec![group("a", None, Some("r"))], None),
            (vec![group("a", Some(1), None)], None),
            (vec![group("a", Some(1), None), group("b", Some(2), Some("r"))], Some("r")),
            (vec![group("a", Some(1), Some("r")), group("b", Some(1), Some("r"))], Some("r")),
            (vec![group("a", Some(1), Some("r")), group("b", Some(1), Some("s"))], None),
            (vec![group("a", Some(1), Some("r")), group("b", Some(1), None)], Some("r")),
            (vec![group("a", Some(2), Some("r")), group("b", Some(1), Some("s"))], Some("s")),
            (vec![group("a", None, Some("r")), group("b", Some(i32::MAX), Some("s"))], Some("s")),
        ] {
            assert_eq!(preferred_role(&groups).as_deref(), expected, "{groups:?}");
        }
    }
}
