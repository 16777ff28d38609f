#!/usr/bin/env python3
"""Checks which crate may depend on which, as docs/src/architecture.md says.

Reads `cargo metadata`. Fails when one of our crates depends on another that is not below it in the
way of the data, when a crate that must stay free of an engine reaches it through any dependency,
when a crate does not take the lints of the workspace, or when a direct dependency, of the folder
cluster too, has no written reason in docs/src/decisions/dependencies.md.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# crate -> crates of ours that it may depend on. The arrows go one way: against the pipeline.
ALLOWED = {
    "model": set(),
    "intake": {"model"},
    "linkage": {"model"},
    "tables": {"model"},
    "estimate": {"model"},
    "disclosure": {"model"},
    "simulate": {"model"},
    # The vocabulary alone: it sets what it is given.
    "report": {"model"},
    # Neither intake nor tables: what publish is given has passed disclosure.
    "publish": {"model", "estimate", "disclosure", "report"},
    # None: it reads a release as anybody can, so that what was not published cannot come out of it.
    "server": set(),
    "zicht": {"model", "intake", "linkage", "tables", "estimate", "disclosure", "simulate", "publish", "server"},
}

# Tests may look further, for instance at what another crate makes of their output.
ALLOWED_IN_TESTS = {
    "simulate": {"intake"},
    "publish": {"tables"},
}

# crate -> packages (by the beginning of their names) that it must not reach; tests and
# build scripts aside.
ENGINES = ("datafusion", "ballista", "sqlparser")
COLUMNS = ("arrow", "parquet")
ASYNC = ("tokio", "async-", "futures")
NETWORK = ("axum", "hyper")
FORBIDDEN = {
    "model": ENGINES + COLUMNS + ASYNC + ("highs", "rand", "rayon"),
    "intake": ENGINES + ("highs",),
    "linkage": ENGINES + COLUMNS + ASYNC + ("highs",),
    "tables": ("highs",),
    "estimate": ENGINES + COLUMNS + ASYNC + ("highs",),
    "disclosure": ENGINES + COLUMNS + ASYNC,
    "simulate": ENGINES + ("highs",),
    "report": ENGINES + COLUMNS + ASYNC + ("highs",),
    "publish": ENGINES,
    "server": ENGINES + COLUMNS + ("highs", "rand", "rayon"),
}
# Connections are the affair of one crate.
for NAME in set(FORBIDDEN) - {"server"}:
    FORBIDDEN[NAME] += NETWORK

# Edges that are there for one of our crates alone and that cargo shows under all: it builds a package once, with
# the features that anybody asks for. typst asks for threads in indexmap.
FOR_OTHERS = {("indexmap", "rayon"): "report"}


def metadata():
    version = subprocess.run(["rustc", "-vV"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    host = re.search(r"^host: (.+)$", version, re.M)[1]
    # Of this platform only: others bring crates along that are never compiled here.
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def main():
    data = metadata()
    packages = {p["id"]: p for p in data["packages"]}
    nodes = {n["id"]: n for n in data["resolve"]["nodes"]}
    ours = {short(packages[i]["name"]): i for i in data["workspace_members"]}
    problems = []

    for name in sorted(set(ours) - set(ALLOWED)):
        problems.append(f"{name}: a new crate; say in {Path(__file__).name} and architecture.md what it may know")
    for name in sorted(set(ALLOWED) - set(ours)):
        problems.append(f"{name}: there is no such crate")

    for name in sorted(set(ours) & set(ALLOWED)):
        package = packages[ours[name]]
        for dependency in package["dependencies"]:
            other = short(dependency["name"])
            if "path" not in dependency or other == name:
                continue
            allowed = ALLOWED[name]
            if dependency["kind"] == "dev":
                allowed = allowed | ALLOWED_IN_TESTS.get(name, set())
            if other not in allowed:
                problems.append(f"{name} must not depend on {other}")
        for reached, way in reach(ours[name], nodes, packages).items():
            if reached.startswith(FORBIDDEN.get(name, ())):
                problems.append(f"{name} must not reach {reached}; it does by {' > '.join(way)}")
        manifest = tomllib.loads(Path(package["manifest_path"]).read_text(encoding="utf-8"))
        if manifest.get("lints") != {"workspace": True}:
            problems.append(f"{name}: its Cargo.toml does not say [lints] workspace = true")

    direct = {
        d["name"]
        for i in ours.values()
        for d in packages[i]["dependencies"]
        if "path" not in d
    }
    problems += reasons(direct | of_cluster())
    if problems:
        sys.exit("\n".join(problems))
    print(f"summary: {len(ours)} crates, {len(direct)} direct and {len(packages) - len(ours)} dependencies in all")


def short(name):
    """`zicht-model` is called model."""
    return name.removeprefix("zicht-")


def reach(start, nodes, packages):
    """Names of all packages that are compiled into `start`, each with the way to it."""
    found = {}
    stack = [(start, [packages[start]["name"]])]
    seen = {start}
    while stack:
        node, way = stack.pop()
        for dependency in nodes[node]["deps"]:
            if all(kind["kind"] is not None for kind in dependency["dep_kinds"]):
                continue
            other = dependency["pkg"]
            name = packages[other]["name"]
            if other in seen or FOR_OTHERS.get((way[-1], name), short(way[0])) != short(way[0]):
                continue
            seen.add(other)
            found.setdefault(name, way + [name])
            stack.append((other, way + [name]))
    return found


def of_cluster():
    """Direct dependencies of zicht-cluster, which is a workspace of its own."""
    manifest = tomllib.loads((ROOT / "cluster/Cargo.toml").read_text(encoding="utf-8"))
    tables = [manifest.get("dependencies", {}), manifest.get("dev-dependencies", {})]
    return {
        name
        for table in tables
        for name, how in table.items()
        if not (isinstance(how, dict) and "path" in how)
    }


def reasons(direct):
    """Every direct dependency has a row in the page, and every row is a dependency."""
    page = ROOT / "docs/src/decisions/dependencies.md"
    rows = set(re.findall(r"^\| `([a-z0-9_-]+)` \|", page.read_text(encoding="utf-8"), re.M))
    missing = [f"{page.name}: no reason is written for {name}" for name in sorted(direct - rows)]
    extra = [f"{page.name}: {name} is no direct dependency any more" for name in sorted(rows - direct)]
    return missing + extra


if __name__ == "__main__":
    main()
