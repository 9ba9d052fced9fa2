#!/bin/sh
# Kills the server and its worker again and again, at other moments each time, until something is lost: ./tests/abuse/kill-loop.sh [RUNS] [KILLS-A-RUN] [FIRST-SEED]
# Ends with the seed that failed, which fails again: SAFEMED_KILL_SEED=… SAFEMED_KILL_ROUNDS=… dotnet test …
set -eu
cd "$(dirname "$0")/../.."
runs=${1:-100} kills=${2:-20} seed=${3:-1}
dotnet build tests/SafeMedLabel.EndToEnd -c Release -v q --nologo
last=$((seed + runs))
while [ "$seed" -lt "$last" ]; do
    echo "seed $seed: $kills kills"
    SAFEMED_KILL_SEED=$seed SAFEMED_KILL_ROUNDS=$kills dotnet test --no-build -c Release --project tests/SafeMedLabel.EndToEnd --filter-class '*KillLoopTests' ||
        { echo "Something was lost or doubled with the seed $seed."; exit 1; }
    seed=$((seed + 1))
done
