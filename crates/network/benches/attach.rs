//! How long a pod waits for its network: `cargo bench -p network`, as root. Prints p50 and p99 of each step.
//!
//! The runs are spaced: back to back, the kernel's deferred work of one hides in the next.

#![allow(unsafe_code, reason = "namespaces are made with unshare(2)")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may panic")]

#[path = "../tests/namespaces/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod namespaces;

use namespaces::{Pod, at, on_a_node, start};
use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

const PODS: usize = 250;

fn main() {
    let dir = std::env::temp_dir().join(format!("minke-bench-attach-{}", std::process::id()));
    on_a_node(|| {
        let mut steps = [const { Vec::new() }; 5];
        for _ in 0..20 {
            let (network, took) = timed(|| start("minke0", "10.42.0.0/24", &dir));
            steps[0].push(took);
            network.remove().unwrap();
        }
        let network = start("minke0", "10.42.0.0/24", &dir);
        for _ in 0..20 {
            let (_again, took) = timed(|| start("minke0", "10.42.0.0/24", &dir));
            steps[1].push(took);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for pod in 0..PODS {
            std::thread::sleep(Duration::from_millis(20));
            let (namespace, took) = timed(Pod::new);
            steps[2].push(took);
            let uid = pod.to_string();
            let (place, took) = timed(|| runtime.block_on(network.attach(&uid, namespace.fd())).unwrap()[0]);
            steps[3].push(took);
            let listener = namespace.listen();
            let address = at(place.ip, &listener);
            steps[4].push(timed(|| TcpStream::connect(address).unwrap()).1);
        }
        let names = ["start, nothing there", "start, all there", "network namespace", "attach", "first connection"];
        for (name, times) in names.iter().zip(&mut steps) {
            times.sort();
            let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e3;
            println!("{name:22} p50 {:6.2} ms   p99 {:6.2} ms", at(50), at(99));
        }
    });
    std::fs::remove_dir_all(dir).unwrap();
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let result = work();
    (result, begin.elapsed())
}
