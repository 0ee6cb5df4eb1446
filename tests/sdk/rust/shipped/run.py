"""The server tests that Conductor's Rust SDK ships, unmodified, against a Segue server.

The tests are taken from the crate as the registry delivered it; nothing of them is kept here. `exclusions.txt`
names those that cannot pass and what is missing for each. A failure that is not listed there fails the run,
and so does a listed test that passes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
from server import Server  # noqa: E402

SUITE_SECONDS_MAX = 240
RESULT = re.compile(r"^test (\S+) \.\.\. (ok|FAILED|ignored)", re.M)
OUTPUT = re.compile(r"^---- (\S+) stdout ----\n(.*?)(?=^---- |^successes:|^failures:|\Z)", re.M | re.S)


def copy_tests(package):
    """Lays this manifest and the crate's tests out in `package`."""
    package.mkdir(parents=True, exist_ok=True)
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copyfile(HERE / name, package / name)
    tests = package / "tests"
    # Cargo refuses a manifest whose targets are not there.
    names = re.findall(r'path = "tests/(\S+)"', (HERE / "Cargo.toml").read_text())
    tests.mkdir(exist_ok=True)
    for name in names:
        (tests / name).touch()
    host = re.search(r"host: (\S+)", subprocess.check_output(["rustc", "-vV"], text=True))[1]
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    metadata = json.loads(subprocess.check_output(command, cwd=package))
    crate = next(found for found in metadata["packages"] if found["name"] == "conductor-sdk")
    shutil.copytree(Path(crate["manifest_path"]).parent / "tests", tests, dirs_exist_ok=True)


def build(package):
    """The test programs by the name of their suite."""
    command = ["cargo", "test", "--quiet", "--locked", "--no-run", "--message-format", "json"]
    lines = subprocess.check_output(command, cwd=package, text=True).splitlines()
    messages = [json.loads(line) for line in lines]
    built = [message for message in messages if message.get("executable")]
    return {message["target"]["name"]: message["executable"] for message in built}


def run(program, url):
    """What each test of a program came to, and what it printed."""
    environment = dict(os.environ, CONDUCTOR_SERVER_URL=url)
    command = [program, "--show-output", "--test-threads", "8"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SUITE_SECONDS_MAX
        )
        text = done.stdout
    except subprocess.TimeoutExpired as expired:
        text = (expired.stdout or b"").decode()
    # The crate tests its own test helpers too, once in every program.
    results = {name: result for name, result in RESULT.findall(text) if "::" not in name}
    return results, dict(OUTPUT.findall(text))


def exclusions():
    """What is missing, by the test that needs it."""
    lines = (HERE / "exclusions.txt").read_text().splitlines()
    rows = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    return {name: reason for name, reason in rows}


def main():
    package = Path(os.environ["SHIPPED_PACKAGE"])
    copy_tests(package)
    programs = build(package)
    excluded = exclusions()
    passed, skipped, known, wrong = [], [], [], []
    server = Server()
    try:
        for suite, program in sorted(programs.items()):
            begun = time.monotonic()
            results, outputs = run(program, server.url)
            print(f"{suite}: {time.monotonic() - begun:.0f} s")
            if not results:
                wrong.append(f"{suite}: did not run to its end")
            for name, result in sorted(results.items()):
                test = f"{suite}::{name}"
                reason = excluded.pop(test, None)
                output = outputs.get(name, "")
                if result == "ok" and reason is None:
                    (skipped if "Skipping" in output else passed).append(test)
                elif result == "ok":
                    wrong.append(f"{test}: passes, but is excluded: {reason}")
                elif reason is not None:
                    known.append(f"{test}: {reason}")
                else:
                    wrong.append(f"{test}: {result}\n{output}")
    finally:
        server.stop()
    wrong += [f"{test}: is excluded, but there is no such test" for test in excluded]
    for line in known:
        print(f"excluded: {line}")
    for line in wrong:
        print(f"WRONG: {line}")
    print(f"{len(skipped)} of those that pass leave at once: they want the commercial server")
    total = len(passed) + len(skipped)
    print(f"Rust SDK's own tests: {total} passed, {len(wrong)} failed, {len(known)} excluded")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
