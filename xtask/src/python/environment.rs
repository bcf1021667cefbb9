//! Virtual environments below `target/python`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, root, run, works};

/// A virtual environment.
pub struct Environment(PathBuf);

impl Environment {
    /// The one with the build tools, made with the interpreter that is on the machine.
    pub fn tools() -> Outcome<Self> {
        let tools = Self(root().join("target/python/tools"));
        if !works(tools.python().arg("--version")) {
            need_python()?;
            run(Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&tools.0))?;
        }
        run(tools
            .python()
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(root().join("bindings-python/requirements/tools.txt")))?;
        Ok(tools)
    }

    /// The one with this name, made when something is installed.
    pub fn new(name: &str) -> Outcome<Self> {
        Ok(Self(root().join("target/python").join(name)))
    }

    /// Makes it hold exactly these requirements, and the wheel.
    pub fn install(&self, tools: &Self, requirements: &Path, wheel: Option<&Path>) -> Outcome {
        self.create(tools)?;
        run(self.pip(tools, "sync").arg(requirements))?;
        match wheel {
            Some(wheel) => run(self.pip(tools, "install").arg("--no-deps").arg(wheel)),
            None => Ok(()),
        }
    }

    /// Makes it hold the newest versions of what the requirements name, and the wheel.
    pub fn install_newest(&self, tools: &Self, requirements: &Path, wheel: &Path) -> Outcome {
        self.create(tools)?;
        let text = std::fs::read_to_string(requirements)
            .map_err(|error| format!("{} cannot be read: {error}", requirements.display()))?;
        let names = text.lines().filter_map(|line| line.split("==").next());
        let names = names.filter(|name| !name.is_empty() && !name.starts_with('#'));
        run(self
            .pip(tools, "install")
            .arg("--upgrade")
            .args(names)
            .arg(wheel))
    }

    /// Its interpreter, to be run in the root.
    pub fn python(&self) -> Command {
        self.program("python")
    }

    /// A program of it, to be run in the root.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join("bin").join(name));
        command.current_dir(root());
        command
    }

    /// Path of its interpreter.
    pub fn interpreter(&self) -> PathBuf {
        self.0.join("bin/python")
    }

    /// PATH with its programs first.
    pub fn path(&self) -> Outcome<OsString> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.0.join("bin")).chain(std::env::split_paths(&path));
        std::env::join_paths(folders).map_err(|error| format!("PATH cannot be extended: {error}"))
    }

    fn create(&self, tools: &Self) -> Outcome {
        if works(self.python().arg("--version")) {
            return Ok(());
        }
        run(tools
            .program("uv")
            .args(["venv", "--quiet", "--clear", "--python"])
            .arg(tools.interpreter())
            .arg(&self.0))
    }

    fn pip(&self, tools: &Self, task: &str) -> Command {
        let mut command = tools.program("uv");
        command
            .args(["pip", task, "--quiet", "--python"])
            .arg(self.interpreter());
        command
    }
}

/// Installs what is missing to make environments, where that is possible.
fn need_python() -> Outcome {
    if works(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        return Ok(());
    }
    println!("xtask: installing the missing packages python3 and python3-venv");
    let mut install = Command::new("sh");
    install.args([
        "-c",
        "apt-get update -qq && apt-get install -y -qq python3 python3-venv",
    ]);
    run(&mut install).map_err(|error| format!("Python 3.10 or newer with venv is needed: {error}"))
}
