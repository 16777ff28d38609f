#!/usr/bin/env python3
"""`zicht link` beside Splink on DuckDB, each as a whole process: wall, CPU, memory, F1 of groups, persons.

    bench/linkage.py HISTORICAL.parquet [--records 1000000] [--runs 3]
    bench/linkage.py HISTORICAL.parquet --growth 100000 1000000 10000000      zicht alone

HISTORICAL.parquet is `historical_figures_with_errors_50k.parquet` of the public collection of data sets of
Splink's authors (MIT). A larger file is made of its values, with typing errors and missing values, seed fixed.
Splink and pyarrow are installed from PyPI into target/linkage-bench. Splink runs the models that its own
demonstrations have for these fields. Prints the table in bench/README.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# Runs in a process of its own: what it takes is what Splink takes, import included.
SPLINK = r"""
import json, sys
import duckdb, splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
path, large = sys.argv[1], sys.argv[2] == "large"
if large:
    rules = [block_on("first_name", "surname"), block_on("surname", "dob"), block_on("first_name", "dob"),
             block_on("postcode_fake", "dob"), block_on("postcode_fake", "surname"),
             block_on("substr(postcode_fake,1,4)", "substr(surname,1,4)", "substr(dob,1,4)")]
    names = [cl.JaroWinklerAtThresholds(c, [0.92, 0.8]).configure(term_frequency_adjustments=True)
             for c in ("first_name", "surname")]
    compare = names + [cl.DateOfBirthComparison("dob", input_is_string=True), cl.ExactMatch("postcode_fake"),
                       cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
                       cl.ExactMatch("occupation")]
    certain, recall = [block_on("first_name", "surname", "dob"), block_on("dob", "postcode_fake")], 0.7
    train, select = [block_on("first_name", "surname"), block_on("dob", "postcode_fake")], "*"
else:
    rules = [block_on("substr(first_name,1,3)", "substr(surname,1,4)"), block_on("surname", "dob"),
             block_on("first_name", "dob"), block_on("postcode_fake", "first_name"),
             block_on("postcode_fake", "surname"), block_on("dob", "birth_place"),
             block_on("substr(postcode_fake,1,3)", "dob"), block_on("substr(postcode_fake,1,3)", "first_name"),
             block_on("substr(postcode_fake,1,3)", "surname"),
             block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)")]
    compare = [cl.ForenameSurnameComparison("first_name", "surname",
                                            forename_surname_concat_col_name="first_name_surname_concat"),
               cl.DateOfBirthComparison("dob", input_is_string=True), cl.PostcodeComparison("postcode_fake"),
               cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
               cl.ExactMatch("occupation").configure(term_frequency_adjustments=True)]
    certain, recall = [block_on("first_name", "surname", "dob"),
                       block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
                       block_on("dob", "postcode_fake")], 0.6
    train = [block_on("first_name", "surname"), block_on("dob")]
    select = "*, first_name || ' ' || surname as first_name_surname_concat"
table = duckdb.sql(f"select {select} from '{path}'").arrow().read_all()
settings = SettingsCreator(link_type="dedupe_only", blocking_rules_to_generate_predictions=rules,
                           comparisons=compare, retain_intermediate_calculation_columns=False,
                           retain_matching_columns=False)
linker = Linker(DuckDBAPI().register(table), settings)
linker.training.estimate_probability_two_random_records_match(certain, recall=recall)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
for rule in train:
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
pairs = linker.inference.predict(threshold_match_probability=0.5)
found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95)
rows = found.query_sql("select unique_id, cluster_id from {this}").as_duckdbpyrelation().fetchall()
truth = dict(zip(table["unique_id"].to_pylist(), table["cluster"].to_pylist()))
from collections import Counter
two = lambda counts: sum(n * (n - 1) // 2 for n in counts.values())
both = two(Counter((c, truth[i]) for i, c in rows))
precision, recall = both / two(Counter(c for _, c in rows)), both / two(Counter(truth.values()))
print(json.dumps({"version": splink.__version__, "f1": 2 * precision * recall / (precision + recall),
                  "persons": len({c for _, c in rows}), "true": len(set(truth.values()))}))
"""

MAKE = r"""
import sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
source, out, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
rng = np.random.default_rng(20261124)
table = pq.read_table(source)
pool = {c: np.array([v for v in table[c].to_pylist() if v], dtype=object)
        for c in ("first_name", "surname", "birth_place", "occupation", "postcode_fake")}
persons = int(n / 2.5)
sizes = np.ones(persons, int)
np.add.at(sizes, rng.integers(0, persons, n - persons), 1)
pick = lambda c: pool[c][rng.integers(0, len(pool[c]), persons)]
syllables = np.array(["ba", "ko", "ri", "ma", "du", "len", "sto", "vik", "an", "ter"], dtype=object)
two = syllables[rng.integers(0, 10, persons)] + syllables[rng.integers(0, 10, persons)]
values = {"first_name": pick("first_name"), "surname": pick("surname") + np.where(rng.random(persons) < 0.7, two, ""),
          "dob": (np.datetime64("1940-01-01") + rng.integers(0, 25000, persons)).astype(str).astype(object),
          "postcode_fake": pick("postcode_fake"), "birth_place": pick("birth_place"), "occupation": pick("occupation")}
wrong = {"first_name": (.08, .02), "surname": (.08, .01), "dob": (.04, .03), "postcode_fake": (.1, .15),
         "birth_place": (.02, .2), "occupation": (.02, .3)}
ids = np.repeat(np.arange(persons), sizes)
rng.shuffle(ids)
def typed(text):
    if len(text) < 3:
        return text
    i, kind = int(rng.integers(0, len(text) - 1)), rng.integers(0, 3)
    if kind == 0:
        return text[:i] + text[i + 1:]
    if kind == 1:
        return text[:i] + text[i + 1] + text[i] + text[i + 2:]
    return text[:i] + chr(97 + int(rng.integers(0, 26))) + text[i + 1:]
columns = {"unique_id": np.arange(n), "cluster": ids}
for name, of in values.items():
    column = of[ids].astype(object)
    for i in np.where(rng.random(n) < wrong[name][0])[0]:
        column[i] = typed(column[i])
    column[rng.random(n) < wrong[name][1]] = None
    columns[name] = pa.array(column)
pq.write_table(pa.table(columns), out, compression="zstd")
"""


def environment() -> str:
    """A Python with Splink, installed once."""
    home = TARGET / "linkage-bench"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "splink==5.0.0", "pyarrow", "numpy"], check=True)
        (home / "ready").touch()
    return str(python)


def run(command: list[str]) -> tuple[dict, str]:
    """Runs a command to its end; what it took, and what it printed."""
    with tempfile.TemporaryFile() as out:
        began = os.times().elapsed
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = os.times().elapsed - began
        out.seek(0)
        text = out.read().decode()
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} failed: {text[:2000]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "mb": usage.ru_maxrss / 1024}, text


def link(zicht: str, path: Path, out: Path) -> tuple[dict, dict]:
    """Runs `zicht link` with nothing said; what it took, and what it found."""
    took, text = run([zicht, "link", str(path), "--truth", "cluster", "--out", str(out), "--format", "json", "--quiet"])
    found = json.loads(text)
    low, high = found["persons"]["interval"]
    return took, {"version": found["version"], "f1": found["evaluation"]["clusters"]["pairs"]["f1"],
                  "persons": found["persons"]["point"], "interval": f"{low:,.0f} – {high:,.0f}",
                  "pairs": found["pairs_compared"], "true": found["evaluation"]["persons_true"]}


def growth(zicht: str, python: str, historical: Path, sizes: list[int]) -> None:
    """How time and memory grow with the number of records."""
    print("| records | pairs compared | wall | CPU | memory | F1 of groups | persons | true |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as work:
            file = Path(work) / "people.parquet"
            subprocess.run([python, "-c", MAKE, historical, file, str(size)], check=True)
            took, said = link(zicht, file, Path(work) / "linked")
        print(f"| {size:,} | {said['pairs']:,} | {took['wall']:.1f} s | {took['cpu']:.1f} s | {took['mb']:,.0f} MB | "
              f"{said['f1']:.3f} | {said['persons']:,.0f} ({said['interval']}) | {said['true']:,} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("historical", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--growth", type=int, nargs="+", metavar="RECORDS")
    arguments = parser.parse_args()
    zicht = os.environ.get("ZICHT", str(TARGET / "debug" / "zicht"))
    python = environment()
    if arguments.growth:
        growth(zicht, python, arguments.historical, arguments.growth)
        return
    print("| data | program | wall: min / median / max | CPU | memory | F1 of groups | persons | true |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as work:
        large = Path(work) / "large.parquet"
        subprocess.run([python, "-c", MAKE, arguments.historical, large, str(arguments.records)], check=True)
        for name, path, size in (("historical persons", arguments.historical, "small"),
                                 (f"{arguments.records:,} simulated", large, "large")):
            for program in ("Splink", "zicht"):
                took, said = [], {}
                for _ in range(arguments.runs):
                    if program == "Splink":
                        took_one, text = run([python, "-c", SPLINK, str(path), size])
                        said = json.loads(text.strip().splitlines()[-1])
                    else:
                        took_one, said = link(zicht, path, Path(work) / "linked")
                    took.append(took_one)
                walls = sorted(t["wall"] for t in took)
                print(f"| {name} | {program} {said['version']} | {walls[0]:.1f} / {walls[len(walls) // 2]:.1f} / "
                      f"{walls[-1]:.1f} s | {min(t['cpu'] for t in took):.1f} s | {max(t['mb'] for t in took):,.0f} MB | "
                      f"{said['f1']:.3f} | {said['persons']:,.0f} | {said['true']:,} |", flush=True)


if __name__ == "__main__":
    main()
