//! A label of each sort, for tests, benches and generated projects: the same ones each time.

use super::{
    Critique, ErrorLabel, Label, LabelKind, Link, OutcomeLabel, Preference, Rated, Relation, Span, StepHash, StepKind,
    StepRating, TraceId, Verified, WrittenStep,
};

/// Every sort of label.
pub const LABEL_KINDS: [LabelKind; 22] = [
    LabelKind::Outcome,
    LabelKind::Reason,
    LabelKind::Verified,
    LabelKind::Tag,
    LabelKind::Rated,
    LabelKind::Written,
    LabelKind::Soft,
    LabelKind::Redundant,
    LabelKind::Corrected,
    LabelKind::Missing,
    LabelKind::Error,
    LabelKind::Unsafe,
    LabelKind::Masked,
    LabelKind::Critique,
    LabelKind::Span,
    LabelKind::Link,
    LabelKind::Inspected,
    LabelKind::Best,
    LabelKind::Rank,
    LabelKind::Preferred,
    LabelKind::Cut,
    LabelKind::Joined,
];

/// Label number `number` of a sort. Numbers near each other give different labels, some of the same key.
pub fn sample_label(kind: LabelKind, number: u32) -> Label {
    let pick = |of: u32| number % of;
    let size = |of: u32| usize::try_from(pick(of)).unwrap_or_default();
    let step = |of: u32| StepHash::new(format!("step-{}", pick(of)));
    let words = || format!("word {} ≠ \"{}\"\n", pick(5), pick(7));
    let share = |of: u32| f64::from(pick(of)) / f64::from(of - 1);
    match kind {
        LabelKind::Outcome => Label::Outcome([OutcomeLabel::Right, OutcomeLabel::Wrong, OutcomeLabel::Unsure][size(3)]),
        LabelKind::Reason => Label::Reason(words()),
        LabelKind::Verified => {
            Label::Verified(Verified { by: format!("scorer:tiny@0.{}", pick(10)), agreed: pick(2) == 0 })
        }
        LabelKind::Tag => Label::Tag(format!("tag {}", pick(4))),
        LabelKind::Rated => Label::Rated(Rated { dimension: format!("scale {}", pick(3)), value: share(8) }),
        LabelKind::Written => Label::Written(WrittenStep {
            id: StepHash::written(u64::from(pick(3))),
            parent: (pick(4) > 0).then(|| step(3)),
            text: words(),
            kind: if pick(5) == 0 { StepKind::Answer } else { StepKind::Thought },
            replaces: (pick(3) > 0).then(|| step(5)),
            taken_from: (pick(2) > 0).then(|| (TraceId::new(format!("other-{}", pick(6))), step(4))),
        }),
        LabelKind::Soft => Label::Soft(share(11)),
        LabelKind::Redundant => Label::Redundant,
        LabelKind::Corrected => Label::Corrected((pick(3) > 0).then(|| step(3))),
        LabelKind::Missing => Label::Missing(if pick(4) == 0 { String::new() } else { words() }),
        LabelKind::Error => Label::Error(ErrorLabel {
            kind: format!("kind {}", pick(3)),
            sub: (pick(2) > 0).then(|| format!("sub {}", pick(5))),
            severity: (pick(3) > 0).then(|| "grave".into()),
        }),
        LabelKind::Unsafe => Label::Unsafe,
        LabelKind::Masked => Label::Masked,
        LabelKind::Critique => Label::Critique(Critique {
            by: if pick(3) == 0 { String::new() } else { format!("judge {}", pick(3)) },
            text: words(),
            rating: (pick(2) > 0).then(|| StepRating::ALL[size(4)]),
            accepted: pick(5) > 2,
        }),
        LabelKind::Span => Label::Span(Span {
            start: size(4),
            end: size(4) + 1 + size(3),
            says: if pick(2) == 0 { String::new() } else { words() },
        }),
        LabelKind::Link => Label::Link(Link {
            relation: [Relation::Premise, Relation::Evidence, Relation::Reference][size(3)],
            to: format!("{}", pick(5)),
        }),
        LabelKind::Inspected => Label::Inspected(pick(2) == 0),
        LabelKind::Best => Label::Best,
        LabelKind::Rank => Label::Rank(1 + pick(4)),
        LabelKind::Preferred => Label::Preferred(Preference {
            over: step(3),
            strength: u8::try_from(pick(4)).unwrap_or_default(),
            criterion: if pick(3) == 0 { String::new() } else { "clear".into() },
        }),
        LabelKind::Cut => Label::Cut(size(4)),
        LabelKind::Joined => Label::Joined,
    }
}

/// Whether labels of that sort are said of whole traces rather than of steps; of both, where it does not matter.
pub const fn is_of_trace(kind: LabelKind) -> bool {
    matches!(kind, LabelKind::Outcome | LabelKind::Reason | LabelKind::Verified | LabelKind::Written)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new sort of label does not compile until it has its place here; and its place is checked.
    fn position(kind: LabelKind) -> usize {
        match kind {
            LabelKind::Outcome => 0,
            LabelKind::Reason => 1,
            LabelKind::Verified => 2,
            LabelKind::Tag => 3,
            LabelKind::Rated => 4,
            LabelKind::Written => 5,
            LabelKind::Soft => 6,
            LabelKind::Redundant => 7,
            LabelKind::Corrected => 8,
            LabelKind::Missing => 9,
            LabelKind::Error => 10,
            LabelKind::Unsafe => 11,
            LabelKind::Masked => 12,
            LabelKind::Critique => 13,
            LabelKind::Span => 14,
            LabelKind::Link => 15,
            LabelKind::Inspected => 16,
            LabelKind::Best => 17,
            LabelKind::Rank => 18,
            LabelKind::Preferred => 19,
            LabelKind::Cut => 20,
            LabelKind::Joined => 21,
        }
    }

    #[test]
    fn every_sort_of_label_is_sampled() {
        assert_eq!(LABEL_KINDS.map(position), std::array::from_fn(|index| index), "each once, in order");
        assert_eq!(LABEL_KINDS.len(), position(LabelKind::Joined) + 1, "the last one is Joined");
        for kind in LABEL_KINDS {
            for number in 0..60 {
                assert_eq!(sample_label(kind, number).kind(), kind);
            }
        }
    }
}
