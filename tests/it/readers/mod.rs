//! What people say, in every notation that a reader takes, goes through every later stage: it is
//! stored by the real actions and looked at on the letter, in the mail, in the invitation, by the
//! search, in the sheets and in the API. Values are drawn by dice that fall the same way each time.

mod numbers;
mod people;
mod person;

/// Values of each reader.
const VALUES: usize = 200;

/// What was typed, and the form in which it is stored.
type Said = (String, String);

/// Numbers that only look like chance (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        let sides = u64::try_from(of.len()).unwrap();
        of[usize::try_from(self.below(sides)).unwrap()]
    }

    fn any(&mut self, of: Vec<String>) -> String {
        let sides = u64::try_from(of.len()).unwrap();
        of[usize::try_from(self.below(sides)).unwrap()].clone()
    }
}

/// Full-width digits, letters and signs.
fn wide(text: &str) -> String {
    let wide = |c: char| match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
        c => c,
    };
    text.chars().map(wide).collect()
}
