"""``python -m checkrein``: the native command that the wheel carries."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig


def command() -> str:
    """Path of the native command.

    Raises:
        FileNotFoundError: It is not where installers put it.
    """
    name = "checkrein" + (sysconfig.get_config_var("EXE") or "")
    schemes = [sysconfig.get_path("scripts")]
    user = sysconfig.get_preferred_scheme("user")
    schemes.append(sysconfig.get_path("scripts", scheme=user))
    # `pip install --target` puts it beside the package.
    package = os.path.dirname(os.path.abspath(__file__))
    schemes.append(os.path.join(os.path.dirname(package), "bin"))
    for directory in schemes:
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError(f"the native command is in none of: {', '.join(schemes)}")


def main() -> int:
    """Runs the command with this process's arguments and returns its exit code."""
    try:
        path = command()
    except FileNotFoundError as error:
        print(f"checkrein: {error}", file=sys.stderr)
        return 2
    if os.name == "posix":
        os.execv(path, [path, *sys.argv[1:]])
    return subprocess.call([path, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
