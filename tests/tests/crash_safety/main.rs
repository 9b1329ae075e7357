//! What survives a crash: of the server, of a pod's supervisor, of the zygote, of `minke run`, of `minke image load`.

mod images;
mod pods;
mod random;
mod rounds;
mod run;
mod server;
mod supervisor;
