//! Any text as `monitor.toml`: settings, or an error that points inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = model::Settings::parse(text) {
        assert!(!error.message.is_empty());
        if let Some(span) = error.span {
            assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?}");
        }
    }
});
