#!/usr/bin/env bash
# Makes docs/gallery.md and its pictures from the shipped scenarios. Run it from anywhere; results go to a scratch folder.
#
#   docs/gallery.sh [PROGRAM]      PROGRAM is tiersim, built from this tree by default
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
program="${1:-}"
if [ -z "$program" ]; then
  (cd "$root" && cargo build --locked --release --quiet)
  program="$root/target/release/tiersim"
fi
page="$root/docs/gallery.md"
pictures="$root/docs/images/gallery"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$pictures"
rm -f "$pictures"/*.png

# The chart that shows best what a scenario is about: its name, then the chart.
chart_of() {
  case "$1" in
    frequency-cap | new-template | consent-sources | small-shop-*) echo funnel ;;
    warm-up | portfolio-* | three-numbers-one-limit | enforcement) echo limit ;;
    pricing-*) echo costs ;;
    *) echo rating ;;
  esac
}

{
  echo "# Gallery"
  echo
  echo "Every shipped scenario: its question, its answer in 20 replications (one of the largest), and one of its charts. Made"
  echo "by \`docs/gallery.sh\`; the same version of the program makes the same page. \`tiersim run NAME\` makes a scenario's other"
  echo "charts and its \`report.html\`."
} > "$page"

for file in "$root"/scenarios/*.toml; do
  name="$(basename "$file" .toml)"
  replications=20
  [ "$name" = million ] && replications=1
  answer="$scratch/$name.md"
  echo "gallery: $name" >&2
  "$program" run "$name" --replications "$replications" --quiet --no-digest --format markdown -o "$scratch/out" > "$answer"
  folder="$(find "$scratch/out/$name" -mindepth 1 -maxdepth 1 -type d)"
  chart="$(chart_of "$name")"
  cp "$folder/charts/$chart.png" "$pictures/$name.png"
  {
    echo
    echo "## $name"
    echo
    # Question and headline stand between the title and the table.
    sed -n '3,/^|/p' "$answer" | grep -v '^|' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
    echo
    echo "![$name: $chart](images/gallery/$name.png)"
    echo
    echo "    tiersim run $name --replications $replications"
  } >> "$page"
  rm -rf "$scratch/out"
done
