#!/bin/sh
# Starts the shop, makes the repositories, and runs: ./run.sh --count 300 --out runs/mixed
# Needs git, and in the environment: pip install 'apigen-pipeline[mcp]' mcp-server-time mcp-server-git
set -eu
cd "$(dirname "$0")"
mkdir -p runs
: >runs/shop.log
python demo_repos.py repos
python -u ../rest_service/shop.py --port 8090 >runs/shop.log 2>&1 &
shop=$!
trap 'kill "$shop" 2>/dev/null || true' EXIT
until grep -q "Running on" runs/shop.log; do
    kill -0 "$shop" 2>/dev/null || { cat runs/shop.log; exit 1; }
    sleep 0.2
done
FJELL_FJORD_OUTDOOR_API_KEY=fjell-og-fjord-demo apigen run run.yaml "$@"
