# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the checkout's virtual environment, or leave it alone when it is up to date.

The environment is built in layers, one requirements file each. A stamp inside it says which layers are complete;
it is taken away before pip starts and written when pip is done, so whatever was interrupted is built anew.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import typing as t

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
COLLECTION = ("eastwest", "mesh")
LAYERS = {
    "run": "requirements.txt",
    "test": "tests/requirements.txt",
    "docs": "tests/docs-requirements.txt",
    "kubernetes": "tests/kubernetes-requirements.txt",
}
# In seconds: so long pip may fetch without a word here
SILENCE = 3
# So long it may work without anything to say
PATIENCE = 10
STAMP = "eastwest-mesh.json"


class EnvironmentProblem(Exception):
    """The environment cannot be built; the message says what to do about it."""


def requirement_files(path: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """A requirements file and the files that it includes."""
    yield path
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"-r\s*(\S+)", line):
            yield from requirement_files(path.parent / match[1])


def digest(checkout: pathlib.Path, layer: str) -> str:
    contents = [path.read_bytes() for path in requirement_files(checkout / LAYERS[layer])]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def read_stamp(venv: pathlib.Path) -> dict[str, t.Any]:
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def usable(venv: pathlib.Path, checkout: pathlib.Path) -> bool:
    """Whether what is there may be kept: complete, in the place it was made for, with current requirements."""
    stamp = read_stamp(venv)
    layers = stamp.get("layers", {})
    # pip writes absolute paths into the scripts, so a checkout that has moved needs a new environment.
    if stamp.get("checkout") != str(checkout) or "run" not in layers:
        return False
    if any(name not in LAYERS or layers[name] != digest(checkout, name) for name in layers):
        return False
    return runs(venv / "bin" / "python")


def runs(python: pathlib.Path) -> bool:
    try:
        return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def interpreter(venv: pathlib.Path) -> str:
    """Return the Python that runs this, or the one below it where this is the environment's own.

    An activated environment comes first in PATH, and it cannot make itself anew.
    """
    own = pathlib.Path(sys.prefix).resolve() == venv.resolve()
    return str(sys._base_executable) if own else sys.executable


def create(venv: pathlib.Path) -> None:
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise EnvironmentProblem(
            f"{sys.executable} cannot make virtual environments: its modules venv and ensurepip are missing. "
            f"Install them (on Debian and Ubuntu the package python{version}-venv), "
            "or name another interpreter: make PYTHON=/path/to/python3 …"
        )
    if venv.is_symlink() or venv.is_file():
        raise EnvironmentProblem(f"{venv} is not a directory; move it away")
    if venv.exists():
        shutil.rmtree(venv)
    if with_uv("venv", "--seed", "--python", interpreter(venv), str(venv)):
        return
    if subprocess.run([interpreter(venv), "-m", "venv", "--clear", venv], check=False).returncode:
        raise EnvironmentProblem(
            f"{sys.executable} could not make the virtual environment {venv}; see above"
        )


def install(venv: pathlib.Path, checkout: pathlib.Path, layers: t.Collection[str]) -> None:
    files = [str(checkout / LAYERS[layer]) for layer in layers]
    arguments = [argument for file in files for argument in ("-r", file)]
    if not with_uv("pip", "install", "--python", str(venv / "bin" / "python"), *arguments):
        install_with_pip(venv, files, arguments)
    say("compiling the packages")
    compile_packages(venv)


def with_uv(*arguments: str) -> bool:
    """Let uv do what pip would, where there is one; return whether it could.

    It is some times as fast. It does not read pip's settings, so an index that only they name is pip's business.
    """
    uv = shutil.which("uv")
    if not uv:
        return False
    index = os.environ.get("PIP_INDEX_URL")
    environment = {**({"UV_DEFAULT_INDEX": index} if index else {}), **os.environ}
    command = [uv, arguments[0], "--quiet", *arguments[1:]]
    if arguments[0] == "pip":
        say("installing the packages with uv")
    status = subprocess.run(command, check=False, env=environment, capture_output=True).returncode
    return status == 0


def install_with_pip(
    venv: pathlib.Path, files: t.Sequence[str], arguments: t.Sequence[str]
) -> None:
    pip = [
        str(venv / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--progress-bar=off",
        "--no-compile",
    ]
    if watch_pip([*pip, *arguments]):
        raise EnvironmentProblem(
            f"pip could not install {', '.join(files)}; see above. If it cannot reach the package index,"
            " name another one: PIP_INDEX_URL=https://… make …"
        )


def watch_pip(command: t.Sequence[str]) -> int:
    """Run pip, say what it is at, and show all it said if it fails; return its status."""
    options: dict[str, t.Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    output: list[str] = []
    began = said = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.STDOUT, text=True, **options) as process:
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        reader = threading.Thread(target=read_lines, args=(process.stdout, lines))
        reader.start()
        while reader.is_alive() or not lines.empty():
            try:
                line = lines.get(timeout=0.1)
            except queue.Empty:
                if time.monotonic() - said > PATIENCE:
                    said = time.monotonic()
                    say(f"still at it after {said - began:.0f} s")
                continue
            output.append(line)
            if (news := pip_news(line)) and (
                news.startswith("installing") or time.monotonic() - said > SILENCE
            ):
                say(news)
                said = time.monotonic()
        reader.join()
    if process.returncode:
        sys.stderr.write("".join(output))
    return process.returncode


def read_lines(stream: t.Iterable[str], lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line)


def pip_news(line: str) -> str:
    """What a line of pip's says, for people; empty where it says nothing new."""
    if match := re.match(r"Collecting ([\w.-]+)", line):
        return f"fetching {match[1]}"
    if match := re.match(r"Installing collected packages: (.*)", line):
        return f"installing {len(match[1].split(', '))} packages"
    return ""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def compile_packages(venv: pathlib.Path) -> None:
    """Compile what processes import.

    They would do that themselves, each one anew where PYTHONDONTWRITEBYTECODE is set, and a lab is many short
    processes. Not what pip could have compiled: there are thousands of modules of other collections.
    """
    compileall = [str(venv / "bin" / "python"), "-m", "compileall", "-q", "-j0"]
    unused = ["-x", "/ansible_collections/"]
    subprocess.run([*compileall, *unused, site_packages(venv)], check=False, capture_output=True)


def site_packages(venv: pathlib.Path) -> pathlib.Path:
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run(
        [venv / "bin" / "python", "-c", query], check=True, capture_output=True, text=True
    )
    return pathlib.Path(site.stdout.strip())


def link_collection(venv: pathlib.Path, checkout: pathlib.Path) -> None:
    """Make the checkout importable, and known to Ansible, as the collection it holds."""
    link = site_packages(venv).joinpath("ansible_collections", *COLLECTION)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(checkout, target_is_directory=True)


def write_stamp(venv: pathlib.Path, checkout: pathlib.Path, digests: dict[str, str]) -> None:
    stamp = {"checkout": str(checkout), "layers": digests}
    temporary = venv / f"{STAMP}.new"
    temporary.write_text(json.dumps(stamp), encoding="utf-8")
    temporary.replace(venv / STAMP)


@contextlib.contextmanager
def locked(venv: pathlib.Path) -> t.Iterator[None]:
    """Keep a second make out of the same environment. The lock goes with the process, however it ends."""
    lock = os.open(venv.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another make that builds {venv}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def ensure(venv: pathlib.Path, checkout: pathlib.Path, wanted: t.Collection[str]) -> None:
    with locked(venv):
        before = read_stamp(venv).get("layers", {})
        present = before if usable(venv, checkout) else {}
        missing = [
            layer for layer in LAYERS if layer in {"run", *wanted, *before} and layer not in present
        ]
        if not missing:
            return
        began = time.monotonic()
        files = ", ".join(LAYERS[layer] for layer in missing)
        print(f"building {os.path.relpath(venv)} from {files}: about a minute, once", flush=True)
        # Read before pip does: a file that changes meanwhile must not pass for installed.
        digests = {layer: digest(checkout, layer) for layer in missing}
        if present:
            (venv / STAMP).unlink()
        else:
            create(venv)
        # The first layer goes along every time, so that pip keeps a later one within its bounds.
        install(venv, checkout, list(dict.fromkeys(["run", *missing])))
        link_collection(venv, checkout)
        write_stamp(venv, checkout, {**present, **digests})
        say(f"done in {time.monotonic() - began:.0f} s")


def main(arguments: t.Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Build the checkout's virtual environment where it is not up to date."
    )
    parser.add_argument("layers", nargs="+", choices=list(LAYERS))
    options = parser.parse_args(arguments)
    try:
        ensure(CHECKOUT / ".venv", CHECKOUT, options.layers)
    except EnvironmentProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
