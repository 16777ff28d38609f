#!/usr/bin/env python3
"""Times a command as a whole process: wall-clock seconds, CPU seconds and peak memory.

    measure.py [--runs N] [--before COMMAND] -- COMMAND...

Prints one JSON object: each figure as minimum, median and maximum over the runs. `--before` is
run by the shell before each run and not timed, for instance to remove what the run before made.
The command's own output goes to standard error.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def once(command):
    """One run: seconds, CPU seconds, peak resident memory in MB."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=sys.stderr)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    # Linux counts ru_maxrss in KiB.
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--before", default="")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    rows = []
    for _ in range(arguments.runs):
        if arguments.before:
            subprocess.run(arguments.before, shell=True, check=True)
        rows.append(once(arguments.command))
    figures = {}
    for name, values in zip(("seconds", "cpu_seconds", "peak_mb"), zip(*rows)):
        figures[name] = [round(f(values), 2) for f in (min, statistics.median, max)]
    print(json.dumps({"runs": arguments.runs, **figures}))


if __name__ == "__main__":
    main()
