//! Reads `{"program": …, "event": …}`, runs the program on the event and prints what the event has become; a program that does not
//! compile is printed to stderr with the compiler's words.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, TargetValue, TimeZone, compile};
use vrl::diagnostic::Formatter;
use vrl::value::{Secrets, Value};

fn main() -> ExitCode {
    let input: serde_json::Value = serde_json::from_reader(io::stdin()).expect("JSON on stdin");
    let program = input["program"].as_str().expect("a program");
    let compiled = match compile(program, &vrl::stdlib::all()) {
        Ok(compiled) => compiled,
        Err(found) => {
            eprintln!("{}", Formatter::new(program, found));
            return ExitCode::FAILURE;
        }
    };
    let warnings = Formatter::new(program, compiled.warnings).to_string();
    if !warnings.trim().is_empty() {
        eprintln!("{warnings}");
        return ExitCode::FAILURE;
    }
    let mut target =
        TargetValue { value: Value::from(input["event"].clone()), metadata: Value::Object(BTreeMap::new()), secrets: Secrets::default() };
    let mut state = RuntimeState::default();
    let timezone = TimeZone::default();
    let outcome = compiled.program.resolve(&mut Context::new(&mut target, &mut state, &timezone));
    if let Err(error) = outcome {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let event: serde_json::Value = target.value.try_into().expect("an event is JSON");
    println!("{event}");
    ExitCode::SUCCESS
}
