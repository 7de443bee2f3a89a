//! The values of a field for all traces, or for all steps.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Float64Chunked, PlSmallStr, StringChunked, UInt32Chunked};
use polars_arrow::bitmap::Bitmap;

/// The values of a field, one place per trace or step.
#[derive(Clone)]
pub(in crate::query) enum Values {
    /// One of few names.
    Names(Arc<Names>),
    /// Any number of names.
    Many(Arc<Many>),
    Numbers(Numbers),
    Texts(StringChunked),
    Flags(BooleanChunked),
}

/// A column of names as numbers.
#[derive(Debug)]
pub(in crate::query) struct Names {
    /// Empty where there is no name.
    pub(in crate::query) codes: UInt32Chunked,
    pub(in crate::query) names: Vec<String>,
}

/// Pairs of a trace or step and a name, in the order of the former.
#[derive(Debug, Default)]
pub(in crate::query) struct Many {
    pub(in crate::query) owners: Vec<u32>,
    pub(in crate::query) codes: Vec<u32>,
    pub(in crate::query) names: Vec<String>,
}

/// Numbers; NaN is none.
#[derive(Clone, Debug)]
pub(in crate::query) struct Numbers {
    /// Empty where there is none.
    pub(in crate::query) values: Float64Chunked,
    /// They were computed with 32 bits, so what they are compared with is rounded as they are.
    pub(in crate::query) is_short: bool,
}

impl Numbers {
    /// NaN stands for nothing.
    pub(super) fn new(values: Vec<f64>, is_short: bool) -> Self {
        let are_there: Bitmap = values.iter().map(|value| !value.is_nan()).collect();
        let are_there = (are_there.unset_bits() > 0).then_some(are_there);
        Self { values: Float64Chunked::from_vec_validity(PlSmallStr::EMPTY, values, are_there), is_short }
    }

    pub(super) fn counted(values: impl Iterator<Item = u32>) -> Self {
        Self::new(values.map(f64::from).collect(), false)
    }

    /// The numbers as [`new`](Self::new) was given them.
    pub(super) fn raw(&self) -> &[f64] {
        self.values.downcast_iter().next().map_or(&[], |numbers| numbers.values().as_slice())
    }
}

/// Gives each different name a number.
#[derive(Default)]
pub(super) struct Interner {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
    last: u32,
}

impl Interner {
    pub(super) fn number(&mut self, name: &str) -> u32 {
        // Neighbours are mostly alike.
        if self.names.get(self.last as usize).is_some_and(|last| last == name) {
            return self.last;
        }
        self.last = if let Some(number) = self.numbers.get(name) {
            *number
        } else {
            let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            self.numbers.insert(name.into(), number);
            self.names.push(name.into());
            number
        };
        self.last
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The bytes of the names from that number on.
    pub(super) fn bytes_from(&self, number: usize) -> usize {
        self.names.iter().skip(number).map(String::len).sum()
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

impl Names {
    /// Numbers the different texts of a column in the order in which they come up.
    pub(super) fn new(column: &StringChunked) -> Self {
        let mut interner = Interner::default();
        let codes = column.iter().map(|text| text.map(|text| interner.number(text))).collect();
        Self { codes, names: interner.into_names() }
    }

    /// Yes and no.
    pub(super) fn of_flags(flags: &BooleanChunked) -> Self {
        let codes = flags.iter().map(|flag| flag.map(u32::from)).collect();
        Self { codes, names: ["no", "yes"].map(str::to_owned).into() }
    }

    pub(in crate::query) fn name(&self, row: usize) -> Option<&str> {
        self.names.get(self.codes.get(row)? as usize).map(String::as_str)
    }
}

impl Many {
    /// From pairs in any order; a name counts once for each owner.
    pub(super) fn new(mut pairs: Vec<(u32, u32)>, names: Vec<String>) -> Self {
        if !pairs.is_sorted() {
            pairs.sort_unstable();
        }
        pairs.dedup();
        let (owners, codes) = pairs.into_iter().unzip();
        Self { owners, codes, names }
    }

    /// The numbers of the names of one trace or step.
    pub(in crate::query) fn codes_of(&self, owner: u32) -> &[u32] {
        let from = self.owners.partition_point(|at| *at < owner);
        let to = self.owners.partition_point(|at| *at <= owner);
        self.codes.get(from..to).unwrap_or_default()
    }

    /// The names of one trace or step.
    pub(in crate::query) fn of(&self, owner: u32) -> impl Iterator<Item = &str> {
        self.codes_of(owner).iter().filter_map(|code| self.names.get(*code as usize)).map(String::as_str)
    }

    pub(in crate::query) fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.owners.iter().copied().zip(self.codes.iter().copied())
    }
}
