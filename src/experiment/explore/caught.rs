//! A run that panics is a finding, not the end of the search.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread's panics are caught.
    static CATCHES: Cell<bool> = const { Cell::new(false) };
    /// What the last of them said.
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What `run` gives, or the message of its panic, which isn't printed.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if CATCHES.get() {
                // The place is told without its folder, which differs between machines.
                let place = panic.location().map(|place| (place.file(), place.line()));
                let (file, line) = place.unwrap_or(("nowhere", 0));
                let file = file.rsplit_once("/src/").map_or(file, |(_, file)| file);
                let payload = panic.payload();
                let what = (payload.downcast_ref::<&str>().copied())
                    .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                    .unwrap_or("it doesn't say why");
                MESSAGE.set(format!("{what} ({file}:{line})"));
            } else {
                usual(panic);
            }
        }));
    });
    let before = CATCHES.replace(true);
    // What the run has touched is dropped with it.
    let result = catch_unwind(AssertUnwindSafe(run));
    CATCHES.set(before);
    result.map_err(|_| MESSAGE.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        let told = caught(|| panic!("too {}", "bad")).unwrap_err();
        assert!(told.starts_with("too bad (") && told.contains("caught.rs:"), "{told}");
        assert_eq!(caught(|| 7), Ok(7));
    }
}
