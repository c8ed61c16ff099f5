//! QR codes on paper, as one path of an SVG that a template draws.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};

use crate::platform::{Error, Result};

/// White modules around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// The modules of a code, the quiet zone included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    /// Modules along one side, for the view box.
    pub side: usize,
    /// Data of the path that fills the dark modules.
    pub path: String,
}

/// Writes a text as a code that bears 15 % damage (level M).
///
/// # Errors
/// `Internal` when the text is too long for a code.
pub fn encode(text: &str) -> Result<Qr> {
    let code = QRBuilder::new(text)
        .ecl(ECL::M)
        .build()
        .map_err(|_| Error::internal("a text is too long for a QR code"))?;
    let mut path = String::new();
    for y in 0..code.size {
        let row = &code[y];
        let mut x = 0;
        while x < code.size {
            let run = row[x..code.size].iter().take_while(|module| module.value()).count();
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run + 1;
        }
    }
    Ok(Qr { side: code.size + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the path again and looks at the three corners that a reader looks for.
    #[test]
    fn the_path_draws_the_finder_patterns_inside_a_quiet_zone() {
        let qr = encode("https://shirube.example.jp/my").expect("a short text");
        let mut dark = vec![vec![false; qr.side]; qr.side];
        for run in qr.path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').expect("x, then y");
            let (y, rest) = rest.split_once('h').expect("y, then the width");
            let width = rest.split('v').next().expect("the width");
            let [x, y, width] = [x, y, width].map(|n| n.parse::<usize>().expect("a number"));
            dark[y][x..x + width].fill(true);
        }
        let far = qr.side - QUIET - 7;
        for (top, left) in [(QUIET, QUIET), (QUIET, far), (far, QUIET)] {
            assert!(dark[top][left..left + 7].iter().all(|dark| *dark));
            assert!(!dark[top + 1][left + 1] && dark[top + 3][left + 3]);
        }
        assert!(dark[..QUIET].iter().flatten().all(|dark| !dark));
        assert!(dark.iter().all(|row| row[..QUIET].iter().all(|dark| !dark)));
        assert_eq!(qr.side, 29 + 2 * QUIET);
    }
}
