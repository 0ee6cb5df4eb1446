//! What jq 1.6 does to values at paths and jaq does not: makes what is missing on the way, and deletes what is there.

use std::rc::Rc;

use jaq_core::native::{Fun, bome, run, unary, v};
use jaq_core::{DataT, Error, ValR};
use jaq_json::{Map, Num, Val};

use crate::evaluator::frames::RESULT_LEVELS_MAX;

/// `_made_at($path)`, `_without($path)` and `_plain`.
pub(super) fn natives<D: for<'a> DataT<V<'a> = Val>>() -> impl Iterator<Item = Fun<D>> {
    let made = run(("_made_at", v(1), |cv| unary(cv, |value, path| at(value, &path, made))));
    let without = run(("_without", v(1), |cv| unary(cv, |value, path| at(value, &path, without))));
    let plain = run(("_plain", v(0), |cv| bome(Ok(plain(cv.1)))));
    [made, without, plain].into_iter()
}

fn at(value: Val, path: &Val, change: fn(Val, &[Val]) -> ValR<Val>) -> ValR<Val> {
    match path {
        Val::Arr(path) if path.len() <= RESULT_LEVELS_MAX => change(value, path),
        Val::Arr(_) => Err(Error::str("Path is too deep")),
        _ => Err(Error::str("Path must be specified as an array")),
    }
}

/// Objects and lists where the path goes through null, and nulls up to the index that it goes to.
fn made(value: Val, path: &[Val]) -> ValR<Val> {
    if !lacks(&value, path) {
        return Ok(value);
    }
    let [step, rest @ ..] = path else { return Ok(value) };
    match (value, step) {
        (Val::Null, Val::Num(_) | Val::Obj(_)) => made(Val::Arr(Rc::default()), path),
        (Val::Null, _) => made(Val::obj(Map::default()), path),
        (Val::Arr(mut items), step) => {
            let Some(index) = index(step) else { return Ok(Val::Arr(items)) };
            let list = Rc::make_mut(&mut items);
            if list.len() <= index {
                list.resize(index + 1, Val::Null);
            }
            list[index] = made(std::mem::take(&mut list[index]), rest)?;
            Ok(Val::Arr(items))
        }
        (Val::Obj(mut entries), step) => {
            let entry = Rc::make_mut(&mut entries).entry(step.clone()).or_insert(Val::Null);
            *entry = made(std::mem::take(entry), rest)?;
            Ok(Val::Obj(entries))
        }
        (value, _) => Ok(value),
    }
}

/// Whether something must be made before the path can be assigned to. The last key of an object need not be there.
fn lacks(value: &Val, path: &[Val]) -> bool {
    let [step, rest @ ..] = path else { return false };
    match (value, step) {
        (Val::Null, Val::Num(_)) => index(step).is_some(),
        (Val::Null, step) => matches!(step, Val::TStr(_) | Val::Obj(_)),
        (Val::Arr(items), step) => {
            index(step).is_some_and(|index| items.get(index).is_none_or(|item| lacks(item, rest)))
        }
        (Val::Obj(entries), Val::TStr(_)) => match entries.get(step) {
            Some(entry) => lacks(entry, rest),
            None => !rest.is_empty(),
        },
        _ => false,
    }
}

/// The value without what the path leads to, if it leads anywhere.
fn without(value: Val, path: &[Val]) -> ValR<Val> {
    match (value, path) {
        (_, []) | (Val::Null, _) => Ok(Val::Null),
        (Val::Obj(mut entries), [key @ Val::TStr(_), rest @ ..]) => {
            if entries.contains_key(key) {
                let map = Rc::make_mut(&mut entries);
                match rest {
                    [] => drop(map.shift_remove(key)),
                    rest => {
                        if let Some(entry) = map.get_mut(key) {
                            *entry = without(std::mem::take(entry), rest)?;
                        }
                    }
                }
            }
            Ok(Val::Obj(entries))
        }
        (Val::Arr(mut items), [step @ Val::Num(_), rest @ ..]) => {
            if let Some(index) = place(step, items.len()) {
                let list = Rc::make_mut(&mut items);
                match rest {
                    [] => drop(list.remove(index)),
                    rest => list[index] = without(std::mem::take(&mut list[index]), rest)?,
                }
            }
            Ok(Val::Arr(items))
        }
        (Val::Arr(mut items), [Val::Obj(slice)]) => {
            let bound = |name: &str, otherwise: usize| match slice.get(&Val::utf8_str(name.to_owned())) {
                Some(Val::Num(bound)) => bound.as_isize().map_or(otherwise, |bound| {
                    let from_end = items.len().saturating_sub(bound.unsigned_abs());
                    usize::try_from(bound).map_or(from_end, |bound| bound.min(items.len()))
                }),
                _ => otherwise,
            };
            let (from, to) = (bound("start", 0), bound("end", items.len()));
            if from < to {
                Rc::make_mut(&mut items).drain(from..to);
            }
            Ok(Val::Arr(items))
        }
        (value, [step, ..]) => Err(Error::str(format_args!("Cannot delete {step} of {value}"))),
    }
}

/// An index counted from the front, whole or cut off as jq does.
fn index(step: &Val) -> Option<usize> {
    usize::try_from(whole(step)?).ok()
}

/// Where an index leads to in a list that is so long, from the front or from the end.
fn place(step: &Val, length: usize) -> Option<usize> {
    let index = whole(step)?;
    let index = if index < 0 { index.checked_add_unsigned(length)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

fn whole(step: &Val) -> Option<isize> {
    match step {
        Val::Num(Num::Float(float)) if float.is_finite() =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "jq cuts indexes off")]
            Some(float.floor() as isize)
        }
        Val::Num(number) => number.as_isize(),
        _ => None,
    }
}

/// Computed numbers that are whole, as integers: so they print in text as they do in results.
fn plain(value: Val) -> Val {
    if has_float(&value) { whole_where_it_is(value) } else { value }
}

fn whole_where_it_is(value: Val) -> Val {
    match value {
        Val::Num(Num::Float(float)) if float.fract() == 0.0 && float.abs() < 9e15 =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "it is integral and within range")]
            Val::from(float as isize)
        }
        Val::Arr(mut items) => {
            let each = Rc::make_mut(&mut items).iter_mut();
            each.for_each(|item| *item = whole_where_it_is(std::mem::take(item)));
            Val::Arr(items)
        }
        Val::Obj(mut entries) => {
            let each = Rc::make_mut(&mut entries).values_mut();
            each.for_each(|item| *item = whole_where_it_is(std::mem::take(item)));
            Val::Obj(entries)
        }
        other => other,
    }
}

fn has_float(value: &Val) -> bool {
    match value {
        Val::Num(number) => matches!(number, Num::Float(_)),
        Val::Arr(items) => items.iter().any(has_float),
        Val::Obj(entries) => entries.values().any(has_float),
        _ => false,
    }
}
