#!/bin/sh
# Condenses a council's session of an hour and a half to its decisions, and asks it questions; standard output is that of
# transcript.expected.txt. With --summarize an installed chat model summarizes the session, too, window by window.
# MCP_LONG_CONTEXT_COMMAND is the command to run, mcp-long-context where it is not set.
set -eu
cd "$(dirname "$0")"
command=${MCP_LONG_CONTEXT_COMMAND:-mcp-long-context}

ask() {
    printf '# %s\n\n' "$1"
    $command query "$1" --datastore demo-transcript --top "$2" --answer never --max-tokens 1500 |
        grep -v '^More evidence'
}

$command ingest transcript --datastore demo-transcript --wait >&2
if [ "${1:-}" = --summarize ]; then
    $command infer transcript/council.txt --mode map --instruction "Summarize this part of the session in two sentences."
fi
ask "What was decided, and by how many votes?" 5
ask "Why is there no second school bus?" 1
ask "Who objected that the footbridge is opened?" 1
$command datastores remove demo-transcript >&2
