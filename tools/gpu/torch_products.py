"""The products and the attention of `bench gpu` by torch, on the same device.

    python3 torch_products.py [DEVICE]

Times are of the kernels alone, operands in the memory of the device.
"""

import sys
import time

import torch

LAYERS = [
    ("encoder", 8192, 6, [(1152, 384), (384, 384), (1536, 384), (384, 1536)]),
    ("decoder prefill", 512, 22, [(2560, 2048), (2048, 2048), (11264, 2048), (2048, 5632)]),
    ("decoder decode", 1, 22, [(2560, 2048), (2048, 2048), (11264, 2048), (2048, 5632)]),
]
RUNS = 50


def milliseconds(device, run):
    """The mean time of a run after a warm-up."""
    for _ in range(5):
        run()
    synchronize(device)
    start = time.perf_counter()
    for _ in range(RUNS):
        run()
    synchronize(device)
    return (time.perf_counter() - start) / RUNS * 1000


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def halves(device, rows, outputs, inputs):
    x = torch.randn(rows, inputs, device=device, dtype=torch.float16)
    w = torch.randn(outputs, inputs, device=device, dtype=torch.float16)
    return lambda: torch.matmul(x, w.T)


def codes(device, rows, outputs, inputs):
    # torch._int_mm takes 17 rows or more.
    x = torch.randint(-127, 128, (max(rows, 32), inputs), device=device, dtype=torch.int8)
    w = torch.randint(-127, 128, (outputs, inputs), device=device, dtype=torch.int8)
    return lambda: torch._int_mm(x, w.T)


def attention(device, tokens, heads=8, width=64, read=256 + 1792):
    """Each token reads keys and values of its own, as those of retrieved spans are."""
    shape = (tokens, 1, read, width)
    q = torch.randn(tokens, 1, heads, width, device=device, dtype=torch.float16)
    k = torch.randn(shape, device=device, dtype=torch.float16)
    v = torch.randn(shape, device=device, dtype=torch.float16)
    return lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v)


def main():
    device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cuda:0")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "processor"
    print(f"torch {torch.__version__}, {name}, kernels alone")
    for tokens in (1, 8, 32, 128, 512):
        print(f"attention, {tokens} tokens of 8 heads over 2,048: {milliseconds(device, attention(device, tokens)):.3f} ms")
    for work, rows, layers, products in LAYERS:
        for kind, make in (("Half", halves), ("EightBit", codes)):
            total = 0.0
            for outputs, inputs in products:
                taken = milliseconds(device, make(device, rows, outputs, inputs))
                total += taken
                rate = 2e-9 * rows * outputs * inputs / taken
                read = rows if make is halves else max(rows, 32)
                print(f"{work}, {kind}: [{read}, {inputs}] x {outputs}: {taken:.3f} ms, {rate:.2f} T")
            print(f"{work}, {kind}: {rows / (layers * total / 1000):,.0f} tokens a second by the products of {layers} layers alone")


if __name__ == "__main__":
    main()
