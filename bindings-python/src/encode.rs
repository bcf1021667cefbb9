//! From Python values to the JSON of a call, by hand because Python's own encoder costs more than
//! reading the JSON does.

use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

/// Deeper values are refused, which also ends those that contain themselves. Twice what a call may.
const DEPTH: usize = 2 * checkrein::limits::JSON_DEPTH;

/// The JSON text of a value. `plain` answers the obvious form of a value that is not JSON.
///
/// Raises `error` when something in it has no JSON form; its text quotes no values. What `plain`
/// raises passes through.
#[pyfunction]
pub fn encode(
    value: &Bound<'_, PyAny>,
    plain: &Bound<'_, PyAny>,
    error: &Bound<'_, PyType>,
) -> PyResult<String> {
    let mut writer = Writer {
        text: String::with_capacity(512),
        plain,
        error,
    };
    writer.value(value, DEPTH)?;
    Ok(writer.text)
}

struct Writer<'a, 'py> {
    text: String,
    plain: &'a Bound<'py, PyAny>,
    error: &'a Bound<'py, PyType>,
}

impl<'py> Writer<'_, 'py> {
    fn value(&mut self, value: &Bound<'py, PyAny>, depth: usize) -> PyResult<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.refuse("it nests too deep, or contains itself; flatten the arguments"));
        };
        if let Ok(string) = value.cast::<PyString>() {
            self.string(string)
        } else if value.is_none() {
            self.text.push_str("null");
            Ok(())
        } else if let Ok(truth) = value.cast::<PyBool>() {
            let word = if truth.is_true() { "true" } else { "false" };
            self.text.push_str(word);
            Ok(())
        } else if let Ok(members) = value.cast::<PyDict>() {
            self.object(members, depth)
        } else if let Ok(items) = value.cast::<PyList>() {
            self.items(items.iter(), depth)
        } else if let Ok(items) = value.cast::<PyTuple>() {
            self.items(items.iter(), depth)
        } else if value.is_instance_of::<PyInt>() {
            self.number::<PyInt>(value)
        } else if let Ok(number) = value.cast::<PyFloat>() {
            if !number.value().is_finite() {
                return Err(self.refuse("a number that is not finite has no JSON form"));
            }
            self.number::<PyFloat>(value)
        } else {
            self.value(&self.plain.call1((value,))?, depth)
        }
    }

    fn object(&mut self, members: &Bound<'py, PyDict>, depth: usize) -> PyResult<()> {
        self.text.push('{');
        for (index, (key, member)) in members.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            let Ok(key) = key.cast::<PyString>() else {
                return Err(self.refuse("a key of an object is not text; use text keys"));
            };
            self.string(key)?;
            self.text.push(':');
            self.value(&member, depth)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn items(
        &mut self,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: usize,
    ) -> PyResult<()> {
        self.text.push('[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.value(&item, depth)?;
        }
        self.text.push(']');
        Ok(())
    }

    /// Writes a number as the type itself does: a subclass may say what it likes.
    fn number<T: PyTypeInfo>(&mut self, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let kind = value.py().get_type::<T>();
        let written = kind.call_method1("__repr__", (value,))?;
        self.text.push_str(written.cast::<PyString>()?.to_str()?);
        Ok(())
    }

    fn string(&mut self, string: &Bound<'py, PyString>) -> PyResult<()> {
        let Ok(given) = string.to_str() else {
            return Err(self.refuse("a text with half a surrogate pair has no UTF-8 form"));
        };
        self.text
            .push_str(&checkrein::wire::canonical(&given.into()));
        Ok(())
    }

    fn refuse(&self, message: &'static str) -> PyErr {
        PyErr::from_type(self.error.clone(), message)
    }
}
