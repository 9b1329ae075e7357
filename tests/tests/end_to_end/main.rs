//! The built program, through kubectl, `kube` and HTTP, as users see it. One program of tests: to link many takes longer
//! than to run them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod deletion;
mod examples;
mod images;
mod instances;
mod kubectl;
mod last_words;
mod logs;
mod pods;
mod rights;
mod run;
mod server;
mod streaming;
mod volumes;
