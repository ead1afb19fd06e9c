#!/bin/sh
# Runs every fuzz target for a bounded time: fuzz/run.sh [SECONDS each, 60 if not given].
# With cargo-fuzz and a nightly compiler the real fuzzer runs; else the same bodies run over changed seeds on the
# ordinary compiler, which finds less but needs nothing.
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-60}"
if cargo +nightly fuzz --version >/dev/null 2>&1; then
    for target in csv ndjson any; do
        seeds="fuzz/seeds/$target"
        [ -d "$seeds" ] || seeds="fuzz/seeds/csv fuzz/seeds/ndjson"
        mkdir -p "fuzz/corpus/$target"
        # shellcheck disable=SC2086
        cargo +nightly fuzz run "$target" "fuzz/corpus/$target" $seeds -- \
            -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=512
    done
else
    echo "cargo-fuzz or a nightly compiler is missing: running the targets over changed seeds instead"
    FUZZ_SECONDS="$seconds" cargo test --release --test tests -- --ignored --nocapture changed_seeds
fi
