//! How long a text may be. People count characters as they see them (graphemes); bytes are bounded
//! as well, because one visible character may be made of very many.

use unicode_segmentation::UnicodeSegmentation;

/// The number of characters as people see them.
#[must_use]
pub fn grapheme_count(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Whether a text has at most so many visible characters and bytes. Stops counting at the limit.
#[must_use]
pub fn fits(text: &str, max_graphemes: usize, max_bytes: usize) -> bool {
    text.len() <= max_bytes && text.graphemes(true).nth(max_graphemes).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_counted_as_people_see_it() {
        for (text, count) in
            [("𠮷田", 2), ("葛\u{E0100}城", 2), ("👩‍🦳", 1), ("が", 1), ("か\u{3099}", 1), ("", 0)]
        {
            assert_eq!(grapheme_count(text), count, "{text}");
        }
    }

    #[test]
    fn a_limit_holds_for_characters_and_for_bytes() {
        assert!(fits("あいう", 3, 9));
        assert!(!fits("あいう", 2, 9));
        assert!(!fits("あいう", 3, 8));
        assert!(!fits(&format!("e{}", "\u{301}".repeat(500)), 100, 400));
    }
}
