"""Configurations as they are published, with tiny sizes, and mutants of each of their fields: perplexities.

usage: python3 export_families.py GOLDENDATA

Writes families.json: for every configuration and every change of one of its fields the perplexity of a text, or that it
has to be refused. The weights are made by the tests from the names of the tensors (`weights`), so that none are kept.
"""

import copy
import json
import pathlib
import sys

import numpy as np

from families import FAMILIES, MULTIPLIERS, NO_EFFECT, Refused, read
from reference import Decoder

MASK = (1 << 64) - 1
TOKENS = 28


def hash_of(text):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def splitmix(seed, count):
    """SplitMix64 (Steele, Lea and Flood 2014)."""
    state = (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) + np.uint64(seed)
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(name, shape):
    """Numbers in [-1, 1) that fp32 holds exactly."""
    count = int(np.prod(shape))
    return ((splitmix(hash_of(name), count) >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1).reshape(shape)


def weights(m):
    """By the names of Transformers without prefix and suffix: matrices of [-s, s), norms of [0.5, 1.5), biases of [-1, 1)."""
    vocabulary, hidden, wide = m["shape"]
    queries, keys = m["num_attention_heads"] * m["head_dim"], m["num_key_value_heads"] * m["head_dim"]
    w = {}

    def matrix(name, rows, columns, scale=0.25):
        w[name] = uniform(name, (rows, columns)) * scale

    def norm(name, size):
        w[name] = uniform(name, (size,)) * 0.5 + 1

    matrix("embed_tokens", vocabulary, hidden, 0.5)
    norm("norm", hidden)
    if not m["tie_word_embeddings"]:
        matrix("lm_head", vocabulary, hidden)
    for layer in range(m["num_hidden_layers"]):
        p = f"layers.{layer}."
        norm(p + "input_layernorm", hidden)
        norm(p + "post_attention_layernorm", hidden)
        for name, rows, columns, scale in (
            ("q", queries, hidden, 0.5), ("k", keys, hidden, 0.5), ("v", keys, hidden, 0.25), ("o", hidden, queries, 0.25),
        ):
            matrix(f"{p}self_attn.{name}_proj", rows, columns, scale)
            if name in m["biases"]:
                w[f"{p}self_attn.{name}_proj.bias"] = uniform(f"{p}self_attn.{name}_proj.bias", (rows,))
        if m["qk_norm"]:
            norm(p + "self_attn.q_norm", m["head_dim"])
            norm(p + "self_attn.k_norm", m["head_dim"])
        for name, rows, columns in (("gate", wide, hidden), ("up", wide, hidden), ("down", hidden, wide)):
            matrix(f"{p}mlp.{name}_proj", rows, columns)
            if m["mlp_biases"]:
                w[f"{p}mlp.{name}_proj.bias"] = uniform(f"{p}mlp.{name}_proj.bias", (rows,))
    return w


def perplexity(m, w, tokens):
    decoder = Decoder({k: v for k, v in m.items()}, w)
    loss = 0.0
    for token, following in zip(tokens, tokens[1:]):
        logits = decoder.step(token)
        loss += np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[following]
    return float(np.exp(loss / (len(tokens) - 1)))


SIZES = {
    "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 48,
}

PUBLISHED = {
    # Facts of the config.json that each repository has; sizes, windows and lengths are scaled down.
    "Qwen2.5-0.5B": {
        "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 3, "eos_token_id": 3,
        "hidden_act": "silu", "initializer_range": 0.02, "max_position_embeddings": 64, "max_window_layers": 2,
        "model_type": "qwen2", "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 64,
        "tie_word_embeddings": True, "torch_dtype": "bfloat16", "transformers_version": "4.40.1", "use_cache": True,
        "use_mrope": False, "use_sliding_window": False,
    },
    "Qwen3-0.6B": {
        "architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 3,
        "eos_token_id": 5, "head_dim": 12, "hidden_act": "silu", "initializer_range": 0.02,
        "max_position_embeddings": 64, "max_window_layers": 2, "model_type": "qwen3", "rms_norm_eps": 1e-06,
        "rope_scaling": None, "rope_theta": 1000000, "sliding_window": None, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "transformers_version": "4.51.0", "use_cache": True, "use_sliding_window": False,
    },
    "SmolLM2-135M": {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 0,
        "eos_token_id": 0, "hidden_act": "silu", "initializer_range": 0.041666666666666664, "is_llama_config": True,
        "max_position_embeddings": 64, "model_type": "llama", "pretraining_tp": 1, "rms_norm_eps": 1e-05,
        "rope_interleaved": False, "rope_scaling": None, "rope_theta": 100000, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "transformers_version": "4.40.1", "use_cache": True,
    },
    "Llama-3.2-1B": {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 2,
        "eos_token_id": [1, 8], "head_dim": 8, "hidden_act": "silu", "initializer_range": 0.02,
        "max_position_embeddings": 128, "mlp_bias": False, "model_type": "llama", "pretraining_tp": 1,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {
            "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 32,
            "rope_type": "llama3",
        },
        "rope_theta": 500.0, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
        "transformers_version": "4.45.0.dev0", "use_cache": True,
    },
    "Mistral-7B-v0.1": {
        "architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
        "initializer_range": 0.02, "max_position_embeddings": 64, "model_type": "mistral", "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0, "sliding_window": 6, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "transformers_version": "4.34.0.dev0", "use_cache": True,
    },
    "granite-3.1-2b": {
        "architectures": ["GraniteForCausalLM"], "attention_bias": False, "attention_dropout": 0.1,
        "attention_multiplier": 0.25, "bos_token_id": 0, "embedding_multiplier": 12.0, "eos_token_id": 0,
        "hidden_act": "silu", "initializer_range": 0.02, "logits_scaling": 8.0, "max_position_embeddings": 128,
        "mlp_bias": False, "model_type": "granite", "pad_token_id": 0, "residual_multiplier": 0.22,
        "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 500.0, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "transformers_version": "4.47.0.dev0", "use_cache": True,
    },
}

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 40}


def variants():
    """Every family with every setting that it reads, in every spelling."""
    base = {"hidden_act": "silu", "rms_norm_eps": 1e-5, "max_position_embeddings": 160, "rope_theta": 100.0}
    ropes = {
        "linear": {"rope_scaling": {"type": "linear", "factor": 3.0}},
        "dynamic": {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}},
        "yarn": {"rope_scaling": YARN},
        "yarn-magnitudes": {"rope_scaling": YARN | {"mscale": 0.7, "mscale_all_dim": 1.2}},
        "yarn-exact-ramp": {"rope_scaling": YARN | {"truncate": False, "beta_fast": 6.0, "beta_slow": 1.5}},
        "yarn-own-attention": {"rope_scaling": YARN | {"attention_factor": 1.3}},
        "theta-inside": {"rope_theta": None, "rope_scaling": {"rope_type": "default", "rope_theta": 5000.0}},
        "parameters": {"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}},
        "parameters-by-layer": {
            "rope_theta": None,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 5000.0},
                "sliding_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 5000.0},
            },
        },
        "original-at-top": {"original_max_position_embeddings": 40, "rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
    }
    others = {
        "biases": {"attention_bias": True, "mlp_bias": True},
        "heads": {"num_key_value_heads": 4, "head_dim": 6},
        "one-kv-head": {"num_key_value_heads": 1},
        "kv-heads-null": {"num_key_value_heads": None},
        "tied": {"tie_word_embeddings": True},
        "window": {"sliding_window": 5, "use_sliding_window": True, "max_window_layers": 0},
        "upper-layers": {"sliding_window": 5, "use_sliding_window": True, "max_window_layers": 1},
        "types": {
            "sliding_window": 5, "use_sliding_window": True,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        "multipliers": dict(zip(MULTIPLIERS, (3.0, 0.3, 0.4, 2.5))),
    }
    for family in FAMILIES:
        for name, changes in (ropes | others).items():
            config = SIZES | base | {"model_type": family} | copy.deepcopy(changes)
            if family == "qwen3":
                config.setdefault("head_dim", 12)
            # None here means left out, but for what is read as null.
            config = {k: v for k, v in config.items() if v is not None or k == "num_key_value_heads"}
            yield f"{family}-{name}", config


def changes(config):
    """Changes of single fields: (field, new value or ... for removed)."""
    for field, value in config.items():
        if isinstance(value, dict):
            for inner, change in changes(value):
                yield f"{field}.{inner}", change
            yield field, ...
        elif isinstance(value, bool):
            yield from ((field, not value), (field, None), (field, ...))
        elif isinstance(value, (int, float)):
            # Twice an epsilon would not be seen in fp32.
            yield from ((field, 0.25 if field == "rms_norm_eps" else value * 2), (field, None), (field, ...))
            if value:
                yield field, 0
        elif isinstance(value, str):
            yield from ((field, "other"), (field, None), (field, ...))
        elif isinstance(value, list):
            yield from ((field, []), (field, ...))


FOREIGN = {
    "attention_bias": True, "mlp_bias": True, "sliding_window": 4, "use_sliding_window": True, "max_window_layers": 1,
    "layer_types": ["sliding_attention", "full_attention"], "head_dim": 6, "partial_rotary_factor": 0.5,
    "rope_scaling": {"rope_type": "linear", "factor": 2.0}, "rope_parameters": {"rope_theta": 77.0},
    "original_max_position_embeddings": 16, "embedding_multiplier": 2.0, "attention_multiplier": 0.7,
    "residual_multiplier": 0.5, "logits_scaling": 3.0, "num_experts": 4, "final_logit_softcapping": 30.0,
    "quantization_config": {"quant_method": "gptq"}, "use_qk_norm": True, "no_rope_layers": [0, 1],
    "hidden_act": "gelu", "tie_word_embeddings": False, "an_unknown_field": 3,
}


READ_BY_ALL = set(SIZES) | {
    "model_type", "hidden_act", "rms_norm_eps", "max_position_embeddings", "rope_theta", "rope_scaling",
    "rope_parameters", "partial_rotary_factor", "original_max_position_embeddings", "head_dim", "tie_word_embeddings",
}
READ_BY = {
    "attention_bias": {"attention_bias"}, "mlp_bias": {"mlp_bias"}, "multipliers": set(MULTIPLIERS),
    "sliding_window": {"sliding_window"},
    "by_layer": {"sliding_window", "use_sliding_window", "max_window_layers", "layer_types"},
}


def reason(config, field, value):
    """Why a change changes nothing."""
    top = field.split(".")[0]
    reads = FAMILIES[config["model_type"]]["reads"]
    if top in NO_EFFECT:
        return "no effect"
    if value in (..., None, False, [], {}):
        return "default"  # what is left out, null or off is as it was
    if top not in READ_BY_ALL.union(*(READ_BY[name] for name in reads)):
        return "not read"  # by this family
    if config.get("rope_scaling") and top == "rope_parameters":
        return "not read"  # beside rope_scaling
    return "unused"  # other fields decide that it is not


def apply(config, field, value):
    mutant = copy.deepcopy(config)
    *outer, last = field.split(".")
    target = mutant
    for name in outer:
        target = target[name]
    if value is ...:
        target.pop(last, None)
    else:
        target[last] = value
    return mutant


def outcome(config, base, w, tokens):
    """The perplexity; None where it has to be refused."""
    try:
        m = read(config)
        needed = weights(m)
    except Refused:
        return None
    tied = {"lm_head"} if m["tie_word_embeddings"] else set()
    same = set(needed) == set(w) - tied and all(needed[n].shape == w[n].shape for n in needed)
    if not same or m["window"] < len(tokens):
        return None
    return perplexity(m, {n: w[n] for n in needed}, tokens)


def main(golden):
    tokens = [int(x) for x in splitmix(hash_of("text"), TOKENS) % np.uint64(SIZES["vocab_size"])]
    models = []
    for name, config in PUBLISHED.items():
        config = SIZES | config
        m = read(config)
        w = weights(m)
        base = perplexity(m, w, tokens)
        mutants = []
        tried = [(f, v) for f, v in changes(config)]
        tried += [(f, v) for f, v in FOREIGN.items() if config.get(f) is None]
        for field, value in tried:
            if field == "model_type" and value != "other":
                continue
            mutant = apply(config, field, value)
            found = outcome(mutant, base, w, tokens)
            entry = {"field": field, "perplexity": found and float(f"{found:.9g}")}
            if value is ...:
                entry["removed"] = True
            else:
                entry["value"] = value
            if found is not None and abs(found - base) < 1e-9 * base:
                entry["same"] = reason(config, field, value)
            elif found is not None and abs(found - base) < 1.5e-5 * base:
                # The default of 1e-6 instead of 1e-5: fp32 does not see it, so the tests ask for the number itself.
                entry["same"] = "unseen"
                if field == "rms_norm_eps":
                    mutants.append(entry)
                    continue
                raise SystemExit(f"{name}: {field} = {value} is not seen in fp32: {base} and {found}")
            mutants.append(entry)
        models.append({"name": name, "config": config, "perplexity": float(f"{base:.9g}"), "mutants": mutants})
    for name, config in variants():
        try:
            m = read(config)
            value = float(f"{perplexity(m, weights(m), tokens):.9g}")
        except Refused:
            value = None
        models.append({"name": name, "config": config, "perplexity": value, "mutants": []})
    text = json.dumps({"tokens": tokens, "models": models}, separators=(",", ":"))
    text = text.replace('{"name"', '\n{"name"').replace('{"field"', '\n{"field"')
    (pathlib.Path(golden) / "families.json").write_text(text + "\n")
    print(len(models), sum(len(m["mutants"]) for m in models), len(text))


if __name__ == "__main__":
    main(sys.argv[1])
