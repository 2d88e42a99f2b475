//! Finds numbers that JSON can't hold, before serde_json turns them into `null`.
//!
//! A serializer that writes nothing: it walks a value and remembers where it is.

use super::Error;
use serde::ser::{self, Serialize};
use std::fmt;

/// # Errors
/// If `value` holds a float that is NaN or infinite, with its dotted name.
pub fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    let walk = Walk { path: &mut Vec::new() };
    value.serialize(walk).map_err(|found| match found {
        Found::NotFinite(name) => Error::NotFinite { name },
        Found::Other(message) => Error::Json(ser::Error::custom(message)),
    })
}

/// Why a walk ended early.
#[derive(Debug)]
enum Found {
    NotFinite(String),
    Other(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite(name) => write!(f, "`{name}` is not a finite number"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Found {}

impl ser::Error for Found {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// A place in a value: the names that lead to it.
struct Walk<'a> {
    path: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn number(&self, is_finite: bool) -> Result<(), Found> {
        if is_finite { Ok(()) } else { Err(Found::NotFinite(self.path.join("."))) }
    }
}

/// The inside of a list, a map or a structure.
struct Inside<'a> {
    path: &'a mut Vec<String>,
    /// Entries so far: their names in a list.
    entries: usize,
    /// Names that were entered to get here, and are left at the end.
    entered: usize,
}

impl<'a> Inside<'a> {
    fn of(walk: Walk<'a>, variant: Option<&str>) -> Self {
        walk.path.extend(variant.map(str::to_owned));
        Self { path: walk.path, entries: 0, entered: usize::from(variant.is_some()) }
    }

    fn entry<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), Found> {
        self.path.push(name);
        value.serialize(Walk { path: &mut *self.path })?;
        self.path.pop();
        Ok(())
    }

    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
        let name = self.entries.to_string();
        self.entries += 1;
        self.entry(name, value)
    }

    fn leave(self) -> Result<(), Found> {
        self.path.truncate(self.path.len() - self.entered);
        Ok(())
    }
}

macro_rules! harmless {
    ($($method:ident($($type:ty),*);)*) => {$(
        fn $method(self $(, _: $type)*) -> Result<(), Found> {
            Ok(())
        }
    )*};
}

impl<'a> ser::Serializer for Walk<'a> {
    type Ok = ();
    type Error = Found;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Inside<'a>;
    type SerializeTupleVariant = Inside<'a>;
    type SerializeMap = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    harmless! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_f32(self, number: f32) -> Result<(), Found> {
        self.number(number.is_finite())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Found> {
        self.number(number.is_finite())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        Inside::of(self, None).entry(variant.to_owned(), value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Found> {
        Ok(Inside::of(self, Some(variant)))
    }
}

macro_rules! lists {
    ($($kind:ident $method:ident;)*) => {$(
        impl ser::$kind for Inside<'_> {
            type Ok = ();
            type Error = Found;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
                self.next(value)
            }

            fn end(self) -> Result<(), Found> {
                self.leave()
            }
        }
    )*};
}
lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! structures {
    ($($kind:ident),*) => {$(
        impl ser::$kind for Inside<'_> {
            type Ok = ();
            type Error = Found;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Found> {
                self.entry(name.to_owned(), value)
            }

            fn end(self) -> Result<(), Found> {
                self.leave()
            }
        }
    )*};
}
structures!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Found;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Found> {
        let key = serde_json::to_value(key).map_err(ser::Error::custom)?;
        self.path.push(key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
        value.serialize(Walk { path: &mut *self.path })?;
        self.path.pop();
        Ok(())
    }

    fn end(self) -> Result<(), Found> {
        self.leave()
    }
}
