//! The TIMESTAMP of a password claim: `EEE MMM d HH:mm:ss 'UTC' yyyy` with English names and the day without a leading
//! zero, for example `Tue Jan 5 03:04:09 UTC 2027`. Cognito refuses a zero-padded day or a wrong weekday even under a good
//! signature.

use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const FORMAT: StaticFormatDescription = format_description!(
    "[weekday repr:short] [month repr:short] [day padding:none] [hour]:[minute]:[second] UTC [year]"
);

/// The one spelling of an instant, given in epoch seconds; `None` outside the years 0 to 9999.
pub fn format(epoch_seconds: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(epoch_seconds).ok()?;
    (0..=9999).contains(&time.year()).then(|| time.format(FORMAT).ok()).flatten()
}

/// The instant in epoch seconds; `None` for anything that [`format()`] would not write in just this way.
pub fn parse(text: &str) -> Option<i64> {
    let time = time::PrimitiveDateTime::parse(text, FORMAT).ok()?;
    let epoch_seconds = time.assume_utc().unix_timestamp();
    (format(epoch_seconds)? == text).then_some(epoch_seconds)
}

/// Whether the text is a timestamp at most `tolerance_seconds` before or after `now_epoch_seconds`.
pub fn is_current(text: &str, now_epoch_seconds: i64, tolerance_seconds: u32) -> bool {
    parse(text).is_some_and(|time| time.abs_diff(now_epoch_seconds) <= u64::from(tolerance_seconds))
}
