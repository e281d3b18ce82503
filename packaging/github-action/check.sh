#!/usr/bin/env bash
# The step of action.yml: an environment of its own, one check, its result as annotations, summary and output.
# Needs bash and python3 (3.11 or later) with venv. Everything comes in by variables, nothing is interpolated.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$PACKAGE"
natscope=$work/venv/bin/natscope

arguments=(check --policy "$POLICY" --no-progress)
if [[ -n ${DERP_MAP:-} ]]; then arguments+=(--derp-map "$DERP_MAP"); fi

code=0
"$natscope" "${arguments[@]}" --json -o "$work/check.json" || code=$?
if [[ ! -s $work/check.json ]]; then exit "$code"; fi # it said why on standard error
"$natscope" check --replay "$work/check.json" --format github || true
"$natscope" check --replay "$work/check.json" --format md >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}" || true
if [[ -n ${JUNIT:-} ]]; then "$natscope" check --replay "$work/check.json" --format junit -o "$JUNIT" || true; fi
result=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["result"])' "$work/check.json")
echo "result=$result" >>"${GITHUB_OUTPUT:-/dev/stdout}"
exit "$code"
