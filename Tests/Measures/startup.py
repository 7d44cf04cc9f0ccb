"""How long Acuity takes to its first prompt, against `python3 -c pass` in the same run.

Usage: python3 Tests/Measures/startup.py [path of acuity]

Both are started in turns, and the quickest of each counts: what else the machine does only makes them slower. Ends with
status 1 if the prompt takes more than twice as long.
"""
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

RUNS = 20
LARGEST_RATIO = 2.0


def python() -> float:
    """Seconds of the system's own Python, which no version manager's script stands before."""
    path = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    start = time.perf_counter()
    subprocess.run([path, "-c", "pass"], check=True)
    return time.perf_counter() - start


def prompt(acuity: str, home: str) -> float:
    """Seconds until the first prompt can be read."""
    environment = {"HOME": home, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    start = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.execve(acuity, [acuity], environment)
    seen = b""
    while b"1> " not in seen:
        if not select.select([terminal], [], [], 10)[0]:
            raise SystemExit("no prompt within ten seconds")
        seen += os.read(terminal, 4096)
    seconds = time.perf_counter() - start
    os.write(terminal, b"\x04")
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass
    os.waitpid(process, 0)
    os.close(terminal)
    return seconds


def main() -> None:
    acuity = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ".build/release/acuity")
    with tempfile.TemporaryDirectory() as home:
        pairs = [(python(), prompt(acuity, home)) for _ in range(RUNS)]
    quickest = [1000 * min(times) for times in zip(*pairs)]
    ratio = quickest[1] / quickest[0]
    print(f"python3 -c pass {quickest[0]:.1f} ms, first prompt {quickest[1]:.1f} ms: {ratio:.2f} times as long")
    raise SystemExit(ratio > LARGEST_RATIO)


main()
