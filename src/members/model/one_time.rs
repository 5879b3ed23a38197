//! A password made here and shown once, for a server that sends no mail: else a link goes to the person, and nobody sees it.

use crate::secret::Secret;
use crate::web::random_token;

/// Letters and digits that nobody mistakes for another; the 9 stands twice to make 32.
const READABLE: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567899";
/// Five of them a group, four groups: about 99 bits.
const GROUP_CHARS: usize = 5;
const GROUPS: usize = 4;

/// Easy to read aloud and to type, impossible to guess: `k7mq2-x9fhd-3npwr-t8ver`.
pub fn one_time_password() -> Secret {
    let random = crate::web::token_hash(&random_token());
    let letters: Vec<char> = random
        .iter()
        .filter_map(|byte| READABLE.get(usize::from(byte & 31)))
        .map(|letter| char::from(*letter))
        .take(GROUP_CHARS * GROUPS)
        .collect();
    let groups: Vec<String> = letters.chunks(GROUP_CHARS).map(|group| group.iter().collect()).collect();
    Secret::new(groups.join("-"))
}
