"""A second look at the reference: PyTorch's own modules with the same weights give the same states, in float64.

usage: python3 check_torch.py

BART is nn.TransformerEncoderLayer and nn.TransformerDecoderLayer; of mT5 the attention is nn.MultiheadAttention, whose
mask is the bias of the distances.
"""

import math

import numpy as np
import torch
from torch import nn

from export import MODELS, tensors, values
from model import Model

torch.set_default_dtype(torch.float64)


def multihead(w, names, d, heads, scale, bias):
    attention = nn.MultiheadAttention(d, heads, bias=bias, batch_first=True)
    parts = [torch.tensor(w[n + ".weight"]) for n in names[:3]]
    attention.in_proj_weight.data = torch.cat([parts[0] * scale, parts[1], parts[2]])
    attention.out_proj.weight.data = torch.tensor(w[names[3] + ".weight"])
    if bias:
        attention.in_proj_bias.data = torch.cat([torch.tensor(w[n + ".bias"]) for n in names[:3]])
        attention.out_proj.bias.data = torch.tensor(w[names[3] + ".bias"])
    return attention


def fill(module, w, name):
    module.weight.data = torch.tensor(w[name + ".weight"])
    module.bias.data = torch.tensor(w[name + ".bias"])


def bart(model, source, target):
    c, w, d = model.c, model.w, model.c["d_model"]
    names = [n + "_proj" for n in ("q", "k", "v", "out")]
    x = torch.tensor(model.embed("encoder", source))[None]
    for layer in range(c["encoder_layers"]):
        start = f"model.encoder.layers.{layer}."
        one = nn.TransformerEncoderLayer(d, c["encoder_attention_heads"], c["encoder_ffn_dim"], 0.0, c["activation_function"], batch_first=True)
        one.self_attn = multihead(w, [f"{start}self_attn.{n}" for n in names], d, c["encoder_attention_heads"], 1, True)
        for module, name in ((one.linear1, "fc1"), (one.linear2, "fc2"), (one.norm1, "self_attn_layer_norm"), (one.norm2, "final_layer_norm")):
            fill(module, w, start + name)
        x = one(x)
    y = torch.tensor(model.embed("decoder", target))[None]
    mask = nn.Transformer.generate_square_subsequent_mask(len(target)).to(torch.float64)
    for layer in range(c["decoder_layers"]):
        start = f"model.decoder.layers.{layer}."
        one = nn.TransformerDecoderLayer(d, c["decoder_attention_heads"], c["decoder_ffn_dim"], 0.0, c["activation_function"], batch_first=True)
        one.self_attn = multihead(w, [f"{start}self_attn.{n}" for n in names], d, c["decoder_attention_heads"], 1, True)
        one.multihead_attn = multihead(w, [f"{start}encoder_attn.{n}" for n in names], d, c["decoder_attention_heads"], 1, True)
        for module, name in ((one.linear1, "fc1"), (one.linear2, "fc2"), (one.norm1, "self_attn_layer_norm"),
                             (one.norm2, "encoder_attn_layer_norm"), (one.norm3, "final_layer_norm")):
            fill(module, w, start + name)
        y = one(y, x, tgt_mask=mask)
    return x[0].numpy(), y[0].numpy()


def mt5(model, source, target):
    c, w, d, heads = model.c, model.w, model.c["d_model"], model.c["num_heads"]
    outputs = []
    for stack, tokens in (("encoder", source), ("decoder", target)):
        x = torch.tensor(w["shared.weight"][tokens])
        bias = torch.tensor(model.bias(stack, len(tokens), heads))
        if stack == "decoder":
            bias = bias + nn.Transformer.generate_square_subsequent_mask(len(tokens)).to(torch.float64)
        for layer in range(c["num_layers" if stack == "encoder" else "num_decoder_layers"]):
            start = f"{stack}.block.{layer}.layer."
            kinds = ["SelfAttention"] + (["EncDecAttention"] if stack == "decoder" else [])
            for i, kind in enumerate(kinds):
                # The module divides by the root of the head's width, T5 does not.
                attention = multihead(w, [f"{start}{i}.{kind}.{n}" for n in "qkvo"], d, heads, math.sqrt(d // heads), False)
                h = torch.tensor(model.norm(f"{start}{i}.layer_norm", x.numpy()))[None]
                keys = h if i == 0 else torch.tensor(outputs[0])[None]
                x = x + attention(h, keys, keys, attn_mask=bias if i == 0 else None, need_weights=False)[0][0]
            network = f"{start}{len(kinds)}."
            h = torch.tensor(model.norm(network + "layer_norm", x.numpy()))
            gate = nn.GELU("tanh")(h @ torch.tensor(w[network + "DenseReluDense.wi_0.weight"]).T)
            up = h @ torch.tensor(w[network + "DenseReluDense.wi_1.weight"]).T
            x = x + (gate * up) @ torch.tensor(w[network + "DenseReluDense.wo.weight"]).T
        outputs.append(model.norm(f"{stack}.final_layer_norm", x.numpy()))
    return outputs


with torch.no_grad():
    for name, other in (("bart", bart), ("bart-scaled-relu", bart), ("mt5", mt5)):
        model = Model(MODELS[name], {n: values(n, shape, scale) for n, shape, scale in tensors(MODELS[name])})
        numbers = np.random.default_rng(1)
        source, target = numbers.integers(3, 48, 29), numbers.integers(3, 48, 17)
        encoded, decoded = other(model, source, target)
        states = model.encode(source)
        print(name, abs(encoded - states).max(), abs(decoded - model.stack("decoder", target, states)).max())
