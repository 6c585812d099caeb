//! Every word that a set of rules asks for, each under one number, and how a word that somebody wrote is looked up: the word
//! itself, the beginnings that it has (`kill*`), a near spelling where the set allows one, and numbers and amounts.

use super::view::{POINT, is_word};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The number of a word, of a beginning of words, or of a kind of word.
pub(super) type Symbol = u32;

/// Any number: `7`, `£20`, `6.50`, `10th`.
pub(super) const NUMBER: Symbol = 0;
/// Any amount of money: `£20`, `£2k`.
pub(super) const AMOUNT: Symbol = 1;

/// The shortest beginning that stands for all words that begin so.
pub(super) const STEM_BYTES_MIN: usize = 2;
/// The shortest word of which a near spelling is looked for.
const NEAR_BYTES_MIN: usize = 5;
/// How many symbols one written word has at most; more are forgotten, the shortest beginnings first.
pub(super) const SYMBOLS_MAX: usize = 15;

/// Words that one message in twenty-five has or more, as counted on everyday chat.
const FREQUENT: &str = "a about all and are as at be but can do dont for get good great have he how i if im in is it its know like me my \
    not of on one or out really so that thats the they this to too was we what will with would you u your ur no yeah \
    just up";
/// Words that one message in a hundred has.
const COMMON: &str = "agree also always am an any back because been before being best both by cant could day did different doing even \
    feel find first from fun give go going gonna got had has help her here hi him his hope ill into ive kind life \
    lol lot love make may more most movie much music name need never new nice now oh ok only other our over people \
    play read right said say see she should some something still sure take than thank thanks their them then there \
    theyre thing things think those time tonight tomorrow try two up us very want wanna way well were when where who \
    why work yes youre x";
/// Words that some messages in a thousand have.
const SEEN: &str = "able actually after again already amazing another anything around ask away bad believe better big bit book bring \
    call came care change check children cold come cook country day deal definitely didnt does doesnt dog done down \
    each eat either else end enjoy enough especially ever every everyone everything excited family feeling few film \
    forward free friend friends funny game games getting guess guy haha happy hard havent having hear heard hello \
    hes hey home house id idea important interested job keep kids last learn least let lets listen little live long \
    look looking made makes making man many maybe mean meet might mind money mum must myself needs next night off \
    often okay old once open own part person phone place played playing possible pretty probably problem put \
    question reading real remember same school seen send show since someone sometime sometimes sorry sound sounds \
    spend start stay stop stuff such support taking talk talking tell text theres these though thought three through \
    times today together travel trip true trust trying understand use used wait watch watching went which while \
    whole wish without wont wrong working world wow year years yet youll yourself youve";

/// A quick hash for short words. The keys are the words of rules, so nobody can choose them to collide.
#[derive(Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(eight));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

type Table = HashMap<Box<[u8]>, Symbol, BuildHasherDefault<WordHasher>>;

/// The words of a set of rules.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    words: Table,
    stems: Table,
    /// The lengths of stems, one bit each: of all, and of those that begin with the same two bytes. The last bit of the latter is for
    /// all that are longer, too.
    stem_lengths: u64,
    stem_starts: Vec<u16>,
    /// Words that count in a near spelling too.
    near: Vec<(Box<[u8]>, Symbol)>,
    count: Symbol,
}

/// The symbols of one written word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Symbols {
    found: [Symbol; SYMBOLS_MAX],
    count: u8,
}

impl Symbols {
    fn add(&mut self, symbol: Symbol) {
        if let Some(free) = self.found.get_mut(usize::from(self.count)) {
            *free = symbol;
            self.count += 1;
        }
    }

    /// Adds what another reading of the word is.
    pub(super) fn extend(&mut self, other: Symbols) {
        for symbol in other.iter() {
            if !self.iter().any(|known| known == symbol) {
                self.add(symbol);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.found[..usize::from(self.count)].iter().copied()
    }
}

const STARTS: usize = 1 << 12;

fn start_of(word: &[u8]) -> usize {
    // Two bytes tell nearly as much as three, and two is the shortest stem.
    (usize::from(word[0]) * 31 + usize::from(word[1]) * 7) % STARTS
}

impl Lexicon {
    pub(super) fn new() -> Self {
        Lexicon { count: AMOUNT + 1, stem_starts: vec![0; STARTS], ..Lexicon::default() }
    }

    /// The symbol of a word.
    pub(super) fn word(&mut self, word: &str) -> Symbol {
        Self::enter(&mut self.words, &mut self.count, word)
    }

    /// The symbol of all words that begin so.
    pub(super) fn stem(&mut self, stem: &str) -> Symbol {
        let start = start_of(stem.as_bytes());
        self.stem_starts[start] |= 1 << stem.len().min(15);
        self.stem_lengths |= 1 << stem.len().min(63);
        Self::enter(&mut self.stems, &mut self.count, stem)
    }

    /// The symbol of a name in any near spelling, and of what is somebody's of that name.
    pub(super) fn near(&mut self, word: &str) -> Symbol {
        let symbol = self.word(word);
        self.words.entry(format!("{word}s").into_bytes().into()).or_insert(symbol);
        if word.len() >= NEAR_BYTES_MIN && !self.near.iter().any(|(_, known)| *known == symbol) {
            self.near.push((word.as_bytes().into(), symbol));
        }
        symbol
    }

    fn enter(table: &mut Table, count: &mut Symbol, word: &str) -> Symbol {
        if let Some(symbol) = table.get(word.as_bytes()) {
            return *symbol;
        }
        table.insert(word.as_bytes().into(), *count);
        *count += 1;
        *count - 1
    }

    /// How many symbols there are; each is smaller.
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// How often each symbol is met, roughly, for choosing what to look for first.
    pub(super) fn costs(&self) -> Vec<u32> {
        let mut costs = vec![1; self.len()];
        costs[NUMBER as usize] = 1_000;
        costs[AMOUNT as usize] = 1_000;
        for (words, cost) in [(SEEN, 4), (COMMON, 20), (FREQUENT, 100)] {
            for word in words.split_ascii_whitespace() {
                if let Some(symbol) = self.words.get(word.as_bytes()) {
                    costs[*symbol as usize] = cost;
                }
            }
        }
        for (stem, symbol) in &self.stems {
            // A short beginning is met often.
            costs[*symbol as usize] = if stem.len() <= 3 { 12 } else { 3 };
        }
        costs
    }

    /// Whether this is a word of these rules as it stands.
    pub(super) fn has(&self, word: &[u8]) -> bool {
        self.words.contains_key(word)
    }

    /// Everything that a written word is; with `near`, also what it may be a slip of.
    pub(super) fn look_up(&self, word: &[u8], near: bool) -> Symbols {
        let mut symbols = Symbols::default();
        if let Some(symbol) = self.words.get(word) {
            symbols.add(*symbol);
        } else if near && !self.near.is_empty() && word.len() + 1 >= NEAR_BYTES_MIN {
            let bare = word.strip_suffix(b"s").unwrap_or(word);
            for (_, symbol) in self.near.iter().filter(|(near, _)| is_near(word, near) || is_near(bare, near)) {
                symbols.add(*symbol);
            }
        }
        if word[0].is_ascii_digit() || word[0] >= 0x80 {
            numbers(word, &mut symbols);
        }
        if word.len() >= STEM_BYTES_MIN {
            let lengths = self.stem_starts[start_of(word)];
            if lengths != 0 {
                self.stems_of(word, lengths, &mut symbols);
            }
        }
        symbols
    }

    fn stems_of(&self, word: &[u8], lengths: u16, symbols: &mut Symbols) {
        let longer = if lengths >> 15 != 0 { u64::MAX << 15 } else { 0 };
        let mut lengths = self.stem_lengths & (u64::from(lengths) | longer);
        if word.len() < 63 {
            lengths &= (2 << word.len()) - 1;
        }
        // The longest first: they say most.
        while lengths != 0 {
            let length = 63 - lengths.leading_zeros() as usize;
            lengths &= !(1 << length);
            if let Some(symbol) = word.get(..length).and_then(|stem| self.stems.get(stem)) {
                symbols.add(*symbol);
            }
        }
    }
}

/// Whether a written word is a number or an amount: digits with at most one point, and up to two letters behind, as in `10th`.
fn numbers(word: &[u8], symbols: &mut Symbols) {
    let (amount, digits) = match word.strip_prefix("£".as_bytes()) {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let point = usize::from(whole > 0 && digits.get(whole) == Some(&POINT));
    let rest = &digits[whole + point..];
    let fraction = if point == 1 { rest.iter().take_while(|byte| byte.is_ascii_digit()).count() } else { 0 };
    let letters = &rest[fraction..];
    if whole == 0 || point == 1 && fraction == 0 || letters.len() > 2 || !letters.iter().all(u8::is_ascii_lowercase) {
        return;
    }
    symbols.add(NUMBER);
    if amount && matches!(letters, b"" | b"k") {
        symbols.add(AMOUNT);
    }
}

/// Whether a word is another with one letter wrong, missing, too many, or two swapped; the first letter is right.
fn is_near(word: &[u8], near: &[u8]) -> bool {
    if word.len().abs_diff(near.len()) > 1 || word.first() != near.first() || !word.iter().all(|byte| is_word(*byte)) {
        return false;
    }
    let same = word.iter().zip(near).take_while(|(a, b)| a == b).count();
    let (left, right) = (&word[same..], &near[same..]);
    match (left, right) {
        ([], [] | [_]) | ([_], []) => true,
        ([a, b, rest @ ..], [c, d, other @ ..]) if a == d && b == c && rest == other => true,
        ([_, rest @ ..], [_, other @ ..]) if left.len() == right.len() => rest == other,
        ([_, rest @ ..], _) if left.len() > right.len() => rest == right,
        (_, [_, other @ ..]) => left == other,
        (_, []) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_by_itself_its_beginning_and_its_kind() {
        let mut lexicon = Lexicon::new();
        let (kill, kills, killed) = (lexicon.word("kill"), lexicon.stem("kill"), lexicon.stem("killed"));
        let look = |word: &str| lexicon.look_up(word.as_bytes(), true).iter().collect::<Vec<_>>();
        assert_eq!(look("kill"), [kill, kills]);
        assert_eq!(look("killing"), [kills]);
        assert_eq!(look("killed"), [killed, kills]);
        assert!(look("kil").is_empty());
        assert_eq!(look("6,50"), [NUMBER]);
        assert_eq!(look("£2k"), [NUMBER, AMOUNT]);
        assert_eq!(look("10th"), [NUMBER]);
        assert!(
            look("10,").is_empty() && look("1,2,3").is_empty() && look("7even7").is_empty() && look("é").is_empty()
        );
    }

    #[test]
    fn a_near_spelling_is_one_slip_away() {
        for word in ["okafor", "okafr", "okafour", "okaofr", "okafur", "okafors"] {
            assert!(is_near(word.as_bytes(), b"okafor"), "{word}");
        }
        for word in ["kafor", "okfr", "okay", "oak", "tokafor", "okaffour"] {
            assert!(!is_near(word.as_bytes(), b"okafor"), "{word}");
        }
    }
}
