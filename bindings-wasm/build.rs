//! Link arguments of the WebAssembly module.

/// Bytes of stack in the module's memory: twice rustc's default. Browsers give the machine's own
/// stack about as much.
const STACK: usize = 2 * 1024 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-cdylib-link-arg=-zstack-size={STACK}");
    }
}
