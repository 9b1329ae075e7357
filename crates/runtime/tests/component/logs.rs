//! What containers write arrives, all of it and in order.

use crate::{
    containers::shell,
    fixture::{Fixture, content, trial},
};
use libtest_mimic::Trial;
use std::fs;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("all output is in the log when the exit is told", complete),
        trial("a long line comes in parts", long_line),
        trial("a log is rotated and keeps its newest files", rotation),
    ]
}

async fn complete(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, "seq 1 50000; printf end")).await;
    let expected: String = (1..=50_000).map(|number| format!("{number}\n")).chain(["end\n".to_owned()]).collect();
    assert!(output == expected, "{} bytes instead of {}", output.len(), expected.len());
    sandbox.stop().await.unwrap();
}

async fn long_line(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "head -c 100000 /dev/zero | tr '\\000' x; echo; echo after";
    fixture.run(&sandbox, "c", shell(&fixture, script)).await;
    let log = fs::read_to_string(fixture.log("c")).unwrap();
    let tags: String = log.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(tags, "PPPPPPFF");
    let total: usize = content(&log).lines().take(7).map(str::len).sum();
    assert_eq!(total, 100_000);
    sandbox.stop().await.unwrap();
}

async fn rotation(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut config = fixture.config("c", shell(&fixture, "seq 1 20000"));
    (config.log.max_size, config.log.max_files) = (100_000, 3);
    sandbox.start_container(config).await.unwrap();
    fixture.exit("c").await;
    let directory = fixture.log("c").parent().unwrap().to_owned();
    let mut names: Vec<String> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[0], "0.log");
    names.rotate_left(1);
    let kept: String = names.iter().map(|name| content(&fs::read_to_string(directory.join(name)).unwrap())).collect();
    let numbers: Vec<u32> = kept.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(numbers.last(), Some(&20_000));
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "nothing is missing in between");
    sandbox.stop().await.unwrap();
}
