//! People as they say themselves, each field in one of its notations.

use entity::residents::contact_channel::Channel;
use shirube::residents::intake::PersonChange;

use super::{Dice, Said, wide};

fn hiragana(text: &str) -> String {
    let hira = |c: char| match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap(),
        c => c,
    };
    text.chars().map(hira).collect()
}

/// A number in kana, so that each name is somebody's own.
fn serial(n: usize) -> String {
    const DIGITS: [char; 10] = ['ア', 'カ', 'サ', 'タ', 'ナ', 'ハ', 'マ', 'ヤ', 'ラ', 'ワ'];
    let digits = (1000 + n).to_string();
    digits.bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}

fn kana(dice: &mut Dice, n: usize, long: bool) -> Said {
    let (typed, stored) = *dice.one(&[
        &("しるべ", "シルベ"),
        &("ｼﾙﾍﾞ", "シルベ"),
        &("シルヘ\u{3099}", "シルベ"),
        &("まりー=くれーる", "マリー＝クレール"),
        &("マリ−゠クレ－ル", "マリー＝クレール"),
        &("ｳﾞｧﾝｻﾝ", "ヴァンサン"),
        &("ゔぁんさん", "ヴァンサン"),
        &("たけぢ・じょん", "タケヂ・ジョン"),
        &("ﾀｹﾁﾞ･ｼﾞｮﾝ", "タケヂ・ジョン"),
        &("ゑびすや", "ヱビスヤ"),
    ]);
    let more = if long { "ナガ".repeat(40) } else { String::new() };
    let own = serial(n);
    let typed_own = dice.any(vec![own.clone(), hiragana(&own)]);
    let gap = dice.one(&[" ", "　", " \u{200B} ", "\t"]);
    let end = dice.one(&["", " ", "　", "\u{FEFF}"]);
    (format!("{typed}{gap}{more}{typed_own}{end}"), format!("{stored} {more}{own}"))
}

fn name(dice: &mut Dice, n: usize, private: bool) -> Said {
    let (typed, stored) = match private {
        // Prints on no other computer than the one on which it was made.
        true => ("\u{E000}田 花", "\u{E000}田 花"),
        false => *dice.one(&[
            &("しるべ　花子", "しるべ 花子"),
            &("しるへ\u{3099} \u{200B} 花", "しるべ 花"),
            &("髙橋 﨑子", "髙橋 﨑子"),
            &("高橋\r\n崎子", "高橋 崎子"),
            &("𠮷田 太郎", "𠮷田 太郎"),
            &("渡邉\t邊", "渡邉 邊"),
            &("葛\u{E0100}城 一", "葛\u{E0100}城 一"),
            &("\u{FA19}谷 \u{FA1B}子", "\u{FA19}谷 \u{FA1B}子"),
            &("O'Neil-Smith  Anne", "O'Neil-Smith Anne"),
            &("Jean-Luc d'Arc", "Jean-Luc d'Arc"),
            &("ジョン・スミス", "ジョン・スミス"),
            &("ﾔﾏﾀﾞ ﾊﾅｺ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
            &("<b>太字</b> & \"引用\"", "<b>太字</b> & \"引用\""),
            &("=HYPERLINK(1)", "=HYPERLINK(1)"),
            &("100%_太郎", "100%_太郎"),
            &("斎藤\\山^一;二,三:四", "斎藤\\山^一;二,三:四"),
            &("㈱しるべ ㋿", "㈱しるべ ㋿"),
        ]),
    };

    let own = serial(n);
    (format!("{typed}{own}"), format!("{stored}{own}"))
}

fn phone(dice: &mut Dice, n: usize) -> Said {
    let digits = match dice.below(2) {
        0 => format!("0300{n:06}"),
        _ => format!("09000{n:06}"),
    };
    let (area, rest) = digits.split_at(digits.len() - 8);
    let (middle, end) = rest.split_at(4);
    let hyphens = format!("{area}-{middle}-{end}");
    let abroad = format!("+81 {} {middle} {end}", &area[1..]);

    let typed = dice.any(vec![
        digits.clone(),
        hyphens.clone(),
        wide(&hyphens),
        hyphens.replace('-', "ー"),
        hyphens.replace('-', "−"),
        format!("（{area}）{middle}・{end}"),
        format!("Tel {area} {middle} {end}"),
        abroad,
        format!(" {digits}\u{200B}　"),
    ]);

    if !n.is_multiple_of(5) {
        return (typed, digits);
    }

    let extension = (1 + n * 7).to_string();
    let typed = dice.any(vec![
        format!("{typed} 内線{extension}"),
        format!("{typed}（内線：{}）", wide(&extension)),
        format!("{typed} ext. {extension}"),
        format!("{typed}#{extension}"),
    ]);
    (typed, format!("{digits}#{extension}"))
}

/// A day from 昭和2 to 昭和63, or its year alone; stored as the API says them.
fn birth(dice: &mut Dice, n: usize) -> Said {
    let year = 1927 + i32::try_from(n % 62).unwrap();
    let (month, on) = (1 + dice.below(12), 1 + dice.below(28));
    let showa = year - 1925;

    if n.is_multiple_of(4) {
        let typed = dice.any(vec![
            year.to_string(),
            format!("{}年", wide(&year.to_string())),
            format!("昭和{showa}年"),
            format!("s{showa}"),
            format!("昭{}生まれ", wide(&showa.to_string())),
        ]);
        return (typed, year.to_string());
    }

    let stored = format!("{year}-{month:02}-{on:02}");
    let typed = dice.any(vec![
        stored.clone(),
        wide(&stored),
        format!("{year}/{month}/{on}"),
        format!("{year}年{month}月{on}日"),
        format!("{year}{month:02}{on:02}"),
        format!("昭和{showa}年{month}月{on}日生"),
        format!("昭和 {} 年 {month} 月 {on} 日", wide(&showa.to_string())),
        format!("S{showa}.{month}.{on}"),
        format!("s{showa}-{month}-{on}"),
    ]);
    (typed, stored)
}

fn postal_code(dice: &mut Dice, n: usize) -> Said {
    let (head, tail) = (format!("{:03}", 100 + n), format!("{:04}", dice.below(10_000)));
    let stored = format!("{head}-{tail}");
    let typed = dice.any(vec![
        stored.clone(),
        format!("{head}{tail}"),
        format!("〒{stored}"),
        format!("〒 {}", wide(&stored)),
        format!("郵便番号：{head}ー{tail}"),
        format!("{head}　{tail}"),
        format!(" {head}−{tail}\u{200B}"),
    ]);
    (typed, stored)
}

fn address(dice: &mut Dice, n: usize, long: bool) -> Said {
    let street = dice.one(&[
        "千代田区九段南1-2-1",
        "千代田区試験町12345678901234567890",
        "東京都千代田区一番町２５−１",
        "Chiyoda-ku <1-2-3> & \"O'Neil\" Hs",
        "千代田区麴町ヶ谷1丁目2番地3",
    ]);
    let house = dice.one(&["しるべ荘　東館", "ﾏﾝｼｮﾝ Kudan 3F-", "佐々木様方"]);
    let more = if long { "町".repeat(120) } else { String::new() };
    let stored = format!("{street}{more}\n{house}{n}");
    let breaks = dice.one(&["\n", "\r\n", "\n\n", "\u{2028}", "　\n "]);
    (format!("　{}\u{200B} ", stored.replace('\n', breaks)), stored)
}

fn email(dice: &mut Dice, n: usize) -> Said {
    let local = dice.any(vec![
        format!("hanako{n}"),
        format!("o'neil+x{n}"),
        format!("a_b-c.{n}"),
        format!("UPPER{n}"),
        format!("a..b{n}"),
        format!("x{n}."),
    ]);
    let domain = match local.contains("..") || local.ends_with('.') {
        true => dice.one(&["docomo.ne.jp", "ezweb.ne.jp", "au.com"]),
        false => dice.one(&["example.jp", "mail.example.co.jp"]),
    };
    let stored = format!("{local}@{domain}");
    let typed = dice.any(vec![
        stored.clone(),
        format!(" {stored}　"),
        wide(&stored),
        format!("{stored}。"),
        format!("{local}@{}", domain.to_uppercase()),
        format!("\u{200B}{stored}"),
    ]);
    (typed, stored)
}

/// A text of several lines.
pub fn note(dice: &mut Dice, n: usize) -> Said {
    let (typed, stored) = *dice.one(&[
        &("一行目\r\n二行目\r三行目", "一行目\n二行目\n三行目"),
        &("=1+1\r\n@SUM(A1)", "=1+1\n@SUM(A1)"),
        &("<script>alert(1)</script>", "<script>alert(1)</script>"),
        &("項目\t値, \"引用\"; 'x'", "項目\t値, \"引用\"; 'x'"),
        &("a\u{202E}b\u{200B}c\0", "abc"),
        &("ありがとう👩‍🦳", "ありがとう👩‍🦳"),
        &("-3 髙﨑 か\u{3099}", "-3 髙﨑 が"),
    ]);
    (format!("\n{typed} {n}\r\n"), format!("{stored} {n}"))
}

/// A person as somebody said them.
pub struct Person {
    pub name: Said,
    pub kana: Said,
    pub phone: Said,
    pub birth: Said,
    pub postal_code: Said,
    pub address: Said,
    pub email: Said,
    pub note: Said,
    pub channel: Channel,
}

impl Person {
    /// Every other one gets letters: what has to stand in the window of an envelope is no longer
    /// than that takes.
    pub fn new(dice: &mut Dice, n: usize) -> Self {
        let channel = if n.is_multiple_of(2) { Channel::Letter } else { Channel::Email };
        let by_mail = channel == Channel::Email;
        Self {
            name: name(dice, n, !by_mail && n.is_multiple_of(10)),
            kana: kana(dice, n, by_mail && n.is_multiple_of(7)),
            phone: phone(dice, n),
            birth: birth(dice, n),
            postal_code: postal_code(dice, n),
            address: address(dice, n, by_mail && n.is_multiple_of(3)),
            email: email(dice, n),
            note: note(dice, n),
            channel,
        }
    }

    pub fn said(&self) -> PersonChange {
        let typed = |said: &Said| Some(said.0.clone());
        PersonChange {
            name: typed(&self.name),
            kana: self.kana.0.clone(),
            phones: vec![self.phone.0.clone()],
            birth_date: typed(&self.birth),
            postal_code: typed(&self.postal_code),
            address: typed(&self.address),
            email: typed(&self.email),
            channels: vec![self.channel],
            note: typed(&self.note),
            ..PersonChange::default()
        }
    }

    /// How the person is called on paper.
    pub fn printed(&self) -> &str {
        if self.name.1.contains('\u{E000}') { &self.kana.1 } else { &self.name.1 }
    }
}
