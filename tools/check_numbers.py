"""Finds every number of a site in its open data, and every figure of the open data in the site.

    check_numbers.py RELEASE...

A page of one table may show the figures of that table, as counts, bounds and rates to the last digit, and shares of two of
them. Other pages may show what stands in data/results/shown.csv. The names of files, dates and the rows of sources are
looked up in manifest.json. Ends at the first page on which a number is nowhere in the data.
"""

import csv
import json
import pathlib
import re
import sys
from html.parser import HTMLParser

NUMBER = re.compile(r"[\u2212+-]?\d[\d.,]*%?")


class Cells(HTMLParser):
    """The texts of the cells and key figures that are numbers."""

    def __init__(self):
        super().__init__()
        self.texts = []
        self.lang = ""
        self.inside = None

    def handle_starttag(self, tag, attrs):
        classes = (dict(attrs).get("class") or "").split()
        if tag == "html":
            self.lang = dict(attrs)["lang"]
        if (tag == "td" and "n" in classes) or (tag == "span" and "big" in classes):
            self.inside = tag
            self.texts.append("")

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data


def fail(what):
    sys.exit(f"check_numbers: {what}")


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(text, lang):
    """The numbers in a text, as (value, decimals, whether it is a percentage)."""
    # A period in brackets behind a figure says of when it is.
    for found in NUMBER.findall(re.sub(r"\(\d{4}[^)]*\)", "", text)):
        plain = found.rstrip("%").rstrip(".,")
        thousands, point = (",", ".") if lang == "en" else (".", ",")
        plain = plain.replace(thousands, "").replace(point, ".").replace("\u2212", "-")
        decimals = len(plain.split(".")[1]) if "." in plain else 0
        yield float(plain), decimals, found.endswith("%")


def figures(folder):
    """What the CSV file of a table has: counts and bounds, and rates."""
    counts, rates = set(), set()
    for row in rows(folder / f"{folder.name}.csv"):
        counts |= {int(row[name]) for name in ("value", "lower", "upper") if row[name]}
        rates |= {float(row[name]) for name in ("rate", "rate_lower", "rate_upper") if row.get(name)}
        counts |= {int(row["population"])} if row.get("population") else set()
    return counts, rates


def is_there(value, decimals, percent, counts, rates):
    if percent:
        whole = [n for n in counts if n]
        half = 0.5 * 10**-decimals + 1e-9
        # For each whole, the counts that the share may be of.
        return any(
            any(n in counts for n in range(int((value - half) * w / 100), int((value + half) * w / 100) + 2))
            for w in whole
        )
    if decimals == 0 and int(value) in counts:
        return True
    return any(abs(round(rate, decimals) - value) < 1e-9 for rate in rates)


def in_the_data(release):
    """Walks the pages; how many numbers were found."""
    tables = {p.name: figures(p) for p in (release / "data").iterdir() if p.is_dir() and p.name != "results"}
    every = (set().union(*(t[0] for t in tables.values())), set().union(*(t[1] for t in tables.values())))
    said = {}
    for row in rows(release / "data/results/shown.csv"):
        said.setdefault(row["page"], set()).update((row["text_en"], row["text_nl"]))
    manifest = json.dumps(json.loads((release / "manifest.json").read_text(encoding="utf-8")))
    known = {float(n) for n in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", manifest)}
    count = 0
    for page in sorted((release / "site").glob("*/*.html")):
        cells = Cells()
        cells.feed(page.read_text(encoding="utf-8"))
        table = page.stem.removeprefix("table-") if page.stem.startswith("table-") else None
        for text in cells.texts:
            if page.stem in said and text.strip() in said[page.stem]:
                count += len(list(numbers(text, cells.lang)))
                continue
            for value, decimals, percent in numbers(text, cells.lang):
                own = tables[table] if table else every
                if not is_there(value, decimals, percent, *own) and value not in known:
                    fail(f"{page}: {text.strip()!r} is not in the open data")
                count += 1
    return count


def in_the_site(release):
    """Every figure of every table, in what the page of the table reads; how many were found."""
    count = 0
    for folder in sorted(p for p in (release / "data").iterdir() if p.is_dir() and p.name != "results"):
        script = (release / "site/explore" / f"{folder.name}.js").read_text(encoding="utf-8")
        dataset = json.loads(script.removeprefix("zicht.cube(").rstrip().removesuffix(");"))
        codes = {name: dataset["dimension"][name]["category"]["index"] for name in dataset["id"]}
        values = dataset["value"]
        at = (lambda i: values.get(str(i))) if isinstance(values, dict) else (lambda i: values[i])
        for row in rows(folder / f"{folder.name}.csv"):
            place = 0
            for name, size in zip(dataset["id"], dataset["size"]):
                place = place * size + codes[name].index(row[name])
            if at(place) != (int(row["value"]) if row["value"] else None):
                fail(f"{folder.name}: {row} is not what the site has")
            hidden = dataset.get("status", {}).get(str(place)) == "Q"
            if hidden != (row["OBS_STATUS"] == "Q"):
                fail(f"{folder.name}: {row} is hidden in one of them only")
            count += 1
        for lang in ("en", "nl"):
            if not (release / "site" / lang / f"table-{folder.name}.html").is_file():
                fail(f"{folder.name} has no page in {lang}")
    return count


def main():
    releases = [pathlib.Path(name) for name in sys.argv[1:]]
    found = sum(in_the_data(r) for r in releases)
    cells = sum(in_the_site(r) for r in releases)
    if not found or not cells:
        fail("there is nothing to check")
    print(f"summary: {found} numbers of pages found in the data, {cells} cells of the data in the site")


if __name__ == "__main__":
    main()
