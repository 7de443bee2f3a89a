//! Columns of some of the traces only.

use stepscope_core::evaluate::{Columns, Gold, LeftOut};

/// The columns of those traces, in the order of the corpus. `rows` may be in any order.
pub fn narrowed(all: &Columns, rows: &[u32]) -> Columns {
    let mut wanted = rows.to_vec();
    wanted.sort_unstable();
    let is_wanted = |row: u32| wanted.binary_search(&row).is_ok();
    let places: Vec<usize> =
        all.traces.iter().enumerate().filter(|(_, trace)| is_wanted(trace.row)).map(|(place, _)| place).collect();
    let mut made = Columns {
        labels: all.labels.clone(),
        error_kinds: all.error_kinds.clone(),
        tools: all.tools.clone(),
        problem_names: all.problem_names.clone(),
        raters: all
            .raters
            .iter()
            .map(|rater| stepscope_core::evaluate::RaterColumn {
                name: rater.name.clone(),
                kind: rater.kind,
                ..Default::default()
            })
            .collect(),
        fields: all.fields.clone(),
        ..Columns::default()
    };
    made.fields.iter_mut().for_each(|field| field.codes.clear());
    for place in places {
        let Some(trace) = all.traces.get(place) else { continue };
        let range = all.range(trace);
        let mut facts = *trace;
        facts.first_step = u32::try_from(made.steps.rating.len()).unwrap_or(u32::MAX);
        made.traces.push(facts);
        let (from, to) = (&all.steps, &mut made.steps);
        let slice = range.clone();
        to.rating.extend_from_slice(from.rating.get(slice.clone()).unwrap_or_default());
        to.kind.extend_from_slice(from.kind.get(slice.clone()).unwrap_or_default());
        to.words.extend_from_slice(from.words.get(slice.clone()).unwrap_or_default());
        to.math.extend_from_slice(from.math.get(slice.clone()).unwrap_or_default());
        to.redundant.extend_from_slice(from.redundant.get(slice.clone()).unwrap_or_default());
        to.error.extend_from_slice(from.error.get(slice.clone()).unwrap_or_default());
        to.tool.extend_from_slice(from.tool.get(slice).unwrap_or_default());
        for (rater, of) in made.raters.iter_mut().zip(&all.raters) {
            rater.values.extend_from_slice(of.values.get(range.clone()).unwrap_or_default());
            rater.speaks.push(of.speaks.get(place).copied().unwrap_or_default());
        }
        for (field, of) in made.fields.iter_mut().zip(&all.fields) {
            field.codes.push(of.codes.get(place).copied().unwrap_or_default());
        }
    }
    // Why they have none is known of all of them together only.
    let unknown = made.traces.iter().filter(|trace| trace.gold == Gold::Unknown).count() as u64;
    if unknown > 0 {
        made.left_out = vec![LeftOut { reason: "no clear labels".into(), traces: unknown }];
    }
    made
}
