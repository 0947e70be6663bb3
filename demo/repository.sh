#!/bin/sh
# Ingests a small repository and asks it questions; standard output is that of repository.expected.txt.
# MCP_LONG_CONTEXT_COMMAND is the command to run, mcp-long-context where it is not set.
set -eu
cd "$(dirname "$0")"
command=${MCP_LONG_CONTEXT_COMMAND:-mcp-long-context}

ask() {
    printf '# %s\n\n' "$1"
    $command query "$1" --datastore demo-repository --top 2 --answer never | grep -v '^More evidence'
}

$command ingest repository --datastore demo-repository --wait >&2
ask "How is a file saved so that a crash leaves no half of it?"
ask "What happens when more places are asked for than a boat has left?"
ask "How much money is given back when a boat does not leave?"
$command datastores remove demo-repository >&2
