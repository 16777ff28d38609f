#!/usr/bin/env bash
# The methods of estimation as whole commands, beside what the R packages took for the same work.
#
#     bench/estimate.sh
#
# The seconds of the packages are CPU seconds of one thread, measured once on a machine of this kind; they
# are printed for comparison and not run here. Prints the table in bench/README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=../tools/lib.sh
source tools/lib.sh

# The binary that the demo and the tests use; ZICHT names another.
zicht=${ZICHT:-${CARGO_TARGET_DIR:-target}/debug/zicht}
[[ -n "${ZICHT:-}" ]] || build_zicht
data=crates/estimate/tests/data

printf '| work | a package | zicht: min / median / max |\n|---|---|---:|\n'
# row WORK PACKAGE TABLE OPTION...
row() {
    local work=$1 package=$2 table=$3
    shift 3
    local ran
    ran=$(bench/measure.py --runs 5 -- "$zicht" estimate "$data/$table.csv" --quiet --no-sensitivity "$@")
    python3 - "$work" "$package" "$ran" <<'PYTHON'
import json, sys
low, middle, high = json.loads(sys.argv[3])["seconds"]
print(f"| {sys.argv[1]} | {sys.argv[2]} | {low:.2f} / {middle:.2f} / {high:.2f} s |")
PYTHON
}
row "stepwise, BCa, 1,000 replicates, UK five lists" "102.9 s, SparseMSE 2.0.1" UKdat_5 --method stepwise --interval bca
row "BIC over all 1,024 two-way models, the search repeated in 1,000 replicates, UK five lists" \
    "116.0 s over the best 100 only, MultipleSystemsEstimation 1.2.0" UKdat_5 --method bic --interval bca
row "BIC over 32,768 two-way models, one pass, UK six lists" "103.3 s, MultipleSystemsEstimation 1.2.0" UKdat --method bic
row "the same with 1,000 replicates" "" UKdat --method bic --interval bca
row "BIC to order 3, one pass, UK five lists" "15.9 s, MultipleSystemsEstimation 1.2.0" UKdat_5 --method bic --max-order 3
row "the same with 1,000 replicates" "" UKdat_5 --method bic --max-order 3 --interval bca
row "average over 822 decomposable graphs, Dutch five lists, three values of delta and two priors" \
    "4.6 s for one, dga 2.0.2" Ned_5 --method decomposable
row "average over 18,154 decomposable graphs, Dutch six lists, the same" "" Ned --method decomposable
row "average over decomposable graphs of eight lists by Markov chains, New Orleans, the same" "" NewOrl --method decomposable
row "average over all 32,768 two-way models by BIC, UK six lists" "" UKdat --method bic-average
row "Bayesian average over log-linear models, UK five lists, with other priors" "" UKdat_5 --method bayes-loglinear
row "latent classes until the chains agree, UK five lists" "" UKdat_5 --method latent-class
row "latent classes until the chains agree, Dutch six lists" "does not converge on five, LCMCR" Ned --method latent-class
row "all methods mixed and judged by 200 populations, UK five lists" "" UKdat_5 --method combined
