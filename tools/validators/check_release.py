"""Validates the open data of a release with programs of others, and finds the same figures by each of them.

    check_release.py RELEASE...

Frictionless, CSVW (csvw), JSON-stat (pyjstat), SDMX-ML and SDMX-CSV (pysdmx, with the schemas of SDMX), DCAT-AP (by pyshacl,
with what the specification asks written as shapes). Ends at the first file that one of them refuses.
"""

import csv
import json
import pathlib
import sys

from csvw import CSVW
from frictionless import validate
from pyjstat import pyjstat
from pysdmx.io import get_datasets, read_sdmx
from pyshacl import validate as shacl
from rdflib import Graph

HERE = pathlib.Path(__file__).parent
SHAPES = HERE / "dcat-ap-shapes.ttl"


def fail(what):
    sys.exit(f"check_release: {what}")


def figures(table):
    """The published counts of a table's CSV file, sorted."""
    with open(table, encoding="utf-8", newline="") as file:
        return sorted(int(row["value"]) for row in csv.DictReader(file) if row["value"])


def frictionless(data):
    report = validate(str(data / "datapackage.json"))
    if not report.valid:
        fail(f"{data}/datapackage.json: {report.flatten(['title', 'note'])[:3]}")


def tables(data):
    """Each table as CSVW, JSON-stat and SDMX; how many figures there are."""
    structures = data / "structures.xml"
    read_sdmx(structures, validate=True)
    count = 0
    for folder in sorted(p for p in data.iterdir() if p.is_dir() and p.name != "results"):
        name = folder.name
        wanted = figures(folder / f"{name}.csv")
        described = CSVW(str(folder / f"{name}.csv-metadata.json"), validate=True)
        if not described.is_valid:
            fail(f"{name}: the CSV is not what its CSVW says")
        frame = pyjstat.Dataset.read((folder / f"{name}.json").read_text(encoding="utf-8")).write("dataframe")
        found = sorted(int(n) for n in frame["value"].dropna())
        if found != wanted:
            fail(f"{name}: JSON-stat has other figures than CSV")
        for dataset in get_datasets(folder / f"{name}.sdmx.csv", structures):
            values = dataset.data["OBS_VALUE"].replace("", None).dropna()
            found = sorted(int(float(n)) for n in values)
            if found != wanted:
                fail(f"{name}: SDMX-CSV has other figures than CSV")
            hidden = int((dataset.data["OBS_STATUS"] == "Q").sum())
            if hidden and not all(dataset.data.loc[dataset.data["OBS_STATUS"] == "Q", "CONF_STATUS"] == "C"):
                fail(f"{name}: a hidden figure that is not confidential")
        count += len(wanted)
    return count


def catalogue(data):
    graph = Graph()
    text = (data / "catalogue.jsonld").read_text(encoding="utf-8")
    json.loads(text)
    # The address where it is put does not matter: those within are relative.
    graph.parse(data=text, format="json-ld", publicID="https://example.org/data/catalogue.jsonld")
    fits, _, words = shacl(graph, shacl_graph=Graph().parse(SHAPES, format="turtle"))
    if not fits:
        fail(f"{data}/catalogue.jsonld does not keep to DCAT-AP:\n{words[:2000]}")


def main():
    releases = [pathlib.Path(name) / "data" for name in sys.argv[1:]]
    if not releases:
        fail("which release?")
    count = 0
    for data in releases:
        if not data.is_dir():
            fail(f"{data} is not there; make the release first")
        frictionless(data)
        count += tables(data)
        catalogue(data)
    print(f"summary: {count:,} figures found by CSVW, JSON-stat, SDMX; Frictionless and DCAT-AP valid")


main()
