//! Line folding (RFC 5545, section 3.1).

/// Octets in a line, the line break not counted.
const LIMIT: usize = 75;

/// Folds the lines of `written` anew. The `ics` crate does not count the blank that begins a
/// continuation line, so its lines reach 76 octets.
///
/// Line breaks in `written` are CRLF, and a CRLF with a blank behind it is always a fold: the
/// values of this module contain no line break of their own.
pub fn refold(written: &str) -> String {
    let unfolded = written.replace("\r\n ", "");
    let mut folded = String::with_capacity(written.len() + written.len() / LIMIT);
    for line in unfolded.split_terminator("\r\n") {
        let mut octets = 0;
        for character in line.chars() {
            if octets + character.len_utf8() > LIMIT {
                folded.push_str("\r\n ");
                octets = 1;
            }
            folded.push(character);
            octets += character.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::refold;

    #[test]
    fn a_line_of_75_octets_stays_whole_and_one_of_76_is_folded() {
        let fits = "x".repeat(75);
        assert_eq!(refold(&format!("{fits}\r\n")), format!("{fits}\r\n"));
        assert_eq!(refold(&format!("{fits}y\r\n")), format!("{fits}\r\n y\r\n"));
    }

    #[test]
    fn the_blank_of_a_continuation_line_counts() {
        let folded = refold(&format!("{}\r\n", "x".repeat(75 + 74 + 1)));
        let lengths: Vec<usize> = folded.lines().map(str::len).collect();
        assert_eq!(lengths, [75, 75, 2]);
    }

    #[test]
    fn a_character_of_several_octets_is_never_cut() {
        // 74 octets, then a character of three (four) that would end at octet 77 (78).
        for character in ["講", "😀"] {
            let folded = refold(&format!("{}{character}\r\n", "x".repeat(74)));
            assert_eq!(folded, format!("{}\r\n {character}\r\n", "x".repeat(74)));
        }
    }

    #[test]
    fn an_earlier_fold_leaves_no_trace() {
        assert_eq!(refold("SUMMARY:ab\r\n c\r\n  d\r\n"), "SUMMARY:abc d\r\n");
    }
}
