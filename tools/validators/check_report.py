"""Reads the PDF of a report as a screen reader would, with a program of others (pikepdf).

    check_report.py PDF...

Tags, language, title, headings without a level left out, tables with header cells for rows and columns, words for every
picture, links and bookmarks, fonts with text that can be taken out. Ends at the first file that lacks one of them.
"""

import pathlib
import re
import sys

import pikepdf


def fail(what):
    sys.exit(f"check_report: {what}")


class Tags:
    """The elements of the structure tree in the order of reading."""

    def __init__(self, pdf):
        self.all = []
        self.visit(pdf.Root.StructTreeRoot.get("/K"), ())

    def visit(self, node, above):
        if isinstance(node, pikepdf.Array):
            for child in node:
                self.visit(child, above)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            kind = str(node.S)[1:]
            self.all.append((kind, node, above))
            self.visit(node.get("/K"), above + (kind,))

    def of(self, *kinds):
        return [(node, above) for kind, node, above in self.all if kind in kinds]


def attributes(node):
    found = node.get("/A", [])
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def scope(cell):
    return next((str(a.Scope)[1:] for a in attributes(cell) if "/Scope" in a), "")


def document(name, pdf):
    root = pdf.Root
    if not bool(root.get("/MarkInfo", {}).get("/Marked", False)):
        fail(f"{name}: is not tagged")
    language = str(root.get("/Lang", ""))
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", language):
        fail(f"{name}: has no language, but {language!r}")
    if not bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False)):
        fail(f"{name}: does not show its title")
    with pdf.open_metadata() as metadata:
        if not metadata.get("dc:title"):
            fail(f"{name}: has no title")
        if metadata.get("pdfuaid:part") != "1":
            fail(f"{name}: does not say that it is PDF/UA-1")
        if not metadata.get("xmp:CreateDate"):
            fail(f"{name}: has no date")
        return language, str(metadata["dc:title"])


def headings(name, tags):
    levels = [int(kind[1]) for kind, _, _ in tags.all if re.fullmatch(r"H[1-6]", kind)]
    before = 0
    for level in levels:
        if level > before + 1:
            fail(f"{name}: a heading of level {level} comes after one of level {before}")
        before = level
    return len(levels)


def tables(name, tags):
    found = tags.of("Table")
    for table, _ in found:
        cells = Tags.__new__(Tags)
        cells.all = []
        cells.visit(table.get("/K"), ())
        scopes = [scope(cell) for cell, _ in cells.of("TH")]
        if "Column" not in scopes:
            fail(f"{name}: a table without headers of columns")
        rows = cells.of("TR")
        if len(rows) > 1 and scopes.count("Row") < len(rows) - 1:
            fail(f"{name}: {len(rows)} rows, and headers of {scopes.count('Row')}")
        widths = set()
        for row, _ in rows:
            kids = row.K if isinstance(row.K, pikepdf.Array) else [row.K]
            widths.add(len(kids))
        if len(widths) > 1:
            fail(f"{name}: a table whose rows have {sorted(widths)} cells")
    return len(found)


def pictures(name, tags):
    found = tags.of("Figure", "Formula")
    for picture, _ in found:
        if not str(picture.get("/Alt", "")).strip():
            fail(f"{name}: a picture without words for those who do not see it")
    return len(found)


def pages(name, pdf):
    links = 0
    for number, page in enumerate(pdf.pages, 1):
        for note in page.get("/Annots", []):
            if str(note.Subtype) != "/Link" or "/StructParent" not in note or not str(note.get("/Contents", "")):
                fail(f"{name}: page {number} has a link that is not told")
            links += 1
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            if "/ToUnicode" not in font:
                fail(f"{name}: page {number} has text that cannot be taken out")
    return links


def main():
    names = [pathlib.Path(name) for name in sys.argv[1:]]
    if not names:
        fail("which PDF?")
    for name in names:
        try:
            pdf = pikepdf.open(name)
        except (OSError, pikepdf.PdfError) as error:
            fail(f"{name}: {error}")
        with pdf:
            language, title = document(name, pdf)
            if "/StructTreeRoot" not in pdf.Root:
                fail(f"{name}: has no structure")
            tags = Tags(pdf)
            counts = (headings(name, tags), tables(name, tags), pictures(name, tags), pages(name, pdf))
            with pdf.open_outline() as outline:
                marks = len(outline.root)
            if counts[0] and not marks:
                fail(f"{name}: has headings and no bookmarks")
            print(
                f"{name}: {title[:60]!r} in {language}, {len(pdf.pages)} pages, {counts[0]} headings, {counts[1]} tables, "
                f"{counts[2]} pictures with words, {counts[3]} links, {marks} bookmarks"
            )


if __name__ == "__main__":
    main()
