"""Builds the wheel with maturin, after the native `checkrein` command that it carries.

`CHECKREIN_PROFILE` names the Cargo profile of both; `dist`, what is shipped, when absent.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import maturin
from maturin import (  # noqa: F401 - hooks that need nothing of ours
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "bindings-python" / "checkrein.data" / "scripts"
PROFILE = os.environ.get("CHECKREIN_PROFILE", "dist")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _put_command()
    return maturin.build_wheel(wheel_directory, _with_profile(config_settings), metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _put_command()
    return maturin.build_editable(
        wheel_directory, _with_profile(config_settings), metadata_directory
    )


def build_sdist(sdist_directory, config_settings=None):
    shutil.rmtree(SCRIPTS, ignore_errors=True)
    SCRIPTS.mkdir(parents=True)
    return maturin.build_sdist(sdist_directory, config_settings)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def _with_profile(config_settings):
    settings = dict(config_settings or {})
    settings["build-args"] = f"--profile {PROFILE} --strip {settings.get('build-args', '')}".strip()
    return settings


def _put_command():
    """Builds the command and puts it where maturin takes scripts from."""
    _name_command_in_workspace()
    build = ["cargo", "build", "--profile", PROFILE, "--package", "checkrein-cli"]
    messages = subprocess.run(
        [*build, "--message-format", "json-render-diagnostics"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    built = [json.loads(line) for line in messages.stdout.splitlines() if line.startswith("{")]
    programs = [message["executable"] for message in built if message.get("executable")]
    if len(programs) != 1:
        sys.exit(f"expected the checkrein command alone, found {programs}")
    shutil.rmtree(SCRIPTS, ignore_errors=True)
    SCRIPTS.mkdir(parents=True)
    target = SCRIPTS / pathlib.Path(programs[0]).name
    shutil.copy2(programs[0], target)
    if sys.platform != "win32" and shutil.which("strip"):
        subprocess.run(["strip", target], check=True)


def _name_command_in_workspace():
    """A source distribution carries the command's sources, and maturin drops them from the
    workspace because the module does not depend on them."""
    manifest = ROOT / "Cargo.toml"
    text = manifest.read_text()
    members = text[text.index("members = [") : text.index("]", text.index("members = ["))]
    if '"cli"' not in members:
        manifest.write_text(text.replace("members = [", 'members = ["cli", ', 1))
