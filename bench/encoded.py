#!/usr/bin/env python3
"""zicht's comparison of encoded values beside anonlink's: pairs of codes of 1,024 bits a CPU second.

    bench/encoded.py [--codes 20000] [--density 0.35] [--runs 5]

Two sets of random codes, seed fixed, each bit set with the same probability; 0.35 is about what a Bloom filter
of names, date of birth and address has. One in twenty codes of the second is like one of the first. anonlink is installed from PyPI into target/encoded-bench; of zicht,
`crates/linkage/examples/similar.rs` is built with the profile of the demo. The programs take turns, each run a
process of its own on one thread. Of anonlink only the search itself is timed, without starting Python and
reading; of zicht the whole process. Both must find the same pairs. Prints the table in bench/README.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

MAKE = r"""
import sys
import numpy as np
folder, codes, density = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
rng = np.random.default_rng(20261124)
a, b = rng.random((2, codes, 1024)) < density
# One in twenty is a code of the other set with a tenth of its bits drawn again.
kept = rng.random((codes // 20, 1024)) < 0.9
b[::20][:len(kept)] = np.where(kept, a[:len(kept)], b[::20][:len(kept)])
for name, bits in (("a", a), ("b", b)):
    np.packbits(bits, axis=1).tofile(f"{folder}/{name}")
"""

ANONLINK = r"""
import sys, time
from anonlink.candidate_generation import find_candidate_pairs
from anonlink.similarities import dice_coefficient_accelerated as dice
from bitarray import bitarray
def read(path):
    data, codes = open(path, "rb").read(), []
    for at in range(0, len(data), 128):
        codes.append(bitarray(endian="big"))
        codes[-1].frombytes(data[at:at + 128])
    return codes
a, b = read(sys.argv[1]), read(sys.argv[2])
began = time.process_time()
found, _, (left, right) = find_candidate_pairs([a, b], dice, float(sys.argv[3]))
took = time.process_time() - began
print(len(found), f"{sum(found):.6f}", sum(int(x) * 65537 + int(y) for x, y in zip(left, right)), took)
"""


def environment() -> str:
    """A Python with anonlink, installed once."""
    home = TARGET / "encoded-bench"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "anonlink==0.15.3", "numpy"], check=True)
        (home / "ready").touch()
    return str(python)


def run(command: list[str]) -> tuple[float, list[str]]:
    """Runs a command on one thread; its CPU seconds, and the words that it printed."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "RAYON_NUM_THREADS": "1"})
    text = child.stdout.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, text.split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--codes", type=int, default=20_000)
    parser.add_argument("--density", type=float, default=0.35)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    python = environment()
    subprocess.run(["cargo", "build", "--locked", "-p", "zicht-linkage", "--example", "similar"], cwd=ROOT, check=True)
    similar = str(TARGET / "debug" / "examples" / "similar")
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "").split()
    wanted = ("popcnt", "avx2", "avx512bw", "avx512_vpopcntdq")
    print("machine:", ", ".join(flag + ("" if flag in flags else " missing") for flag in wanted), "\n")
    print("| least Dice | pairs found | program | million pairs a CPU second: min / median / max | ratio of medians |")
    print("|---:|---:|---|---:|---:|")
    millions = arguments.codes**2 / 1e6
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([python, "-c", MAKE, work, str(arguments.codes), str(arguments.density)], check=True)
        for least in ("0.8", "0.5"):
            files = [f"{work}/a", f"{work}/b", least]
            speeds = {"anonlink 0.15.3": [], "zicht": [], "zicht, all bits of all pairs": []}
            for _ in range(arguments.runs):
                _, (*expected, took) = run([python, "-c", ANONLINK, *files])
                speeds["anonlink 0.15.3"].append(millions / float(took))
                for program, how in (("zicht", []), ("zicht, all bits of all pairs", ["all"])):
                    took, found = run([similar, *files, *how])
                    # The sums of similarities are of floats in another order.
                    if found[::2] != expected[::2] or abs(float(found[1]) - float(expected[1])) > 1e-3:
                        sys.exit(f"{program} found {found}, anonlink {expected}")
                    speeds[program].append(millions / took)
            middle = {program: sorted(of)[len(of) // 2] for program, of in speeds.items()}
            for program, of in speeds.items():
                print(f"| {least} | {int(expected[0]):,} | {program} | {min(of):,.0f} / {middle[program]:,.0f} / {max(of):,.0f} | "
                      f"{middle[program] / middle['anonlink 0.15.3']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
