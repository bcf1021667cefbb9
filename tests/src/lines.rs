//! Shell lines made up by chance: constructs of bash around commands that do not exist.

/// A small generator of numbers, the same on every machine (xorshift64*, Vigna 2016).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    #[must_use]
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or_default() % bound
    }

    /// Up to `most` of the pieces, one after the other.
    #[must_use]
    pub fn text(&mut self, pieces: &[&str], most: usize) -> String {
        let count = 1 + self.below(most);
        (0..count).map(|_| self.pick(pieces)).collect()
    }

    pub(crate) fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// Most constructs within constructs.
const DEPTH: usize = 4;

/// A line. The commands it may run are named `zz0` to `zz9`.
#[must_use]
pub fn line(chance: &mut Chance) -> String {
    let count = 1 + chance.below(3);
    let separators = ["; ", " && ", " || ", "\n", " & "];
    let mut text = list(chance, DEPTH);
    for _ in 1..count {
        text.push_str(chance.pick(&separators));
        text.push_str(&list(chance, DEPTH));
    }
    text
}

fn list(chance: &mut Chance, depth: usize) -> String {
    if depth == 0 {
        return simple(chance, 0);
    }
    let inner = depth - 1;
    match chance.below(26) {
        0 => format!("{} | {}", list(chance, inner), list(chance, inner)),
        1 => format!("( {} )", list(chance, inner)),
        2 => format!("{{ {}; }}", list(chance, inner)),
        3 => format!(
            "if {}; then {}; else {}; fi",
            list(chance, inner),
            list(chance, inner),
            list(chance, inner)
        ),
        4 => format!(
            "for v in {} {}; do $v {}; done",
            name(chance),
            name(chance),
            word(chance, inner)
        ),
        5 => format!(
            "case {} in a|zz*) {};; *) {};; esac",
            word(chance, inner),
            list(chance, inner),
            list(chance, inner)
        ),
        6 => format!(
            "while {}; do {}; break; done",
            list(chance, inner),
            list(chance, inner)
        ),
        7 => format!(
            "f() {{ {}; \"$@\"; }}; f {}",
            list(chance, inner),
            name(chance)
        ),
        8 => format!("! {}", list(chance, inner)),
        9 => format!("A={}; $A {}", name(chance), word(chance, inner)),
        10 => format!(
            "B=({} {}); \"${{B[@]}}\"",
            name(chance),
            word(chance, inner)
        ),
        11 => format!("set -- {} {}; \"$@\"", name(chance), word(chance, inner)),
        12 => format!("eval '{} a'", name(chance)),
        13 => format!(
            "[[ {} == a ]] && {}",
            word(chance, inner),
            list(chance, inner)
        ),
        14 => format!("printf -v C %s {}; $C", name(chance)),
        15 => format!("read D <<< {}; $D", name(chance)),
        16 => format!("export E={}; ${{E}}", name(chance)),
        17 => format!("for ((i=0; i<1; i++)); do {}; done", list(chance, inner)),
        18 => format!(
            "until {}; do {}; break; done",
            list(chance, inner),
            list(chance, inner)
        ),
        19 => format!(
            "{} <<X\n$({}) text\nX\n",
            simple(chance, inner),
            name(chance)
        ),
        20 => format!("time {}", list(chance, inner)),
        21 => format!("(( $({}) + 1 ))", name(chance)),
        _ => simple(chance, inner),
    }
}

/// A command with words.
fn simple(chance: &mut Chance, depth: usize) -> String {
    let count = chance.below(3);
    let mut text = match chance.below(8) {
        0 => format!("V=1 {}", command(chance)),
        1 => format!("command {}", command(chance)),
        2 => format!("builtin eval {}", name(chance)),
        _ => command(chance),
    };
    for _ in 0..count {
        text.push(' ');
        text.push_str(&word(chance, depth));
    }
    text
}

fn name(chance: &mut Chance) -> String {
    format!("zz{}", chance.below(10))
}

/// A word that names a command, written in one of the ways a shell allows.
fn command(chance: &mut Chance) -> String {
    let name = name(chance);
    let digit = &name[2..];
    match chance.below(14) {
        0 => format!("z\"\"z{digit}"),
        1 => format!("'zz'{digit}"),
        2 => format!("z\\z{digit}"),
        3 => format!("$'\\x7a\\172'{digit}"),
        4 => format!("${{U:-{name}}}"),
        5 => format!("{{{name},x}}"),
        6 => format!("\"zz{digit}\""),
        7 => format!("z\\\nz{digit}"),
        8 => format!("${{W:=zz{digit}}}"),
        _ => name,
    }
}

/// An argument, which may run commands of its own.
fn word(chance: &mut Chance, depth: usize) -> String {
    if depth == 0 {
        return chance
            .pick(&["a", "'b c'", "-x", "\"$HOME\"", "a{1,2}", "*"])
            .to_owned();
    }
    let inner = depth - 1;
    match chance.below(16) {
        0 => format!("$({})", list(chance, inner)),
        1 => format!("\"$({})\"", list(chance, inner)),
        2 => format!("`{}`", name(chance)),
        3 => format!("${{X:-$({})}}", name(chance)),
        4 => format!("\"${{X:+$({})}}a\"", name(chance)),
        5 => format!("$(( 1 + $({}) ))", name(chance)),
        6 => format!("'$({})'", name(chance)),
        7 => format!("\"a\\$({})\"", name(chance)),
        8 => format!("${{Y//$({})/b}}", name(chance)),
        9 => format!("<({})", list(chance, inner)),
        _ => chance
            .pick(&["a", "'b;c'", "\"d|e\"", "--f=g", "#h", "i#j", "~", "[k]"])
            .to_owned(),
    }
}
