//! Manifests of pods that the tests make up.

/// A pod of one busybox container `main` that runs a shell script once.
pub fn pod(name: &str, script: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  restartPolicy: \
         Never\n  containers:\n    - name: main\n      image: busybox\n      imagePullPolicy: Never\n      \
         command: [sh, -c, {script:?}]\n"
    )
}

/// A script that goes on until it is told to end, and then says a word and ends with a code.
pub fn until_told(code: u8) -> String {
    format!("trap 'echo goodbye; exit {code}' TERM; echo here; while true; do sleep 1 & wait $!; done")
}

/// A `ConfigMap` or a `Secret` with one entry.
pub fn entry(kind: &str, name: &str, key: &str, value: &str) -> String {
    let data = if kind == "Secret" { "stringData" } else { "data" };
    format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{data}: {{{key}: {value}}}\n")
}
