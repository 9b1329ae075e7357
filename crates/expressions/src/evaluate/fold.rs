//! Comprehensions.

use super::{Frame, Local};
use crate::{
    error::EvalError,
    program::FoldStep,
    value::{Evaluated, Value},
};

impl<'p, 'a: 'p> Frame<'_, 'p, 'a> {
    pub(super) fn fold(&mut self, fold: &'p FoldStep) -> Evaluated<'p> {
        let range = self.evaluate(&fold.range)?;
        let place = self.locals.len();
        self.locals.push(Local::Later(&fold.initial));
        let result = self.iterate(fold, &range, place).and_then(|()| self.evaluate(&fold.result));
        self.locals.truncate(place);
        result
    }

    fn iterate(&mut self, fold: &'p FoldStep, range: &Value<'p>, place: usize) -> Result<(), EvalError> {
        match range {
            Value::List(list) => {
                for (index, item) in list.iter().enumerate() {
                    let index = Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
                    if !self.turn(fold, place, if fold.both { [Ok(index), item] } else { [item, Ok(Value::Null)] })? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                self.meter.work(map.len())?;
                for key in map.keys() {
                    let value = if fold.both { map.find(&key) } else { Some(Ok(Value::Null)) };
                    // What an object does not show is left out.
                    let Some(value) = value else { continue };
                    if !self.turn(fold, place, [Ok(key), value])? {
                        break;
                    }
                }
            }
            other => {
                return Err(EvalError::Invalid(format!("got '{}', expected iterable type", other.type_name())));
            }
        }
        Ok(())
    }

    /// One turn of the loop; whether another one may follow.
    fn turn(&mut self, fold: &'p FoldStep, place: usize, bound: [Evaluated<'p>; 2]) -> Result<bool, EvalError> {
        let [first, second] = bound;
        self.locals.push(Local::Now(first));
        if fold.both {
            self.locals.push(Local::Now(second));
        }
        let goes_on = self.evaluate(&fold.condition);
        if !matches!(goes_on, Ok(Value::Bool(true))) {
            self.locals.truncate(place + 1);
            return goes_on.map(|_| false);
        }
        let next = self.evaluate(&fold.step);
        self.locals.truncate(place + 1);
        if let Err(error) = &next
            && error.is_fatal()
        {
            return Err(error.clone());
        }
        self.locals[place] = Local::Now(next);
        // What failed stays so unless a later step makes it good; upstream goes on in any case, and charges for it.
        Ok(true)
    }
}
