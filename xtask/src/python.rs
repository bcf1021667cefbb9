//! The Python package: its wheel, built once, is installed into a virtual environment for each set
//! of tests, so that what is tested is what users install.

mod environment;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use environment::Environment;

use crate::facets;
use crate::run::{Outcome, cargo, root, run};

/// Which tests of the Python package to run.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only the tests of this adapter, or `base` for those of the package itself; may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// With the newest versions of the frameworks instead of the pinned ones.
    #[arg(long)]
    newest: bool,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// Builds the wheel and runs the tests of the package and of every adapter.
pub fn test(options: &Options) -> Outcome {
    let tools = Environment::tools()?;
    let wheel = wheel(&tools)?;
    if options.wants("base") {
        base(&tools, &wheel)?;
    }
    for adapter in adapters()? {
        if options.wants(&adapter) {
            test_adapter(&tools, &wheel, &adapter, options.newest)?;
        }
    }
    Ok(())
}

/// Checks the format, lints and types of the Python files.
pub fn check() -> Outcome {
    let tools = Environment::tools()?;
    let base = Environment::new("base")?;
    base.install(&tools, &requirements("base", "txt"), None)?;
    let files = ["bindings-python", "examples/python"];
    run(base.program("ruff").args(["format", "--check"]).args(files))?;
    run(base.program("ruff").arg("check").args(files))
}

/// Writes the type stubs of the native module again.
pub fn generate() -> Outcome {
    let tools = Environment::tools()?;
    fs::copy(stubs(&tools)?, package().join("_native.pyi"))
        .map(drop)
        .map_err(|error| format!("the type stubs cannot be written: {error}"))
}

/// Measures the binding next to the same calls in Rust and to cedarpy.
pub fn bench() -> Outcome {
    let tools = Environment::tools()?;
    let wheel = wheel(&tools)?;
    let base = Environment::new("base")?;
    base.install(&tools, &requirements("base", "txt"), Some(&wheel))?;
    run(base.python().arg("bindings-python/benches/authorize.py"))
}

/// Builds the wheel and the source distribution as they are shipped.
pub fn dist() -> Outcome {
    let tools = Environment::tools()?;
    run(tools
        .program("uv")
        .args([
            "build",
            "--no-build-isolation",
            "--out-dir",
            "target/dist/python",
            ".",
        ])
        .arg("--python")
        .arg(tools.interpreter())
        .env("PATH", tools.path()?))
}

/// Tests the package itself: types, stubs, and everything that needs no framework.
fn base(tools: &Environment, wheel: &Path) -> Outcome {
    let fresh = read(&stubs(tools)?)?;
    if read(&package().join("_native.pyi"))? != fresh {
        return Err(
            "the type stubs are not those of the native module: cargo xtask generate".to_owned(),
        );
    }
    let base = Environment::new("base")?;
    base.install(tools, &requirements("base", "txt"), Some(wheel))?;
    types(&base)?;
    facets::write()?;
    run(base
        .python()
        .args([
            "-m",
            "pytest",
            "-q",
            "--ignore=bindings-python/tests/adapters",
        ])
        .arg("bindings-python/tests")
        .env("CHECKREIN_FAULTY_MODULE", faulty_module()?))
}

/// Checks the types of the package as those see it who installed it. Adapters are checked where
/// their framework is.
fn types(base: &Environment) -> Outcome {
    let package = ["-m", "checkrein", "-m", "checkrein.__main__"];
    run(mypy(base).args(["--python-version", "3.10"]).args(package))?;
    run(mypy(base).arg("bindings-python/tests/typing_user.py"))?;
    run(base
        .program("pyright")
        .args(["--project", "bindings-python/pyright.json"])
        .arg("--pythonpath")
        .arg(base.interpreter()))
}

fn mypy(base: &Environment) -> Command {
    let mut mypy = base.program("mypy");
    mypy.args(["--config-file", "bindings-python/mypy.ini"]);
    mypy
}

/// Tests an adapter with its framework, and runs its example.
fn test_adapter(tools: &Environment, wheel: &Path, name: &str, newest: bool) -> Outcome {
    println!("xtask: the adapter for {name}");
    let environment = Environment::new(name)?;
    if newest {
        environment.install_newest(tools, &requirements(name, "in"), wheel)?;
    } else {
        environment.install(tools, &requirements(name, "txt"), Some(wheel))?;
    }
    // mypy is not among what the framework brings, so that of the base looks into its environment.
    let base = Environment::new("base")?;
    base.install(tools, &requirements("base", "txt"), Some(wheel))?;
    if package().join(format!("{name}.py")).exists() {
        run(mypy(&base)
            .arg("--python-executable")
            .arg(environment.interpreter())
            .args(["-m", &format!("checkrein.{name}")]))?;
    }
    run(environment
        .python()
        .args(["-m", "pytest", "-q"])
        .args(tests_of(name)))?;
    run(environment
        .python()
        .arg(format!("examples/python/{name}_agent.py")))
}

/// The files with an adapter's tests.
fn tests_of(name: &str) -> Vec<String> {
    let files =
        ["", "_traps"].map(|part| format!("bindings-python/tests/adapters/test_{name}{part}.py"));
    files
        .into_iter()
        .filter(|file| root().join(file).exists())
        .collect()
}

/// Every adapter that has tests, by name.
fn adapters() -> Outcome<Vec<String>> {
    let folder = root().join("bindings-python/tests/adapters");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let name = name.strip_prefix("test_")?.strip_suffix(".py")?;
            (!name.ends_with("_traps")).then(|| name.to_owned())
        })
        .collect();
    names.sort();
    Ok(names)
}

/// Builds the wheel. The profile is that of all tests, so that no dependency is built twice.
fn wheel(tools: &Environment) -> Outcome<PathBuf> {
    let folder = root().join("target/python/wheel");
    // The name of a wheel says nothing of its content.
    let _ = fs::remove_dir_all(&folder);
    run(tools
        .program("uv")
        .args([
            "build",
            "--quiet",
            "--wheel",
            "--no-build-isolation",
            "--out-dir",
        ])
        .arg(&folder)
        .arg("--python")
        .arg(tools.interpreter())
        .arg(".")
        .env("PATH", tools.path()?)
        .env("CHECKREIN_PROFILE", "release"))?;
    let wheels = fs::read_dir(&folder).map_err(|error| format!("there is no wheel: {error}"))?;
    wheels
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| "there is no wheel".to_owned())
}

/// The native module that panics when asked to.
fn faulty_module() -> Outcome<PathBuf> {
    native_module("fault")
}

/// Builds the native module with a feature, beside the one that is shipped.
fn native_module(feature: &str) -> Outcome<PathBuf> {
    cargo(&[
        "build",
        "--release",
        "--package",
        "checkrein-python",
        "--features",
        feature,
    ])?;
    let target = root().join(format!("target/python/{feature}.so"));
    fs::copy(root().join("target/release/lib_native.so"), &target)
        .map_err(|error| format!("{} cannot be written: {error}", target.display()))?;
    Ok(target)
}

/// The type stubs that the native module has now.
fn stubs(tools: &Environment) -> Outcome<PathBuf> {
    let folder = root().join("target/python/stubs");
    run(tools
        .program("maturin")
        .args([
            "generate-stubs",
            "--quiet",
            "--profile",
            "release",
            "--features",
            "stubs",
            "--out",
        ])
        .arg(&folder)
        .arg("--interpreter")
        .arg(tools.interpreter()))?;
    Ok(folder.join("checkrein/_native.pyi"))
}

fn package() -> PathBuf {
    root().join("bindings-python/python/checkrein")
}

fn requirements(name: &str, extension: &str) -> PathBuf {
    root().join(format!("bindings-python/requirements/{name}.{extension}"))
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
