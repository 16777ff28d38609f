#!/usr/bin/env python3
"""Protects tables of amounts in which hundreds are alone in a cell, and says what it took.

    bench/amounts.py PROGRAM [FOLDER]

PROGRAM is zicht as it was built. The records are the first 5,000 synthetic victims, each with an amount drawn from a lognormal
distribution and one of 900 companies; the same on every machine.
"""

import csv
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "crates/disclosure/tests/data"
RECORDS, COMPANIES = 5_000, 900
HIERARCHIES = ["hier_region_muni.csv", "hier_form.csv"]
SPEC = """
person = "company"
[disclosure]
threshold = 3
p_percent = {{ p = 10 }}
[variable.region]
column = "muni"
hierarchy = "hier_region_muni.csv"
[variable.form]
hierarchy = "hier_form.csv"
[[table]]
id = "amounts"
dimensions = [{dimensions}]
depth = {{ region = 2 }}
amount = "euro"
"""


def main() -> None:
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as own:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else own)
        folder.mkdir(parents=True, exist_ok=True)
        chance = random.Random(7)
        with (DATA / "micro.csv").open() as file, (folder / "records.csv").open("w") as out:
            rows = csv.DictReader(file)
            written = csv.writer(out)
            written.writerow([*rows.fieldnames, "company", "euro"])
            for _, row in zip(range(RECORDS), rows):
                company, euro = chance.randrange(COMPANIES), round(chance.lognormvariate(8, 1.2))
                written.writerow([*row.values(), f"c{company}", euro])
        for name in HIERARCHIES:
            (folder / name).write_text((DATA / name).read_text())
        print("dimensions cells sensitive hidden exact narrow seconds")
        for dimensions in (["region", "form"], ["region", "form", "sex"]):
            quoted = ", ".join(f'"{name}"' for name in dimensions)
            (folder / "spec.toml").write_text(SPEC.format(dimensions=quoted))
            shutil.rmtree(folder / "out", ignore_errors=True)
            began = time.monotonic()
            subprocess.run(
                [program, "protect", "records.csv", "--spec", "spec.toml", "--out", "out", "--quiet"],
                cwd=folder,
                check=True,
            )
            took = time.monotonic() - began
            said = json.loads((folder / "out/protection.json").read_text())
            table, attack = said["certificate"]["tables"][0], said["certificate"]["attack"]
            counts = [table["cells"], attack["targets"], table["hidden"], attack["exact"], attack["narrow"]]
            print("×".join(dimensions), *counts, f"{took:.1f}")


if __name__ == "__main__":
    main()
