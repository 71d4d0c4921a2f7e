#!/bin/sh
# The gate at work: a pull request that stays inside the budget, and one that does not.
# The example project is copied into a git repository of its own; nothing outside a temporary folder is touched.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

project=$work/rag-assistant
changes=$root/testdata/projects/rag-assistant.changes
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

heading() { printf '\n=== %s\n\n' "$1"; }

commit() {
	git -C "$project" add --all
	git -C "$project" commit --quiet --message "$1"
}

# branch NAME MESSAGE: a branch from main with the change of that name laid over it.
branch() {
	git -C "$project" checkout --quiet -b "$1" main
	cp -R "$changes/$1/." "$project"
	commit "$2"
}

# gate: run the check as a pull request against main would; print its exit code last. The day is fixed, so that prices that
# change or grow old later do not change what is shown.
gate() {
	code=0
	(cd "$project" && "$work/tokengate" check --base main --as-of 2026-11-23) || code=$?
	printf '\nexit code %s\n' "$code"
}

(cd "$root" && CGO_ENABLED=0 go build -o "$work/tokengate" ./cmd/tokengate)

cp -R "$root/testdata/projects/rag-assistant" "$project"
git -C "$project" init --quiet --initial-branch main
git -C "$project" config user.name demo
git -C "$project" config user.email demo@example.com
git -C "$project" config core.autocrlf false

# The first recorded day was served by an older answer prompt; it has to be in the history to be found.
cp -R "$changes/previous/." "$project"
commit "assistant: answer questions from the help centre"
cp -R "$root/testdata/projects/rag-assistant/." "$project"
commit "answer: say how to treat security and privacy"

heading "A pull request inside the budget: the answer prompt says how to treat faults after an update"
branch within-budget "answer: check release notes for faults after an update"
gate
within=$code

heading "A pull request over the budget: eight examples pasted, and the time of day put in front of the cached prompt"
branch breach "answer: add examples and the current time"
gate
breach=$code

printf '\nwithin budget: exit code %s (expected 0); breach: exit code %s (expected 1)\n' "$within" "$breach"
[ "$within" -eq 0 ] && [ "$breach" -eq 1 ]
