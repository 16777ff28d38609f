#!/usr/bin/env bash
# Secondary suppression of the tables of the synthetic victims: zicht and, where Rscript and the package are installed, the
# R package GaussSuppression, one after the other. Prints what each hides and how long it takes.
#
#     bench/disclosure.sh                weak mode, and strong for the small table
#     bench/disclosure.sh strong T1 T3   what the example `suppress` takes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=$PWD/crates/disclosure/tests/data
cargo build --release --locked -p zicht-disclosure --example suppress
program=${CARGO_TARGET_DIR:-target}/release/examples/suppress
if (($# > 0)); then
    "$program" "$@"
else
    "$program" weak
    "$program" strong U
fi
if ! command -v Rscript >/dev/null || ! Rscript -e 'library(GaussSuppression)' >/dev/null 2>&1; then
    echo "Rscript or GaussSuppression is not installed: the peer was not run" >&2
    exit 0
fi
DATA=$data Rscript - <<'R'
suppressMessages(library(GaussSuppression))
dir <- Sys.getenv("DATA")
d <- read.csv(file.path(dir, "micro.csv"), colClasses = "character")
names(d) <- c("year", "muni", "form", "sex", "nat")
d$district <- sub("G.*", "", d$muni)
d$unit <- substr(d$muni, 1, 3)
tree <- function(name, deepest) {
  h <- read.csv(file.path(dir, name))
  names(h) <- c("levels", "codes")
  h[nchar(h$levels) <= deepest, ]
}
unit <- tree("hier_region_muni.csv", 2); district <- tree("hier_region_muni.csv", 3); muni <- tree("hier_region_muni.csv", 4)
form <- tree("hier_form.csv", 3); nat <- tree("hier_nat.csv", 3)
run <- function(name, ...) {
  took <- system.time(o <- suppressWarnings(SuppressSmallCounts(
    data = d, maxN = 4, protectZeros = FALSE, extend0 = TRUE, printInc = FALSE, ...)))
  cat(sprintf("%s GaussSuppression %d %d %d %.2f\n", name, nrow(o), sum(o$primary), sum(o$suppressed), took[3]))
}
sex <- c("Total", "F", "M", "X")
run("T1", hierarchies = list(district = district, form = form, sex = sex))
run("T2", hierarchies = list(district = district, form = form, year = c("Total", sort(unique(d$year)))))
run("T3", hierarchies = list(muni = muni, form = form))
run("T4", hierarchies = list(district = district, form = form, nat = nat))
run("U", hierarchies = list(unit = unit, form = form, sex = sex))
R
