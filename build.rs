//! The migrations and the replaceable SQL are compiled in; a new file there must cause a new build. And how the program is linked.

fn main() {
    for folder in ["migrations", "schema"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    // The hundred thousand addresses that each start puts right are read from 40 KB instead of 3 MB. The C library knows this form since
    // 2.36, which Debian 12 has.
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

#[expect(clippy::disallowed_methods, reason = "so cargo tells a build script what it builds for")]
fn is(name: &str, value: &str) -> bool {
    std::env::var(name).is_ok_and(|found| found == value)
}
