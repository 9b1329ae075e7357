//! `minke run`: manifests in front of the user, their result as exit code, nothing left behind.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};
use tests::{
    Instance, Machine, Running, Signal, example, load_images,
    manifest::{entry, pod, until_told},
    minke,
};

/// A data folder with the images of the tests.
fn with_images(machine: &Machine) -> PathBuf {
    let data_dir = machine.data_dir("data");
    load_images(machine, &data_dir).unwrap();
    data_dir
}

fn start(machine: &Machine, data_dir: &Path, files: &[&Path], input: &str) -> Running {
    let mut command = machine.command(minke().unwrap());
    command.arg("run").args(files).arg("--data-dir").arg(data_dir);
    Running::start(command, input).unwrap()
}

/// Waits for the end of a run; returns its exit code and what it said, after checking that nothing is left of it.
fn finish(data_dir: &Path, run: Running) -> (Option<i32>, Vec<String>) {
    let folder = data_dir.join("run").join(run.pid().to_string());
    let (status, lines) = run.finish().unwrap();
    assert!(!folder.exists() && !Instance::of(&folder).is_on_the_machine(), "something is left of {lines:#?}");
    (status.code(), lines)
}

fn assert_said(lines: &[String], expected: &[&str]) {
    for line in expected {
        assert!(lines.iter().any(|said| said == line), "no {line:?} in {lines:#?}");
    }
}

#[test]
fn a_run_shows_logs_and_states_and_ends_with_its_pod() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let run = start(&machine, &data_dir, &[&example("hello")], "");
    let (code, lines) = finish(&data_dir, run);

    assert_eq!(code, Some(0), "{lines:#?}");
    let expected = ["pod/hello: created", "hello/hello | Hello from a pod!", "pod/hello: deleted"];
    assert_said(&lines, &expected);
    assert!(lines.iter().any(|line| line.starts_with("pod/hello: Completed (ready 0/1")), "{lines:#?}");
    assert_eq!(machine.links().unwrap(), ["lo"]);
}

#[test]
fn a_run_ends_with_the_code_of_the_container_that_failed() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let run = start(&machine, &data_dir, &[&example("init-fails")], "");
    let (code, lines) = finish(&data_dir, run);

    assert_eq!(code, Some(7), "{lines:#?}");
    assert_said(&lines, &["init-fails/migrate | cannot reach the database"]);
    assert!(lines.iter().any(|line| line.starts_with("pod/init-fails: Init:Error")), "{lines:#?}");
}

#[test]
fn a_run_takes_several_documents_of_any_kind_from_standard_input() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let settings = entry("ConfigMap", "settings", "greeting", "good morning");
    let reader = pod("reader", "echo $greeting") + "      envFrom: [{configMapRef: {name: settings}}]\n";
    let documents = [settings, reader, pod("loser", "echo lost; exit 3")].join("---\n");
    let run = start(&machine, &data_dir, &[Path::new("-")], &documents);
    let (code, lines) = finish(&data_dir, run);

    assert_eq!(code, Some(3), "{lines:#?}");
    let created = ["configmap/settings: created", "pod/reader: created", "pod/loser: created"];
    assert_said(&lines, &created);
    assert_said(
        &lines,
        &["reader/main | good morning", "loser/main | lost", "pod/reader: deleted", "pod/loser: deleted"],
    );
}

#[test]
fn a_run_that_cannot_create_all_removes_what_it_has_created() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let documents = [pod("good", "true"), pod("Bad", "true")].join("---\n");
    let run = start(&machine, &data_dir, &[Path::new("-")], &documents);
    let (code, lines) = finish(&data_dir, run);

    assert_eq!(code, Some(1), "{lines:#?}");
    assert_said(&lines, &["pod/good: created"]);
    let mistake = "minke: standard input, document 2: Pod \"Bad\" is invalid: metadata.name: Invalid value: \"Bad\"";
    assert!(lines.iter().any(|line| line.starts_with(mistake)), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(" WARN ")), "{lines:#?}");
}

#[test]
fn ctrl_c_ends_the_pods_in_their_own_way() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let file = machine.write("pod.yaml", &pod("server", &until_told(0))).unwrap();
    let mut run = start(&machine, &data_dir, &[&file], "");
    run.wait_for("server/main | here").unwrap();
    run.signal(Signal::INT).unwrap();
    let (code, lines) = finish(&data_dir, run);

    assert_eq!(code, Some(130), "{lines:#?}");
    assert_said(&lines, &["server/main | goodbye", "pod/server: deleted"]);
    assert_eq!(machine.links().unwrap(), ["lo"]);
}

#[test]
fn whoever_ends_a_run_ends_its_pods() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let file = machine.write("pod.yaml", &pod("server", &until_told(0))).unwrap();
    for (signal, expected) in [(Signal::HUP, 129), (Signal::TERM, 143)] {
        let mut run = start(&machine, &data_dir, &[&file], "");
        run.wait_for("server/main | here").unwrap();
        run.signal(signal).unwrap();
        let (code, lines) = finish(&data_dir, run);
        assert_eq!(code, Some(expected), "{lines:#?}");
        assert_said(&lines, &["server/main | goodbye", "pod/server: deleted"]);
    }
}

#[test]
fn a_run_that_nobody_reads_ends() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let file = machine.write("pod.yaml", &pod("quiet", &until_told(0))).unwrap();
    let mut command = machine.command("timeout");
    command.arg("90").arg(minke().unwrap()).arg("run").arg(file).arg("--data-dir").arg(&data_dir);
    let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "quiet/main | here"));
    drop(lines);
    assert_eq!(run.wait().unwrap().code(), Some(141));
    assert_eq!(fs::read_dir(data_dir.join("run")).unwrap().count(), 0);
    assert_eq!(machine.links().unwrap(), ["lo"]);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_grace_period() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let manifest = pod("stubborn", "trap '' TERM; echo here; while true; do sleep 1; done");
    let file = machine.write("pod.yaml", &(manifest + "  terminationGracePeriodSeconds: 3600\n")).unwrap();
    let mut run = start(&machine, &data_dir, &[&file], "");
    run.wait_for("stubborn/main | here").unwrap();
    run.signal(Signal::INT).unwrap();
    run.wait_for("run: ending the pods in their own time; Ctrl-C again kills them at once").unwrap();
    run.wait_for("pod/stubborn: Terminating").unwrap();
    run.signal(Signal::INT).unwrap();
    let (code, lines) = finish(&data_dir, run);

    assert_eq!(code, Some(130), "{lines:#?}");
    assert_said(&lines, &["pod/stubborn: deleted"]);
}

#[test]
fn two_runs_side_by_side_do_not_meet() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let app = example("my-app");
    let mut runs = [(); 2].map(|()| start(&machine, &data_dir, &[&app], ""));
    for run in &mut runs {
        run.wait_for("my-app/log-agent | the server says: ").unwrap();
    }
    let [first, mut second] = runs;
    first.signal(Signal::INT).unwrap();
    let (code, lines) = finish(&data_dir, first);
    assert_eq!(code, Some(130), "{lines:#?}");

    // The end of the first has taken nothing from the second.
    second.wait_for("my-app/log-agent | the server says: ").unwrap();
    second.signal(Signal::INT).unwrap();
    let (code, lines) = finish(&data_dir, second);
    assert_eq!(code, Some(130), "{lines:#?}");
    assert_eq!(machine.links().unwrap(), ["lo"]);
}

#[test]
fn a_run_says_why_it_does_not_get_on() {
    let machine = Machine::new().unwrap();
    let data_dir = with_images(&machine);
    let manifest = pod("lost", "").replace("command: [sh, -c, \"\"]", "command: [no-such-program]");
    let run = start(&machine, &data_dir, &[Path::new("-")], &manifest);
    let (code, lines) = finish(&data_dir, run);
    assert_eq!(code, Some(128), "{lines:#?}");
    let why = |line: &String| line.starts_with("pod/lost: StartError (ready 0/1): container main: ");
    let line = lines.iter().find(|line| why(line)).unwrap_or_else(|| panic!("{lines:#?}"));
    assert!(line.contains("no-such-program"), "{line}");

    let run = start(&machine, &data_dir, &[Path::new("-")], &entry("ConfigMap", "settings", "colour", "blue"));
    let (code, lines) = finish(&data_dir, run);
    assert_eq!(code, Some(0), "{lines:#?}");
    assert_said(&lines, &["run: no Pod in the manifests, so there is nothing to wait for"]);
}
