//! Tells the crate which commit it was built from and by which compiler. Best effort: without git,
//! or outside the project's own repository, the commit stays unknown, and the build goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    if let Some(commit) = commit(&root) {
        println!("cargo::rustc-env=CLIPPEE_SIM_COMMIT={commit}");
    }
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    if let Some(version) = output(Command::new(compiler).arg("--version")) {
        println!("cargo::rustc-env=CLIPPEE_SIM_TOOLCHAIN={version}");
    }
}

fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        // Set by git while a hook runs; they would point at another repository.
        command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
        output(command.current_dir(root).args(arguments))
    };
    // A source archive may lie within somebody else's repository, whose commit says nothing.
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    // The log of HEAD grows with every commit and checkout; the others serve where logs are off. A
    // path that doesn't exist would make cargo build anew each time.
    let branch = git(&["symbolic-ref", "-q", "HEAD"]);
    let watched = ["HEAD", "logs/HEAD", "packed-refs"].into_iter().map(str::to_owned);
    for name in watched.chain(branch) {
        let path = git(&["rev-parse", "--git-path", &name]).map(|path| root.join(path));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    git(&["rev-parse", "HEAD"])
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
