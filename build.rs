//! The migrations and the replaceable SQL are compiled in; a new file there must cause a new build.

fn main() {
    for folder in ["migrations", "schema"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
