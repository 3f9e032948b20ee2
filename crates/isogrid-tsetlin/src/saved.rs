//! Models as bytes: what they are, the version of their form, then their parts.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::TsetlinError;

/// What kind of model bytes are of, and in which form: three letters, then a version.
pub(crate) type Form = [u8; 4];

/// Equal models give equal bytes.
pub(crate) fn to_bytes(form: Form, model: &impl Serialize) -> Vec<u8> {
    // Writing to memory cannot fail: every field is of a kind that the format knows.
    postcard::to_extend(model, form.to_vec()).unwrap_or_default()
}

/// # Errors
/// The bytes are not a model of this form, are cut short, or have something behind them.
pub(crate) fn from_bytes<M: DeserializeOwned>(form: Form, bytes: &[u8]) -> Result<M, TsetlinError> {
    let refuse = |reason: String| TsetlinError::Model { reason };
    match bytes.split_first_chunk::<4>() {
        Some((found, body)) if *found == form => {
            let (model, rest) =
                postcard::take_from_bytes::<M>(body).map_err(|error| refuse(error.to_string()))?;
            if rest.is_empty() { Ok(model) } else { Err(refuse(format!("{} bytes too many", rest.len()))) }
        }
        Some((found, _)) if found[..3] == form[..3] => {
            Err(refuse(format!("it has version {}, this build reads version {}", found[3], form[3])))
        }
        Some(_) => Err(refuse("it is of another kind, or from before versions were written".to_string())),
        None => Err(refuse("it is cut short".to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_told() {
        let form = *b"abc\x02";
        let bytes = to_bytes(form, &(7_u32, "text".to_string()));
        let read = |bytes: &[u8]| from_bytes::<(u32, String)>(form, bytes);
        assert_eq!(read(&bytes).unwrap(), (7, "text".to_string()));
        for (bytes, expected) in [
            (bytes[..3].to_vec(), "it is cut short"),
            ([b"abc\x01", &bytes[4..]].concat(), "it has version 1, this build reads version 2"),
            ([b"abd\x02", &bytes[4..]].concat(), "it is of another kind"),
            ([&bytes[..], &[0, 0]].concat(), "2 bytes too many"),
            (bytes[..6].to_vec(), "not a valid model"),
        ] {
            let message = read(&bytes).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
