//! Large runs on huge pages: with small ones, most of what a step looks at isn't in the processor's
//! table of pages either, and takes a second way to memory.

use crate::experiment::Estimate;

/// Sees to it that what takes much memory runs on huge pages, where glibc's allocator can be told to
/// ask Linux for them: by a variable that it reads when a program starts, so this one starts again,
/// as the same process. Whoever has set that variable, to nothing even, has decided otherwise.
/// Results are the same. To be called while nothing has been done yet.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn ensure(estimate: Estimate) {
    use std::os::unix::process::CommandExt;
    const VARIABLE: &str = "GLIBC_TUNABLES";
    /// Below this a run's pages fit into the table of pages, more or less.
    const WORTH_IT: u64 = 64 << 20;

    if estimate.bytes < WORTH_IT || std::env::var_os(VARIABLE).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut words = std::env::args_os();
        let mut again = std::process::Command::new(program);
        again.arg0(words.next().unwrap_or_default()).args(words);
        again.env(VARIABLE, "glibc.malloc.hugetlb=1");
        // It only comes back if that isn't allowed here: then small pages must do.
        let _ = again.exec();
    }
}

/// Elsewhere the allocator decides.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn ensure(_: Estimate) {}
