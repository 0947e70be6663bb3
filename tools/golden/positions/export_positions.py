"""Frequencies of expanded rotary positions, and tables of absolute ones, in float64.

usage: python3 export_positions.py GOLDENDATA

Every formula is written from its paper, over wavelengths and rotations instead of the product's ramps over indices.
"""

import json
import pathlib
import sys

import numpy as np


def plain(dim, theta):
    return 1.0 / theta ** (np.arange(0, dim, 2) / dim)


def linear(dim, theta, window, factor):
    return plain(dim, theta) / factor, 1.0


def ntk(dim, theta, window, factor):
    """A larger base: Peng et al., arXiv 2309.00071, equation 16, for the critical dimension of Liu et al., arXiv 2310.05209."""
    critical = 2 * np.ceil(dim / 2 * np.log(window / (2 * np.pi)) / np.log(theta))
    return plain(dim, theta * factor ** (dim / min(critical, dim - 2))), 1.0


def yarn(dim, theta, window, factor):
    """Section 3.2 and 3.3; the ends of the ramp are whole pairs, as in the authors' code."""
    frequencies = plain(dim, theta)

    def pair(rotations):
        # window * theta^(-2i/d) / 2 pi = rotations, solved for i.
        return dim / 2 * np.log(window / (2 * np.pi * rotations)) / np.log(theta)

    low = max(np.floor(pair(32)), 0)
    high = min(np.ceil(pair(1)), dim - 1)
    kept = 1 - np.clip((np.arange(dim // 2) - low) / max(high - low, 0.001), 0, 1)
    return frequencies * kept + frequencies / factor * (1 - kept), 0.1 * np.log(factor) + 1


def llama3(dim, theta, window, factor, low=1.0, high=4.0):
    frequencies = plain(dim, theta)
    wavelengths = 2 * np.pi / frequencies
    smooth = (window / wavelengths - low) / (high - low)
    blended = (1 - smooth) * frequencies / factor + smooth * frequencies
    scaled = np.where(wavelengths > window / low, frequencies / factor, blended)
    return np.where(wavelengths < window / high, frequencies, scaled), 1.0


METHODS = {"linear": linear, "ntk": ntk, "yarn": yarn, "llama3": llama3}


def rotary():
    for dim, theta, window, length in [
        (64, 10_000.0, 2048, 8192),
        (48, 10_000.0, 256, 1024),
        (128, 1_000_000.0, 32_768, 40_000),
        (12, 500.0, 100, 6400),
    ]:
        for name, method in METHODS.items():
            frequencies, factor = method(dim, theta, window, length / window)
            yield {
                "method": name,
                "headDim": dim,
                "theta": theta,
                "window": window,
                "length": length,
                "frequencies": list(frequencies),
                "attentionFactor": float(factor),
            }


def learned(rng):
    for rows, hidden, length in [(40, 6, 64), (3, 2, 11), (7, 4, 7)]:
        table = rng.standard_normal((rows, hidden)).astype(np.float32)
        at = np.linspace(0, rows - 1, length)
        stretched = np.stack([np.interp(at, np.arange(rows), column) for column in table.T.astype(np.float64)], axis=1)
        yield {
            "hidden": hidden,
            "length": length,
            "table": table.ravel().tolist(),
            "stretched": stretched.ravel().tolist(),
        }


def sinusoidal():
    hidden, length = 10, 50
    angles = np.outer(np.arange(length), np.exp(-np.log(10_000.0) * 2 * np.arange(hidden // 2) / hidden))
    turns = np.exp(1j * angles)
    interleaved = np.stack([turns.imag, turns.real], axis=2).reshape(length, hidden)
    halves = np.concatenate([turns.imag, turns.real], axis=1)
    for order, table in (("Interleaved", interleaved), ("Halves", halves)):
        yield {"order": order, "hidden": hidden, "table": table.ravel().tolist()}


def main():
    data = {
        "rotary": list(rotary()),
        "learned": list(learned(np.random.default_rng(5))),
        "sinusoidal": list(sinusoidal()),
    }
    path = pathlib.Path(sys.argv[1]) / "positions.json"
    path.write_text(json.dumps(data) + "\n")


main()
