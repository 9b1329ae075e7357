//! `apiregistration.k8s.io`.

use machinery::{behaviour::Behaviour, format};

pub static API_SERVICE: Behaviour = Behaviour { names: format::path_segment, ..Behaviour::PLAIN };
