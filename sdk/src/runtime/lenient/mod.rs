//! Reading with allowance: odd entries of lists are dropped, odd optional members are taken as absent.
//!
//! serde gives no second try: what reads a list is used up when one of its entries fails. So the odd part
//! is noted, and reading starts again from the root and goes straight down to where it stopped: what
//! comes before is skipped, as it was judged already. A container of which a part was skipped is read
//! once more as a whole when all of it has been judged. So a value is read about as often as it is deep,
//! however many parts are odd.

use std::cell::{RefCell, RefMut};
use std::collections::HashSet;
use std::ptr;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value, map};

use super::Secret;
use super::fault::{Fault, Step};

/// What was dropped or taken as absent.
#[derive(Debug)]
pub(crate) struct Odd {
    count: usize,
    first: Fault,
}

impl Odd {
    /// The same, of the whole that has this under `key`.
    pub(super) fn under(self, key: &str) -> Self {
        Odd {
            first: self.first.under(key),
            ..self
        }
    }

    /// All of it as text, without secrets.
    pub(crate) fn text(&self, secrets: &[Secret]) -> String {
        let (path, reason) = (self.first.path(secrets), self.first.reason(secrets));
        match self.count {
            1 => format!("`{path}`: {reason}"),
            2 => format!("`{path}`: {reason}; and another part"),
            more => format!("`{path}`: {reason}; and {} more parts", more - 1),
        }
    }
}

/// The value as a `T` without its odd parts.
///
/// An entry of a list that is itself a list is one value: if it is odd inside, all of it is dropped.
///
/// # Errors
///
/// Something is odd that is neither in a list nor optional.
pub(crate) fn lenient<T: DeserializeOwned>(value: &Value) -> Result<(T, Option<Odd>), Fault> {
    if let Ok(read) = T::deserialize(value) {
        return Ok((read, None));
    }
    let state = RefCell::new(State::default());
    let mut found: Option<Odd> = None;
    loop {
        let read = T::deserialize(Lenient {
            value,
            state: &state,
            is_entry: false,
        });
        let mut state = state.borrow_mut();
        let fault = state.fault.take().map(|(path, reason)| Fault {
            place: steps(&path),
            reason,
        });
        let Some(next) = state.again.take() else {
            return read.map(|read| (read, found)).map_err(|error| {
                fault.unwrap_or_else(|| Fault {
                    place: Vec::new(),
                    reason: error.to_string(),
                })
            });
        };
        if let Some(first) = fault {
            found.get_or_insert(Odd { count: 0, first }).count += 1;
        }
        state.resume = next.into_iter().rev().collect();
        state.path.clear();
    }
}

/// A container on the way to the part that is read, and where in it that part is.
#[derive(Clone)]
enum Frame<'de> {
    List {
        list: &'de [Value],
        at: usize,
    },
    /// `rest` begins with the member that is read.
    Object {
        rest: map::Iter<'de>,
    },
}

type Path<'de> = Vec<Frame<'de>>;

#[derive(Default)]
struct State<'de> {
    /// Where the odd parts are in memory, which tells them apart.
    odd: HashSet<usize>,
    /// The containers that are open.
    path: Path<'de>,
    /// Those to go down through, the outermost last.
    resume: Path<'de>,
    /// Where to begin the next reading, if there has to be one.
    again: Option<Path<'de>>,
    /// What failed in this reading, at its innermost.
    fault: Option<(Path<'de>, String)>,
}

impl<'de> State<'de> {
    /// Notes what failed. Of the containers around it, none failed by itself.
    fn failed(&mut self, error: &Error) {
        if self.again.is_none() && self.fault.is_none() {
            self.fault = Some((self.path.clone(), error.to_string()));
        }
    }

    /// Takes `value` for odd, which stands where the path leads.
    fn skip(&mut self, value: &Value) {
        if self.again.is_none() {
            self.odd.insert(ptr::from_ref(value).addr());
            self.again = Some(self.path.clone());
        }
    }

    fn is_odd(&self, value: &Value) -> bool {
        !self.odd.is_empty() && self.odd.contains(&ptr::from_ref(value).addr())
    }
}

fn steps(path: &[Frame<'_>]) -> Vec<Step> {
    let step = |frame: &Frame<'_>| match frame {
        Frame::List { at, .. } => Some(Step::Index(*at)),
        Frame::Object { rest } => rest.clone().next().map(|(key, _)| Step::Key(key.clone())),
    };
    path.iter().filter_map(step).collect()
}

/// A value, read with allowance.
#[derive(Clone, Copy)]
struct Lenient<'de, 's> {
    value: &'de Value,
    state: &'s RefCell<State<'de>>,
    /// Whether it is an entry of a list.
    is_entry: bool,
}

/// The entries or members of the container that was opened last.
struct Parts<'de, 's> {
    state: &'s RefCell<State<'de>>,
    /// Whether odd ones are dropped.
    drops: bool,
}

impl<'de, 's> Lenient<'de, 's> {
    /// Reads a container, from where the last reading stopped in it.
    fn container<T>(
        self,
        whole: Frame<'de>,
        read: impl FnOnce(Parts<'de, 's>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let drops = matches!(whole, Frame::List { .. }) && !self.is_entry;
        let resumed = self.state.borrow_mut().resume.pop();
        let is_part = resumed.is_some();
        self.state.borrow_mut().path.push(resumed.unwrap_or(whole));
        let result = read(Parts {
            state: self.state,
            drops,
        });
        let mut state = self.state.borrow_mut();
        state.path.pop();
        if state.again.is_none() && is_part {
            state.fault = None;
            state.again = Some(state.path.clone());
        }
        match state.again {
            Some(_) => result.and_then(|_| Err(Error::custom("to be read again"))),
            None => result,
        }
    }
}

impl<'de, 's> Parts<'de, 's> {
    fn state(&self) -> RefMut<'s, State<'de>> {
        self.state.borrow_mut()
    }

    /// Reads one part.
    fn part<T: DeserializeSeed<'de>>(
        &self,
        seed: T,
        value: &'de Value,
        is_entry: bool,
    ) -> Result<T::Value, Error> {
        let result = seed.deserialize(Lenient {
            value,
            state: self.state,
            is_entry,
        });
        let mut state = self.state();
        // Only the first part that is read is on the way down.
        state.resume.clear();
        if let Err(error) = &result {
            state.failed(error);
            if self.drops {
                state.skip(value);
            }
        }
        result
    }
}

impl<'de> SeqAccess<'de> for Parts<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let mut next = None;
        {
            let mut state = self.state();
            let State { path, odd, .. } = &mut *state;
            if let Some(Frame::List { list, at }) = path.last_mut() {
                let is_odd = |value: &Value| odd.contains(&ptr::from_ref(value).addr());
                *at += list[*at..].iter().take_while(|value| is_odd(value)).count();
                next = list.get(*at);
            }
        }
        let Some(value) = next else { return Ok(None) };
        let entry = self.part(seed, value, true)?;
        if let Some(Frame::List { at, .. }) = self.state().path.last_mut() {
            *at += 1;
        }
        Ok(Some(entry))
    }
}

impl<'de> MapAccess<'de> for Parts<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        match self.member() {
            Some((key, _)) => seed
                .deserialize(BorrowedStrDeserializer::new(key))
                .map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let null = &Value::Null;
        let value = self.member().map_or(null, |(_, value)| value);
        let member = self.part(seed, value, false)?;
        if let Some(Frame::Object { rest }) = self.state().path.last_mut() {
            rest.next();
        }
        Ok(member)
    }
}

impl<'de> Parts<'de, '_> {
    /// The member of an object that is to be read next.
    fn member(&self) -> Option<(&'de String, &'de Value)> {
        match self.state().path.last() {
            Some(Frame::Object { rest }) => rest.clone().next(),
            _ => None,
        }
    }
}

impl<'de> Deserializer<'de> for Lenient<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.value.deserialize_any(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Array(list) => {
                let whole = Frame::List { list, at: 0 };
                self.container(whole, |entries| visitor.visit_seq(entries))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(members) => {
                let rest = members.iter();
                self.container(Frame::Object { rest }, |members| visitor.visit_map(members))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            // A list of values would do as their fields in order, which nobody means.
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() || self.state.borrow().is_odd(self.value) {
            return visitor.visit_none();
        }
        let result = visitor.visit_some(self);
        if let Err(error) = &result {
            let mut state = self.state.borrow_mut();
            state.failed(error);
            state.skip(self.value);
        }
        result
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct identifier
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

#[cfg(test)]
mod tests;
