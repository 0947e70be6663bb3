"""Writes a BART as two ONNX files: its encoder with the keys and values of cross-attention, and one step of its decoder.

usage: python3 export_bart.py MODEL_FOLDER ENCODER.onnx DECODER.onnx

The folder has config.json and model.safetensors in fp16; PyTorch is Debian's python3-torch.
"""

import json
import struct
import sys

import numpy
import torch
from torch import nn


def tensors(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        data = file.read()
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            kind = numpy.float16 if entry["dtype"] == "F16" else numpy.float32
            values = numpy.frombuffer(data[first:end], kind).astype(numpy.float32)
            found[name] = torch.tensor(values.reshape(entry["shape"]))
    return found


class Affine(nn.Module):
    def __init__(self, weights, name):
        super().__init__()
        self.weight = nn.Parameter(weights[name + ".weight"].T.contiguous())
        self.bias = nn.Parameter(weights[name + ".bias"])

    def forward(self, x):
        return x @ self.weight + self.bias


class Norm(nn.Module):
    def __init__(self, weights, name):
        super().__init__()
        self.weight, self.bias = nn.Parameter(weights[name + ".weight"]), nn.Parameter(weights[name + ".bias"])

    def forward(self, x):
        return nn.functional.layer_norm(x, self.weight.shape, self.weight, self.bias)


class Attention(nn.Module):
    def __init__(self, weights, name, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.out = (Affine(weights, f"{name}.{part}_proj") for part in ("q", "k", "v", "out"))

    def split(self, x):
        return x.view(1, -1, self.heads, self.q.bias.shape[0] // self.heads).transpose(1, 2)

    def forward(self, x, keys, values):
        q = self.split(self.q(x))
        weights = torch.softmax(q @ keys.transpose(2, 3) * q.shape[-1] ** -0.5, -1)
        return self.out((weights @ values).transpose(1, 2).reshape(1, -1, self.q.bias.shape[0]))

    def project(self, x):
        return self.split(self.k(x)), self.split(self.v(x))


class Layer(nn.Module):
    def __init__(self, weights, name, heads, is_decoder):
        super().__init__()
        self.attention = Attention(weights, name + "self_attn", heads)
        self.norm = Norm(weights, name + "self_attn_layer_norm")
        if is_decoder:
            self.cross = Attention(weights, name + "encoder_attn", heads)
            self.cross_norm = Norm(weights, name + "encoder_attn_layer_norm")
        self.up, self.down = Affine(weights, name + "fc1"), Affine(weights, name + "fc2")
        self.last = Norm(weights, name + "final_layer_norm")

    def network(self, x):
        return self.last(x + self.down(nn.functional.gelu(self.up(x))))


class Stack(nn.Module):
    def __init__(self, weights, config, stack):
        super().__init__()
        self.tokens = nn.Parameter(weights["model.shared.weight"])
        self.positions = nn.Parameter(weights[f"model.{stack}.embed_positions.weight"])
        self.norm = Norm(weights, f"model.{stack}.layernorm_embedding")
        heads, is_decoder = config[f"{stack}_attention_heads"], stack == "decoder"
        self.layers = nn.ModuleList(
            Layer(weights, f"model.{stack}.layers.{i}.", heads, is_decoder) for i in range(config[f"{stack}_layers"])
        )

    def embed(self, tokens, positions):
        return self.norm(self.tokens[tokens] + self.positions[positions + 2])


class Encoder(nn.Module):
    def __init__(self, weights, config):
        super().__init__()
        self.stack = Stack(weights, config, "encoder")
        self.cross = nn.ModuleList(
            Attention(weights, f"model.decoder.layers.{i}.encoder_attn", config["decoder_attention_heads"])
            for i in range(config["decoder_layers"])
        )

    def forward(self, tokens, positions):
        x = self.stack.embed(tokens, positions)
        for layer in self.stack.layers:
            x = layer.norm(x + layer.attention(x, *layer.attention.project(x)))
            x = layer.network(x)
        pairs = [cross.project(x) for cross in self.cross]
        return torch.stack([keys for keys, _ in pairs]), torch.stack([values for _, values in pairs])


class Decoder(nn.Module):
    def __init__(self, weights, config):
        super().__init__()
        self.stack = Stack(weights, config, "decoder")
        self.head = nn.Parameter(weights["model.shared.weight"].T.contiguous())

    def forward(self, tokens, positions, keys, values, cross_keys, cross_values):
        x = self.stack.embed(tokens, positions)
        pairs = []
        for i, layer in enumerate(self.stack.layers):
            new = layer.attention.project(x)
            pairs.append((torch.cat([keys[i], new[0]], 2), torch.cat([values[i], new[1]], 2)))
            x = layer.norm(x + layer.attention(x, *pairs[-1]))
            x = layer.cross_norm(x + layer.cross(x, cross_keys[i], cross_values[i]))
            x = layer.network(x)
        return x @ self.head, torch.stack([one for one, _ in pairs]), torch.stack([one for _, one in pairs])


folder, encoder, decoder = sys.argv[1:]
with open(folder + "/config.json") as file:
    config = json.load(file)
weights = tensors(folder + "/model.safetensors")
layers, heads = config["decoder_layers"], config["decoder_attention_heads"]
width = config["d_model"] // heads
with torch.no_grad():
    tokens, positions = torch.tensor([[5, 6, 7]]), torch.tensor([[0, 1, 2]])
    torch.onnx.export(
        Encoder(weights, config),
        (tokens, positions),
        encoder,
        input_names=["tokens", "positions"],
        output_names=["cross_keys", "cross_values"],
        dynamic_axes={"tokens": {1: "n"}, "positions": {1: "n"}, "cross_keys": {3: "n"}, "cross_values": {3: "n"}},
        opset_version=15,
    )
    past, cross = torch.zeros(layers, 1, heads, 4, width), torch.zeros(layers, 1, heads, 3, width)
    torch.onnx.export(
        Decoder(weights, config),
        (tokens[:, :1], positions[:, :1], past, past, cross, cross),
        decoder,
        input_names=["tokens", "positions", "keys", "values", "cross_keys", "cross_values"],
        output_names=["logits", "new_keys", "new_values"],
        dynamic_axes={
            "keys": {3: "past"},
            "values": {3: "past"},
            "cross_keys": {3: "n"},
            "cross_values": {3: "n"},
            "new_keys": {3: "all"},
            "new_values": {3: "all"},
        },
        opset_version=15,
    )
