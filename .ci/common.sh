# Sourced by run and sanitize: a scratch folder that goes away, and copies of the working tree to build in.
# shellcheck shell=bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_QUIET=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH

heading() { printf '\n=== %s (%d s)\n' "$1" "$SECONDS"; }

# What git knows or would add, as it lies in the working tree: ignored build outputs stay behind.
copy_tree() { mkdir -p "$1" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1"; }
