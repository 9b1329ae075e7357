//! What stands behind a `%`.

use crate::{error::EvalError, types::Type, value::Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    String,
    Decimal,
    Fixed(usize),
    /// The number is the least width: upstream takes the precision for it.
    Scientific(usize),
    Binary,
    Hexadecimal {
        upper: bool,
    },
    Octal,
}

pub enum Piece<'t> {
    Text(&'t str),
    Clause(Result<Clause, EvalError>),
}

const DEFAULT_PRECISION: usize = 6;

/// A format taken apart.
pub fn pieces(text: &str) -> impl Iterator<Item = Result<Piece<'_>, String>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(after) = rest.strip_prefix('%') else {
            let length = rest.find('%').unwrap_or(rest.len());
            let (piece, after) = rest.split_at(length);
            rest = after;
            return Some(Ok(Piece::Text(piece)));
        };
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            return Some(Ok(Piece::Text("%")));
        }
        if after.is_empty() {
            rest = after;
            return Some(Err("unexpected end of string".to_owned()));
        }
        Some(Ok(Piece::Clause(match read(after) {
            Ok((clause, after)) => {
                rest = after;
                Ok(clause)
            }
            Err(message) => {
                rest = "";
                Err(EvalError::Invalid(format!("could not parse formatting clause: {message}")))
            }
        })))
    })
}

fn read(text: &str) -> Result<(Clause, &str), String> {
    let (precision, rest) = match text.strip_prefix('.') {
        None => (None, text),
        Some(after) => {
            let length = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let precision = after[..length].parse().map_err(|_| {
                format!(
                    "error while parsing precision: error while converting precision to integer: {:?}",
                    &after[..length]
                )
            })?;
            (Some(precision), &after[length..])
        }
    };
    let kind = rest.chars().next().ok_or("error while parsing precision: could not find end of precision specifier")?;
    let clause = match kind {
        's' => Clause::String,
        'd' => Clause::Decimal,
        'f' => Clause::Fixed(precision.unwrap_or(DEFAULT_PRECISION)),
        'e' => Clause::Scientific(precision.unwrap_or(DEFAULT_PRECISION)),
        'b' => Clause::Binary,
        'x' | 'X' => Clause::Hexadecimal { upper: kind == 'X' },
        'o' => Clause::Octal,
        other => return Err(format!("unrecognized formatting clause \"{other}\"")),
    };
    Ok((clause, &rest[kind.len_utf8()..]))
}

impl Clause {
    /// How many characters it makes of a number beside those of the number.
    pub fn width(&self) -> usize {
        match self {
            Self::Fixed(digits) | Self::Scientific(digits) => digits.saturating_add(512),
            _ => 80,
        }
    }

    pub fn accepts_value(&self, value: &Value<'_>) -> bool {
        match self {
            Self::String => !matches!(value, Value::Optional(_) | Value::Opaque(_)),
            Self::Decimal | Self::Octal => matches!(value, Value::Int(_) | Value::Uint(_)),
            Self::Fixed(_) | Self::Scientific(_) => {
                matches!(value, Value::Double(_)) || matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"))
            }
            Self::Binary => matches!(value, Value::Int(_) | Value::Uint(_) | Value::Bool(_)),
            Self::Hexadecimal { .. } => {
                matches!(value, Value::Int(_) | Value::Uint(_) | Value::String(_) | Value::Bytes(_))
            }
        }
    }

    pub fn accepts_type(&self, of: &Type<'_>) -> bool {
        if of.is_dyn_or_error() {
            return true;
        }
        match self {
            Self::String => !matches!(of, Type::Optional(_) | Type::Opaque(_) | Type::Object(_)),
            Self::Decimal | Self::Octal => matches!(of, Type::Int | Type::Uint),
            Self::Fixed(_) | Self::Scientific(_) => matches!(of, Type::Double | Type::String),
            Self::Binary => matches!(of, Type::Int | Type::Uint | Type::Bool),
            Self::Hexadecimal { .. } => matches!(of, Type::Int | Type::Uint | Type::String | Type::Bytes),
        }
    }

    pub fn complaint(&self, type_name: &str) -> String {
        let rule = match self {
            Self::String => {
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, \
                 and timestamps"
            }
            Self::Decimal => "decimal clause can only be used on integers",
            Self::Fixed(_) => "fixed-point clause can only be used on doubles",
            Self::Scientific(_) => "scientific clause can only be used on doubles",
            Self::Binary => "only integers and bools can be formatted as binary",
            Self::Hexadecimal { .. } => "only integers, byte buffers, and strings can be formatted as hex",
            Self::Octal => "octal clause can only be used on integers",
        };
        format!("{rule}, was given {type_name}")
    }
}
