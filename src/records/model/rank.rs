//! Order by hand: fractional ranks, texts of 0-9a-z compared byte by byte, between any two of which a third fits
//! (after "Implementing fractional indexing", David Greenspan, 2020).

use chrono::{DateTime, Utc};

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const BASE: u64 = 36;

/// Of a new ticket: after all earlier ones. Ten digits of base 36 hold microseconds for a hundred thousand years.
pub fn rank_of_new(now: DateTime<Utc>) -> String {
    let mut rest = u64::try_from(now.timestamp_micros()).unwrap_or_default();
    let mut digits = Vec::with_capacity(12);
    while digits.len() < 11 {
        digits.push(digit(rest % BASE));
        rest /= BASE;
    }
    digits.reverse();
    // Never ends in the lowest digit, or nothing would fit before it.
    digits.push('i');
    digits.into_iter().collect()
}

/// A rank between two neighbours; `None` is the end of the column. Ranks out of order are treated as having no upper end.
pub fn rank_between(before: Option<&str>, after: Option<&str>) -> String {
    let low: Vec<u64> = before.unwrap_or_default().bytes().map(value).collect();
    let high: Option<Vec<u64>> =
        after.filter(|after| before.unwrap_or_default() < *after).map(|text| text.bytes().map(value).collect());
    let mut rank = String::new();
    let mut bounded = high.as_deref();
    for position in 0.. {
        let lowest = low.get(position).copied().unwrap_or(0);
        let highest = bounded.map_or(BASE, |high| high.get(position).copied().unwrap_or(0));
        if highest > lowest + 1 {
            rank.push(digit(lowest.midpoint(highest)));
            return rank;
        }
        rank.push(digit(lowest));
        if highest > lowest {
            // One step below the upper neighbour: from here on only the lower one binds.
            bounded = None;
        }
    }
    rank
}

fn digit(value: u64) -> char {
    let index = usize::try_from(value).unwrap_or_default();
    DIGITS.get(index).copied().map(char::from).unwrap_or('z')
}

fn value(byte: u8) -> u64 {
    DIGITS.iter().position(|known| *known == byte).and_then(|position| u64::try_from(position).ok()).unwrap_or(BASE - 1)
}
