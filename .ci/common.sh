# Sourced by run and sanitize: a scratch folder that goes away, and copies of the working tree to build in.
# shellcheck shell=bash

work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$work"' EXIT
export PIP_QUIET=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH

heading() { printf '\n=== %s (%d s)\n' "$1" "$SECONDS"; }

# What git knows or would add, as it lies in the working tree: ignored build outputs stay behind.
copy_tree() { mkdir -p "$1" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1"; }

# Run a function of this name in the background.
beside() { "$1" > "$work/$1.log" 2>&1 & echo $! > "$work/$1.pid"; }

# Wait for it and print what it printed; fail where it failed.
collect() {
  local status=0
  wait "$(cat "$work/$1.pid")" || status=$?
  cat "$work/$1.log"
  return "$status"
}
