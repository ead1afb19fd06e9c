cd /tmp/wt/perf; CARGO_INCREMENTAL=1 CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --locked --benches --bins 2>&1 | tail -5
