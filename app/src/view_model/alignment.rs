//! Which steps of two texts correspond: a first guess by the words and numbers they share, in order.
//!
//! For every step at the left the few most similar at the right are found through an index of their words; among these
//! pairs the heaviest chain is taken that goes forward on both sides. Both are bounded, so that thousands of steps on
//! either side cost milliseconds, not a table of millions of comparisons.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

/// Two steps that correspond, by position from 0: left, right.
pub type Pair = (usize, usize);

/// Less alike than this, two steps are not held for the same.
const LEAST_ALIKE: f64 = 0.2;

/// Similar steps that are looked at for each.
const MOST_CANDIDATES: usize = 8;

/// A word that occurs in more steps than this tells nothing of which step is meant.
const MOST_PLACES: usize = 64;

/// Words of a step beyond these are not looked at: what a step is about, its first thousand words say.
const MOST_WORDS: usize = 1000;

/// A step as the set of its words and numbers, sorted, each once.
type Bag = Vec<u64>;

/// How many steps at the start are the same on both sides.
pub fn shared_start(left: &[&str], right: &[&str]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left.trim() == right.trim()).count()
}

/// The pairs of corresponding steps, in order on both sides; no step is in two of them. Asked often whether to stop,
/// by `go_on`; what was found up to then is dropped.
pub fn align(left: &[&str], right: &[&str], go_on: impl Fn() -> bool) -> Vec<Pair> {
    let start = shared_start(left, right);
    let mut pairs: Vec<Pair> = (0..start).map(|at| (at, at)).collect();
    let (left, right) = (left.get(start..).unwrap_or_default(), right.get(start..).unwrap_or_default());
    let bags = |texts: &[&str]| texts.iter().map(|text| bag(text)).collect::<Vec<_>>();
    let (left, right) = (bags(left), bags(right));
    let weights = weights(&left, &right);
    let mut found = Vec::new();
    let places = places(&right);
    for (at, bag) in left.iter().enumerate() {
        if at % 64 == 0 && !go_on() {
            return Vec::new();
        }
        let near = at * right.len() / left.len().max(1);
        for other in candidates(bag, &places, &weights, near, right.len()) {
            let alike = right.get(other).map_or(0.0, |there| alike(bag, there, &weights));
            if alike >= LEAST_ALIKE {
                // Squared, so that one pair that says the same counts for more than two that say something similar.
                found.push((at, other, alike * alike));
            }
        }
    }
    pairs.extend(heaviest_chain(&found, right.len()).into_iter().map(|(at, other)| (at + start, other + start)));
    pairs
}

/// Words and numbers of a text, as hashes. Signs do not count; signs of scripts without spaces are words each.
fn bag(text: &str) -> Bag {
    let mut words: Bag = Vec::new();
    let mut word = String::new();
    let end = |word: &mut String, words: &mut Bag| {
        if !word.is_empty() {
            let mut hasher = DefaultHasher::new();
            word.hash(&mut hasher);
            words.push(hasher.finish());
            word.clear();
        }
    };
    for c in text.chars() {
        if words.len() >= MOST_WORDS {
            break;
        }
        let alone = ('\u{2E80}'..='\u{9FFF}').contains(&c) || ('\u{AC00}'..='\u{D7AF}').contains(&c);
        let is_digit = c.is_numeric();
        // `2x` is a number and a letter.
        let turns = word.chars().next_back().is_some_and(|before| before.is_numeric() != is_digit);
        if alone || turns || !c.is_alphanumeric() {
            end(&mut word, &mut words);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        if alone {
            end(&mut word, &mut words);
        }
    }
    end(&mut word, &mut words);
    words.sort_unstable();
    words.dedup();
    words
}

/// How much a word tells: the rarer, the more.
fn weights(left: &[Bag], right: &[Bag]) -> HashMap<u64, f64> {
    let mut counts: HashMap<u64, f64> = HashMap::new();
    for word in left.iter().chain(right).flatten() {
        *counts.entry(*word).or_default() += 1.0;
    }
    let all = (left.len() + right.len()) as f64;
    #[expect(clippy::iter_over_hash_type, reason = "each for itself")]
    for count in counts.values_mut() {
        *count = (1.0 + all / *count).ln();
    }
    counts
}

/// Where each word stands.
fn places(bags: &[Bag]) -> HashMap<u64, Vec<usize>> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, bag) in bags.iter().enumerate() {
        for word in bag {
            places.entry(*word).or_default().push(at);
        }
    }
    places
}

/// The steps of the other side that share most with this one, and those that stand at the same place.
fn candidates(
    bag: &Bag,
    places: &HashMap<u64, Vec<usize>>,
    weights: &HashMap<u64, f64>,
    near: usize,
    count: usize,
) -> Vec<usize> {
    let mut shared: HashMap<usize, f64> = HashMap::new();
    for word in bag {
        let weight = weights.get(word).copied().unwrap_or_default();
        for place in places.get(word).filter(|places| places.len() <= MOST_PLACES).into_iter().flatten() {
            *shared.entry(*place).or_default() += weight;
        }
    }
    let mut best: Vec<(usize, f64)> = shared.into_iter().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(MOST_CANDIDATES);
    let mut best: Vec<usize> = best.into_iter().map(|(place, _)| place).collect();
    best.extend((near.saturating_sub(2)..=near + 2).filter(|at| *at < count));
    best.sort_unstable();
    best.dedup();
    best
}

/// The share of what two steps say that both of them say; 0..=1.
fn alike(left: &Bag, right: &Bag, weights: &HashMap<u64, f64>) -> f64 {
    let weight = |word: &u64| weights.get(word).copied().unwrap_or_default();
    let all: f64 = left.iter().chain(right).map(weight).sum();
    let both: f64 = left.iter().filter(|word| right.binary_search(word).is_ok()).map(weight).sum();
    if all > 0.0 { 2.0 * both / all } else { 0.0 }
}

/// Of pairs with their weight, sorted by the left, the heaviest chain that goes forward on both sides.
fn heaviest_chain(pairs: &[(usize, usize, f64)], rights: usize) -> Vec<Pair> {
    // A Fenwick tree of the heaviest chain that ends at or before each place at the right: its weight and last pair.
    let mut tree: Vec<(f64, Option<usize>)> = vec![(0.0, None); rights + 1];
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    let mut at = 0;
    while let Some(&(left, ..)) = pairs.get(at) {
        // Pairs of one step see only chains of the steps before it.
        let end = at + pairs.iter().skip(at).take_while(|pair| pair.0 == left).count();
        let mut ended = Vec::new();
        for (number, &(_, right, weight)) in pairs.iter().enumerate().take(end).skip(at) {
            let mut best = (0.0, None);
            let mut place = right;
            while place > 0 {
                if let Some(&here) = tree.get(place).filter(|here| here.0 > best.0) {
                    best = here;
                }
                place &= place - 1;
            }
            if let Some(slot) = before.get_mut(number) {
                *slot = best.1;
            }
            ended.push((right, best.0 + weight, number));
        }
        for (right, weight, number) in ended {
            let mut place = right + 1;
            while let Some(slot) = tree.get_mut(place) {
                if weight > slot.0 {
                    *slot = (weight, Some(number));
                }
                place += place & place.wrapping_neg();
            }
        }
        at = end;
    }
    let mut best = (0.0, None);
    let mut place = rights;
    while place > 0 {
        if let Some(&here) = tree.get(place).filter(|here| here.0 > best.0) {
            best = here;
        }
        place &= place - 1;
    }
    let mut chain = Vec::new();
    let mut last = best.1;
    while let Some(number) = last {
        chain.extend(pairs.get(number).map(|&(left, right, _)| (left, right)));
        last = before.get(number).copied().flatten();
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn check(left: &[&str], right: &[&str], expected: &[Pair]) {
        assert_eq!(align(left, right, || true), expected, "{left:?} {right:?}");
    }

    #[test]
    fn steps_that_say_the_same_correspond() {
        check(&[], &["a"], &[]);
        check(&["same", "then 3 + 4 = 7"], &["same", "Now 3 + 4 = 7."], &[(0, 0), (1, 1)]);
        check(
            &["Let x be the number of apples.", "We know 3x = 12.", "Hence x = 4.", "He has 4 apples."],
            &["Call the number of apples x", "So he has 4 apples in all"],
            &[(0, 0), (3, 1)],
        );
        check(
            &["The sum is 17.", "The product is 42."],
            &["First, an unrelated remark", "Their sum: 17", "Their product: 42"],
            &[(0, 1), (1, 2)],
        );
        check(&["猫有三只脚"], &["完全别的话", "这只猫有三只脚"], &[(0, 1)]);
        check(&["apples"], &["pears"], &[]);
    }

    #[test]
    fn what_comes_in_another_order_is_linked_once() {
        let pairs =
            align(&["red alpha", "green beta", "blue gamma"], &["blue gamma", "red alpha", "green beta"], || true);
        assert_eq!(pairs, [(0, 1), (1, 2)], "the longer part in order");
    }

    #[test]
    fn pairs_go_forward_whatever_the_texts() {
        let word = |n: usize| format!("w{}", n * 7919 % 101);
        let text = |n: usize| (0..6).map(|at| word(n * 31 + at * 17)).collect::<Vec<_>>().join(" ");
        let (left, right): (Vec<String>, Vec<String>) = ((0..80).map(text).collect(), (20..120).map(text).collect());
        let left: Vec<&str> = left.iter().map(String::as_str).collect();
        let right: Vec<&str> = right.iter().map(String::as_str).collect();
        let pairs = align(&left, &right, || true);
        assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1), "{pairs:?}");
        assert!(pairs.len() >= 60, "most of what was shifted is found: {}", pairs.len());
    }

    #[test]
    fn thousands_of_steps_are_no_hindrance() {
        let step = |n: usize| {
            let words: Vec<String> = (0..20).map(|at| format!("word{}", (n * 20 + at) * 48_271 % 99_991)).collect();
            format!("We see that the value {n} of the sum is {}", words.join(" "))
        };
        let left: Vec<String> = (0..5000).map(step).collect();
        let right: Vec<String> = (1000..6000).map(step).collect();
        let (left, right): (Vec<&str>, Vec<&str>) =
            (left.iter().map(String::as_str).collect(), right.iter().map(String::as_str).collect());
        let begin = Instant::now();
        let pairs = align(&left, &right, || true);
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        assert!(pairs.contains(&(1000, 0)) && pairs.contains(&(4999, 3999)), "{}", pairs.len());
        assert_eq!(align(&left, &right, || false), [], "it stops when asked");
    }
}
