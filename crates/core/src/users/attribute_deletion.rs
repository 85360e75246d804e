//! Removing attributes from a user.

use cenote_store::User;

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::attribute_change::{check_username_left, remove_contact};
use crate::users::attributes::{self, Stage};
use crate::users::contact::Contact;
use crate::users::names;
use crate::users::update::update_user;

/// Removes attributes; a contact goes with its flag. Those that the user does not have are no error.
///
/// # Errors
/// `InvalidParameterException` for attributes that do not exist or must stay.
pub(super) async fn delete_attributes(
    context: &Context,
    pool: &Pool,
    user: User,
    attribute_names: &[String],
) -> Result<(), Error> {
    attributes::check_deletable(pool, attribute_names)?;
    attributes::check_removable(pool, attribute_names.iter().map(String::as_str), Stage::Delete)?;
    update_user(context, user, |user| {
        let before = user.attributes.clone();
        for name in attribute_names {
            user.attributes.remove(name);
            if let Some(contact) = Contact::from_attribute(name) {
                remove_contact(user, contact);
            }
        }
        check_username_left(pool, user)?;
        if user.attributes != before {
            user.modified_ms = context.now_ms;
        }
        user.names = names::claims(pool, user);
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(())
}
