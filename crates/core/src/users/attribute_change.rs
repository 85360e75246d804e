//! Changing a user's attributes, and the codes that new contacts get.

use std::collections::BTreeMap;

use cenote_model::types::CodeDeliveryDetailsType;
use cenote_store::{ChangeSet, CodePurpose, CommitError, Conflict, User};

use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, Draft, MessagePurpose, Recipient};
use crate::pools::Pool;
use crate::users::attempts::{self, Attempt};
use crate::users::attributes::{self, Stage, Writes};
use crate::users::contact::Contact;
use crate::users::names::{self, Role, contact_role};
use crate::users::update::{commit_user, name_taken, reread};
use crate::users::{codes, mfa_preference};

/// How often the decision is taken anew when others change the user meanwhile.
const ATTEMPTS: usize = 32;

/// What is to be changed, and on whose behalf.
pub(super) struct AttributeChange<'a> {
    pub pool: &'a Pool,
    pub writes: &'a Writes,
    /// The app client of a user; administrators have none.
    pub client_id: Option<&'a str>,
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

/// Which new values take effect only when they are verified, where the pool wants that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    All,
    /// Those that have a value before them, which serves until then.
    Replacements,
}

/// A new value that has to be verified.
pub(crate) type Unverified = (Contact, String);

impl AttributeChange<'_> {
    /// Writes the attributes, with a code and its message for each contact that the pool verifies. Messages that can't be made
    /// fail the call, but not the change.
    ///
    /// # Errors
    /// `InvalidParameterException` for what must stay, `AliasExistsException`, those of the messages.
    pub(super) async fn commit(
        &self,
        context: &Context,
        user: User,
    ) -> Result<Vec<CodeDeliveryDetailsType>, Error> {
        let mut before = user;
        let mut drafts: Vec<(Unverified, Draft)> = Vec::new();
        for _ in 0..ATTEMPTS {
            let mut after = before.clone();
            let unverified = apply(self.pool, self.writes, Waiting::All, &mut after)?;
            if after.attributes != before.attributes {
                after.modified_ms = context.now_ms;
            }
            check_names(context, &before, &after).await?;
            if self.client_id.is_some() && !unverified.is_empty() {
                // Nobody makes the server write to one number after the other. The operation knows no LimitExceededException.
                let limit = context.settings.limits.attribute_codes_per_hour;
                attempts::count(&mut after.attempts, Attempt::ChangeContact, limit, context.now_ms)
                    .map_err(|_| Error::too_many_requests())?;
            }
            let mut messages = ChangeSet::new();
            let mut outcome = Ok(Vec::new());
            for target in unverified {
                if !drafts.iter().any(|(drafted, _)| *drafted == target) {
                    match self.draft(context, &after, &target).await {
                        Ok(draft) => drafts.push((target.clone(), draft)),
                        Err(error) => {
                            outcome = Err(error);
                            break;
                        }
                    }
                }
                let draft = drafts.iter().find(|(drafted, _)| *drafted == target).map(|(_, draft)| draft);
                if let (Some(draft), Ok(details)) = (draft, &mut outcome) {
                    let (contact, value) = &target;
                    let code = codes::generate(context);
                    codes::set(context, &mut after, contact.code_purpose(), &code, contact.attribute());
                    let expires_ms = context.now_ms + codes::VERIFICATION_SECONDS * 1000;
                    messages.push(draft.message(context, Some(&code), expires_ms));
                    details.push(contact.delivery_details(value));
                }
            }
            match commit_user(context, &before, &after, messages).await {
                Ok(()) => return outcome,
                Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                    before = reread(context, &before.pool_id, &before.sub).await?;
                }
                Err(CommitError::Conflict(Conflict::NameTaken(kind))) => return Err(name_taken(kind)),
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::too_many_requests())
    }

    async fn draft(&self, context: &Context, user: &User, target: &Unverified) -> Result<Draft, Error> {
        let (contact, destination) = target;
        let recipient = Recipient {
            pool: self.pool,
            user,
            contact: *contact,
            destination,
            client_id: self.client_id,
            client_metadata: self.client_metadata,
        };
        messages::prepare(context, MessagePurpose::UpdateUserAttribute, recipient).await
    }
}

/// Whether nobody else has a name that the user would get, before any trigger runs for a change that can't be.
async fn check_names(context: &Context, before: &User, after: &User) -> Result<(), Error> {
    for name in after.names.difference(&before.names) {
        let owner = context.store.find_user_by_name(&after.pool_id, name.kind, &name.key).await?;
        if owner.is_some_and(|owner| owner.sub != after.sub) {
            return Err(name_taken(name.kind));
        }
    }
    Ok(())
}

/// Applies checked writes to a user in memory. Returns the contacts that need a code.
///
/// # Errors
/// `InvalidParameterException` for what must stay.
pub(crate) fn apply(
    pool: &Pool,
    writes: &Writes,
    waiting: Waiting,
    user: &mut User,
) -> Result<Vec<Unverified>, Error> {
    attributes::check_removable(pool, writes.remove.iter().map(String::as_str), Stage::Update)?;
    let plain = |name: &str| {
        !Contact::ALL.iter().any(|contact| contact.attribute() == name || contact.flag() == name)
    };
    for name in writes.remove.iter().filter(|name| plain(name)) {
        user.attributes.remove(name);
    }
    for (name, value) in writes.set.iter().filter(|(name, _)| plain(name)) {
        user.attributes.insert(name.clone(), value.clone());
    }
    let mut unverified = Vec::new();
    for contact in Contact::ALL {
        let code_goes_to = apply_contact(pool, writes, waiting, user, contact);
        unverified.extend(code_goes_to.map(|value| (contact, value)));
    }
    attributes::check_flags(user)?;
    check_username_left(pool, user)?;
    user.names = names::claims(pool, user);
    Ok(unverified)
}

/// Applies what concerns one contact: its value, its flag, a change that waits. Returns the value that a code goes to.
fn apply_contact(
    pool: &Pool,
    writes: &Writes,
    waiting: Waiting,
    user: &mut User,
    contact: Contact,
) -> Option<String> {
    let flag = writes.set.get(contact.flag());
    let mut code_goes_to = None;
    if writes.remove.contains(contact.attribute()) {
        remove_contact(user, contact);
    } else if let Some(value) = writes.set.get(contact.attribute()) {
        let vouched = flag.is_some_and(|flag| flag == "true");
        let must_wait = pool.verifies_before_update(contact.verified_attribute())
            && (waiting == Waiting::All || contact.of(user).is_some());
        if contact.of(user) == Some(value) {
            // The way back from a change that waits.
            if user.pending.remove(contact.attribute()).is_some() {
                user.codes.remove(&contact.code_purpose());
            }
        } else if must_wait && !vouched {
            user.codes.remove(&contact.code_purpose());
            user.pending.insert(contact.attribute().to_owned(), value.clone());
            code_goes_to = Some(value.clone());
        } else {
            forget_codes(user, contact);
            user.attributes.insert(contact.attribute().to_owned(), value.clone());
            user.attributes.insert(contact.flag().to_owned(), "false".to_owned());
            code_goes_to =
                Some(value.clone()).filter(|_| !vouched && pool.auto_verifies(contact.verified_attribute()));
        }
    }
    let given = writes.set.get(contact.attribute());
    if given.is_some() && given == user.pending.get(contact.attribute()) {
        // A flag beside a value that waits is about that value.
        return code_goes_to;
    }
    if let Some(flag) = flag {
        user.attributes.insert(contact.flag().to_owned(), flag.clone());
    } else if writes.remove.contains(contact.flag()) {
        user.attributes.remove(contact.flag());
    }
    code_goes_to
}

/// Removes a contact with its flag, what waits for it, its codes, and the second factor that sends its codes there.
pub(crate) fn remove_contact(user: &mut User, contact: Contact) {
    mfa_preference::forget_contact(user, contact);
    user.attributes.remove(contact.attribute());
    user.attributes.remove(contact.flag());
    forget_codes(user, contact);
}

/// Voids what was sent to the old value: it must not verify the new one, nor reset the password. The code of a sign-up
/// still confirms the user.
fn forget_codes(user: &mut User, contact: Contact) {
    user.pending.remove(contact.attribute());
    user.codes.remove(&contact.code_purpose());
    user.codes
        .retain(|purpose, code| *purpose != CodePurpose::Reset || code.attribute != contact.attribute());
    if let Some(code) = user.codes.get_mut(&CodePurpose::SignUp)
        && code.attribute == contact.attribute()
    {
        code.attribute.clear();
    }
}

/// Users who have no name of their own need a contact to sign in with.
///
/// # Errors
/// `InvalidParameterException` when the last one is gone.
pub(super) fn check_username_left(pool: &Pool, user: &User) -> Result<(), Error> {
    let mut contacts =
        Contact::ALL.into_iter().filter(|contact| contact_role(pool, *contact) == Role::Username);
    if !pool.has_username_attributes() || contacts.any(|contact| contact.of(user).is_some()) {
        return Ok(());
    }
    Err(Error::invalid_parameter("The attribute that the user signs in with cannot be removed."))
}
