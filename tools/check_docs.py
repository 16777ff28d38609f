#!/usr/bin/env python3
"""Checks the book and the other pages in Markdown, without mdBook.

Fails when a chapter of SUMMARY.md does not exist, a page of the book is in no summary, a link or an
`#include` leads nowhere, a heading that is linked to does not exist, or a key of monitor.toml is not
explained in the reference.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "docs/src"
KEYS = BOOK / "guide/monitor-toml.md"

# Structures of the program that are not tables of monitor.toml.
NOT_SETTINGS = {"SettingsError"}


def main():
    problems = []
    summary = BOOK / "SUMMARY.md"
    chapters = [summary.parent / target for target in links(text_of(summary))]
    problems += [f"SUMMARY.md: {c.relative_to(BOOK)} does not exist" for c in chapters if not c.is_file()]
    pages = sorted(BOOK.rglob("*.md"))
    listed = {c.resolve() for c in chapters} | {summary.resolve()}
    problems += [f"{p.relative_to(ROOT)} is not in SUMMARY.md" for p in pages if p.resolve() not in listed]

    others = sorted(ROOT.glob("*.md")) + sorted((ROOT / "bench").glob("*.md"))
    checked = 0
    for page in pages + others:
        where = page.relative_to(ROOT)
        text = text_of(page)
        for include in re.findall(r"\{\{#include ([^}:]+)", text):
            if not (page.parent / include.strip()).is_file():
                problems.append(f"{where}: nothing to include at {include}")
        for target in links(text):
            if re.match(r"[a-z]+:", target):
                continue
            checked += 1
            path, _, heading = target.partition("#")
            goal = (page.parent / path) if path else page
            if not goal.exists():
                problems.append(f"{where}: {target} leads nowhere")
            elif heading and goal.suffix == ".md" and heading not in headings(goal):
                problems.append(f"{where}: {target}: there is no such heading")
            elif BOOK in page.parents and BOOK not in goal.resolve().parents:
                problems.append(f"{where}: {target} leaves the book, where mdBook cannot follow")

    problems += unexplained_keys()
    if problems:
        sys.exit("\n".join(problems))
    print(f"summary: {len(pages)} pages of the book, {checked} links")


def text_of(page):
    """The page with its includes, without blocks and spans of code."""
    text = page.read_text(encoding="utf-8")

    def include(match):
        path = page.parent / match[1].strip()
        return path.read_text(encoding="utf-8") if path.suffix == ".md" and path.is_file() else match[0]

    text = re.sub(r"\{\{#include ([^}:]+)\}\}", include, text)
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", lambda m: "x" * len(m[0]) if "](" in m[0] else m[0], text)


def links(text):
    """Targets of links and pictures, inline and by reference."""
    inline = re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", text)
    return inline + re.findall(r"^\[[^\]^]+\]:\s+(\S+)", text, re.M)


def headings(page):
    """Anchors of the page as mdBook makes them: lower case, spaces to hyphens, the rest dropped."""
    anchors = set()
    for title in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", text_of(page), re.M):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        plain = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
        anchor = plain.strip().replace(" ", "-")
        number = 0
        while (name := anchor if number == 0 else f"{anchor}-{number}") in anchors:
            number += 1
        anchors.add(name)
    return anchors


def unexplained_keys():
    """Keys that the program reads and the reference does not name."""
    source = (ROOT / "crates/model/src/settings.rs").read_text(encoding="utf-8")
    reference = KEYS.read_text(encoding="utf-8")
    problems = []
    for name, body in re.findall(r"^pub struct (\w+) \{\n(.*?)^\}", source, re.M | re.S):
        if name in NOT_SETTINGS:
            continue
        for attributes, field in re.findall(r"((?:^ +(?:///|#\[).*\n)*)^ +pub (\w+):", body, re.M):
            renamed = re.search(r'rename = "(\w+)"', attributes)
            key = renamed[1] if renamed else field
            if f"`{key}`" not in reference:
                problems.append(f"{KEYS.relative_to(ROOT)}: the key `{key}` ({name}) is not explained")
    return problems


if __name__ == "__main__":
    main()
