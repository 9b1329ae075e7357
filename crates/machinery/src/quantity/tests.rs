use super::{Format, ParseError, Quantity};
use proptest::prelude::*;

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

#[test]
fn canonical_form() {
    for (text, canonical) in [
        ("0", "0"),
        ("0Gi", "0"),
        ("-0", "0"),
        ("1", "1"),
        ("+1", "1"),
        ("007", "7"),
        (" 1Gi ", "1Gi"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1.5", "1500m"),
        (".5", "500m"),
        ("5.", "5"),
        ("0.1", "100m"),
        ("1000", "1k"),
        ("1500", "1500"),
        ("1024", "1024"),
        ("1000000", "1M"),
        ("1e3", "1e3"),
        ("1E3", "1e3"),
        ("1.5e3", "1500"),
        ("12e-3", "12e-3"),
        ("10E", "9223372036854775807"),
        ("1E", "1E"),
        ("1Ki", "1Ki"),
        ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("512Mi", "512Mi"),
        ("1000Ki", "1000Ki"),
        ("1.3Ki", "1331200m"),
        ("0.0001m", "100n"),
        ("1n", "1n"),
        ("0.1n", "1n"),
        ("-0.1n", "-1n"),
        ("1.0000000001", "1000000001n"),
        ("-1.5Gi", "-1536Mi"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775807"),
        ("99999999999999999999999999999999999999999999999", "9223372036854775807"),
        ("0.00000000000000000000000000000000000000000000001", "1n"),
        ("1e-400", "1e-9"),
        ("8Ei", "9223372036854775807"),
        ("7Ei", "7Ei"),
    ] {
        assert_eq!(quantity(text).to_string(), canonical, "{text}");
    }
}

#[test]
fn what_is_not_a_quantity() {
    for (text, error) in [
        ("", ParseError::Format),
        ("1.2.3", ParseError::Format),
        ("abc", ParseError::Format),
        ("1 Gi", ParseError::Format),
        ("1-3.5", ParseError::Format),
        ("Mi", ParseError::Numeric),
        (".", ParseError::Numeric),
        ("-", ParseError::Numeric),
        ("1i", ParseError::Suffix),
        ("1mi", ParseError::Suffix),
        ("1ki", ParseError::Suffix),
        ("1K", ParseError::Suffix),
        ("1e", ParseError::Suffix),
        ("1Gi5", ParseError::Suffix),
        ("1+3", ParseError::Suffix),
        ("--1", ParseError::Suffix),
    ] {
        assert_eq!(text.parse::<Quantity>(), Err(error), "{text:?}");
    }
}

#[test]
fn values_round_away_from_zero() {
    for (text, value, milli) in [
        ("1", 1, 1000),
        ("1m", 1, 1),
        ("1u", 1, 1),
        ("1500m", 2, 1500),
        ("-1500m", -2, -1500),
        ("1Ki", 1024, 1_024_000),
        ("9223372036854775807", i64::MAX, i64::MAX),
    ] {
        assert_eq!((quantity(text).value(), quantity(text).milli_value()), (value, milli), "{text}");
    }
}

#[test]
fn sums_keep_the_format_of_the_left_side() {
    assert_eq!((quantity("1Gi") + quantity("1")).to_string(), "1073741825");
    assert_eq!((quantity("1Gi") + quantity("512Mi")).to_string(), "1536Mi");
    assert_eq!((quantity("0") + quantity("512Mi")).to_string(), "512Mi");
    assert_eq!((quantity("2") - quantity("500m")).to_string(), "1500m");
    assert_eq!(["100m", "900m"].into_iter().map(quantity).sum::<Quantity>().to_string(), "1");
    assert_eq!(Quantity::from_milli(250).to_string(), "250m");
    assert_eq!(Quantity::new(2048, Format::BinarySi).to_string(), "2Ki");
}

#[test]
fn amounts_compare_not_texts() {
    assert_eq!(quantity("1000m"), quantity("1"));
    assert!(quantity("1Ki") > quantity("1k"));
    assert!(quantity("-1") < quantity("0"));
}

proptest! {
    #[test]
    fn the_canonical_form_is_a_fixed_point(
        number in -1_000_000_000_i64..1_000_000_000,
        suffix in prop::sample::select(vec!["", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-3"]),
    ) {
        let once = quantity(&format!("{number}{suffix}"));
        let twice = quantity(&once.to_string());
        prop_assert_eq!(once, twice);
        prop_assert_eq!(once.to_string(), twice.to_string());
    }

    #[test]
    fn no_text_panics(text in "[-+]?[0-9.]{0,40}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,12}") {
        let _ = text.parse::<Quantity>();
    }
}
