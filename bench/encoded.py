#!/usr/bin/env python3
"""Dice similarity of codes of 1,024 bits, all with all: zicht beside anonlink, one thread each.

    bench/encoded.py [--codes 20000] [--runs 3]

anonlink is installed from PyPI into target/encoded-bench. Both read the same random codes, with the share of
bits set that clkhash gives FEBRL 4 (0.35), of which one in a hundred of the second file is like one of the first. At
0.8 both may leave out what cannot be near; at 0.5 hardly anything can be left out. What is quoted is processor time: of
anonlink that of comparing alone, of zicht that of the whole process. Prints the table in bench/README.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SHARE = 0.35

ANONLINK = r"""
import json, sys, time
from anonlink.candidate_generation import find_candidate_pairs
from anonlink.similarities import dice_coefficient_accelerated as dice
from bitarray import bitarray
def read(path):
    data, codes = open(path, "rb").read(), []
    for at in range(0, len(data), 128):
        code = bitarray(endian="little")
        code.frombytes(data[at:at + 128])
        codes.append(code)
    return codes
a, b = read(sys.argv[1]), read(sys.argv[2])
began = time.process_time()
scores, _, _ = find_candidate_pairs([a, b], dice, float(sys.argv[3]))
print(json.dumps({"near": len(scores), "seconds": time.process_time() - began}))
"""

MAKE = r"""
import numpy as np, sys
n, share = int(sys.argv[1]), float(sys.argv[2])
rng = np.random.default_rng(20261126)
a = rng.random((n, 1024)) < share
b = rng.random((n, 1024)) < share
like = rng.choice(n, n // 100, replace=False)
b[like] = a[like] ^ (rng.random((len(like), 1024)) < 0.03)
for path, bits in zip(sys.argv[3:], (a, b)):
    np.packbits(bits, axis=1, bitorder="little").tofile(path)
"""


def prepare():
    folder = TARGET / "encoded-bench"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "anonlink==0.15.3", "numpy"], check=True)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=int, default=20000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    python = prepare()
    build = ["cargo", "build", "--locked", "-q", "-p", "zicht-linkage", "--example", "near_codes"]
    subprocess.run(build, cwd=ROOT, check=True)
    zicht = TARGET / "debug" / "examples" / "near_codes"
    pairs = options.codes**2
    print("| least Dice | near | anonlink, M/s | zicht, M/s | ratio |")
    print("|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as work:
        files = [f"{work}/a.bin", f"{work}/b.bin"]
        subprocess.run([python, "-c", MAKE, str(options.codes), str(SHARE), *files], check=True)
        alone = {**os.environ, "RAYON_NUM_THREADS": "1"}
        for least in ("0.8", "0.5"):
            commands = {"anonlink": [python, "-c", ANONLINK, *files, least], "zicht": [zicht, *files, least]}
            best, near = {}, {}
            # One after the other, so that what else the machine does falls on both.
            for _ in range(options.runs):
                for name, command in commands.items():
                    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=alone)
                    found = json.loads(run.stdout)
                    whole = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
                    seconds = found.get("seconds", whole)
                    best[name] = min(seconds, best.get(name, seconds))
                    near[name] = found["near"]
            if near["anonlink"] != near["zicht"]:
                sys.exit(f"the two disagree at {least}: {near}")
            speed = {name: pairs / seconds / 1e6 for name, seconds in best.items()}
            ratio = speed["zicht"] / speed["anonlink"]
            print(f"| {least} | {near['zicht']:,} | {speed['anonlink']:.0f} | {speed['zicht']:.0f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
