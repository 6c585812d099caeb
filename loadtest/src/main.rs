//! `handrail-load`: see the library of the same name.

fn main() -> std::process::ExitCode {
    handrail_load::main()
}
