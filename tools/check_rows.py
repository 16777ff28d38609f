#!/usr/bin/env python3
"""check_rows.py FILE: the JSON of `zicht check` accounts for every row."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    check = json.load(file)
rows_in, used, quarantined = check["rows_in"], check["rows_used"], check["rows_quarantined"]
if rows_in != used + quarantined:
    sys.exit(f"{rows_in} rows in, but {used} used and {quarantined} quarantined")
if quarantined == 0 or not check["problems"]:
    sys.exit("the simulated registers have mistakes in them, and none was found")
for problem in check["problems"]:
    lacking = {"file", "row", "column", "rule", "severity", "message"} - problem.keys()
    if lacking:
        sys.exit(f"a problem lacks {', '.join(sorted(lacking))}: {problem}")
print(f"summary: {rows_in} rows in = {used} used + {quarantined} quarantined")
