#!/usr/bin/env bash
# The experiments of docs/experiments.md, all in one folder: bash examples/experiments/run.sh DIR
# Takes some two hours on two idle cores. With QUICK=1 everything is small, in minutes: to see that it works, not to learn anything.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

count() { if [ "${QUICK:-}" ]; then echo "$2"; else echo "$1"; fi; }
if [ "${QUICK:-}" ]; then steps=(--max-steps 12) few=(--size 60 --seeds 2 --questions 10); else steps=() few=(--size 500 --seeds 3 --questions 200); fi
recipe=(--model base_model --recipe "$here/recipe.yaml")
if [ "${QUICK:-}" ]; then recipe+=(--epochs 1); fi

echo "== a model to begin with, from other tools"
apigen run "$here/base.yaml" --count "$(count 12000 600)" --out base
apigen train base --from-scratch tiny --recipe "$here/base_recipe.yaml" "${steps[@]}" --out base_model

echo "== rejects put back"
apigen run "$here/simple.yaml" --count "$(count 2500 400)" --out simple
apigen ablate simple --out ablation "${recipe[@]}" "${few[@]}" --held-out 0.12 --answer-tokens 120

echo "== closing the loop"
portion=$(count 300 40)
apigen run "$here/loop.yaml" --count "$(count 150 40)" --seed 4 --out first
apigen run "$here/loop.yaml" --count "$portion" --seed 9 --out plain
apigen run "$here/loop.yaml" --count "$portion" --seed 77 --out probe
apigen run "$here/loop.yaml" --count "$portion" --seed 123 --out test
apigen train first/dataset.jsonl plain/dataset.jsonl "${recipe[@]}" --out one
apigen evaluate --suite held-out:probe --model local:one --out one-probe --max-tokens 120
apigen run "$here/loop.yaml" --count "$portion" --seed 10 --out second
apigen run "$here/loop.yaml" --count "$portion" --seed 10 --focus one-probe --focus-strength 0.8 --out focused
for round in second focused; do
    apigen train first/dataset.jsonl plain/dataset.jsonl $round/dataset.jsonl "${recipe[@]}" --out "two-$round"
    apigen evaluate --suite held-out:test --model "local:two-$round" --out "two-$round-test" --max-tokens 120
done
apigen evaluate compare two-second-test two-focused-test
