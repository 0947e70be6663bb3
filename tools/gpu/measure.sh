#!/bin/sh
# What is computed on a CUDA device: is it right, and how fast is it?
#
#   tools/gpu/measure.sh publish FOLDER   builds what runs without an SDK and without a network, with this script
#   FOLDER/measure.sh run [DEVICE [MILLIONS...]]   on a machine with NVIDIA's driver: the tests there, then the tables;
#                                         torch's figures beside them, where python3 has torch
#   FOLDER/measure.sh rehearse            the same without a device, on the processor, in small
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tests='Kernels.Gpu.Tests Storage.Tests LongAttention.Tests'

# Runs the tests of devices; the other tests of these projects have nothing to do with them.
correct() {
    "$here/McpLongContext.Kernels.Gpu.Tests/McpLongContext.Kernels.Gpu.Tests"
    "$here/McpLongContext.Storage.Tests/McpLongContext.Storage.Tests" -class '*.DeviceSearchTests'
    "$here/McpLongContext.LongAttention.Tests/McpLongContext.LongAttention.Tests" \
        -class '*.DeviceSelectionTests' -class '*.DeviceSpansTests'
}

case "${1:-}" in
publish)
    folder=$2
    root=$here/../..
    for name in $tests; do
        dotnet publish "$root/tests/McpLongContext.$name" -c Release -r linux-x64 --self-contained \
            -p:ForPlatform=true -o "$folder/McpLongContext.$name"
    done
    dotnet publish "$root/tools/McpLongContext.Benchmarks" -c Release -r linux-x64 --self-contained \
        -p:ForPlatform=true -o "$folder/McpLongContext.Benchmarks"
    cp "$0" "$here/torch_products.py" "$folder/"
    ;;
run)
    shift
    device=${1:-cuda:0}
    [ $# -eq 0 ] || shift
    [ $# -gt 0 ] || set -- 1 10 100
    # Exported: of a function some shells do not pass a variable on.
    export MCP_LONG_CONTEXT_TEST_CUDA=true
    correct
    "$here/McpLongContext.Benchmarks/McpLongContext.Benchmarks" gpu "$device" "$@"
    if python3 -c 'import torch' 2>/dev/null; then
        python3 "$here/torch_products.py" "$device"
    else
        echo 'torch: not installed here, nothing to stand beside'
    fi
    ;;
rehearse)
    correct
    "$here/McpLongContext.Benchmarks/McpLongContext.Benchmarks" gpu cpu 0.0002
    ;;
*)
    sed -n 's/^#   //p' "$0"
    exit 2
    ;;
esac
