#!/bin/sh
# The scans on a CUDA device: are they right, and how fast are they?
#
#   tools/gpu/measure.sh publish FOLDER   builds what runs without an SDK and without a network, with this script
#   FOLDER/measure.sh run [DEVICE]        on a machine with NVIDIA's driver: the tests there, then the table
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case "${1:-}" in
publish)
    folder=$2
    root=$here/../..
    for project in tests/McpLongContext.Kernels.Gpu.Tests tools/McpLongContext.Benchmarks; do
        dotnet publish "$root/$project" -c Release -r linux-x64 --self-contained -p:ForPlatform=true \
            -o "$folder/$(basename "$project")"
    done
    cp "$0" "$folder/measure.sh"
    ;;
run)
    device=${2:-cuda:0}
    MCP_LONG_CONTEXT_TEST_CUDA=true "$here/McpLongContext.Kernels.Gpu.Tests/McpLongContext.Kernels.Gpu.Tests"
    "$here/McpLongContext.Benchmarks/McpLongContext.Benchmarks" gpu "$device" 1 10 100
    ;;
*)
    sed -n 's/^#   //p' "$0"
    exit 2
    ;;
esac
