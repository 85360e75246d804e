//! What `Debug` shows of a structure.

use std::fmt;

/// Prints as `***`.
struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A required member that is not shown.
pub(crate) fn required<T>(_: &T) -> &'static dyn fmt::Debug {
    &Redacted
}

/// An optional member of which only the presence is shown.
pub(crate) fn optional<T>(member: &Option<T>) -> &'static dyn fmt::Debug {
    match member {
        Some(_) => &Redacted,
        None => &None::<()>,
    }
}

pub(crate) fn write_structure(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    members: &[(&str, &dyn fmt::Debug)],
) -> fmt::Result {
    let mut writer = f.debug_struct(name);
    for (member, value) in members {
        writer.field(member, value);
    }
    writer.finish()
}
