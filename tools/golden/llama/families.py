"""What a config.json of Transformers means for the families that are supported, read independently of the product.

`read(config)` gives the settings of `reference.Decoder`, or raises `Refused`.
"""

import math

FAMILIES = {
    # model_type: defaults and what its class reads
    "llama": {"max": 2048, "kv": None, "head_dim": None, "reads": {"attention_bias", "mlp_bias"}},
    "mistral": {"max": 131072, "kv": 8, "head_dim": None, "reads": {"sliding_window"}},
    "qwen2": {"max": 32768, "kv": 32, "head_dim": None, "reads": {"by_layer"}},
    "qwen3": {"max": 32768, "kv": 32, "head_dim": 128, "reads": {"attention_bias", "by_layer"}},
    "granite": {"max": 2048, "kv": None, "head_dim": None, "reads": {"attention_bias", "mlp_bias", "multipliers"}},
}

MULTIPLIERS = ("embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling")

# Changes nothing in any family.
NO_EFFECT = {
    "architectures", "attention_dropout", "bos_token_id", "eos_token_id", "pad_token_id", "initializer_range",
    "is_llama_config", "pretraining_tp", "torch_dtype", "transformers_version", "use_cache",
}

# Would make another model of it.
UNSUPPORTED = {
    "quantization_config", "num_experts", "num_local_experts", "final_logit_softcapping", "attn_logit_softcapping",
    "rope_interleaved", "use_mrope", "use_qk_norm", "no_rope_layers", "pruned_heads", "is_encoder_decoder",
}


class Refused(Exception):
    """The product is expected to refuse the configuration."""


def magnitude(factor, scale=1.0):
    return 1.0 if factor <= 1 else 0.1 * scale * math.log(factor) + 1.0


def rope(settings, c, head_dim, theta):
    """frequencies [head_dim / 2] and the attention factor."""
    kind = settings.get("rope_type") or settings.get("type") or "default"
    theta = settings.get("rope_theta") or theta
    part = settings.get("partial_rotary_factor") or c.get("partial_rotary_factor") or 1
    if part != 1:
        raise Refused("partial rotation")
    if not 1 < theta:
        raise Refused("base")
    known = {"rope_type", "type", "rope_theta", "partial_rotary_factor", "factor", "low_freq_factor", "high_freq_factor"}
    known |= {"original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow", "mscale"}
    known |= {"mscale_all_dim", "truncate", "short_factor", "long_factor", "finetuned"}
    if set(k for k, v in settings.items() if v is not None) - known:
        raise Refused("unknown setting")
    plain = [theta ** (-2 * i / head_dim) for i in range(head_dim // 2)]
    if settings.get("original_max_position_embeddings") == 0:
        raise Refused("a length of 0")
    length = c.get("original_max_position_embeddings") or settings.get("original_max_position_embeddings")
    length = length or c["max_position_embeddings"]
    if kind in ("default", "dynamic"):
        if kind == "dynamic" and not settings.get("factor"):
            raise Refused("factor")
        return plain, 1.0  # dynamic: within the window
    factor = settings.get("factor")
    if kind == "yarn" and factor is None and "factor" in settings:
        factor = c["max_position_embeddings"] / length
    if not factor or factor <= 0:
        raise Refused("factor")
    if kind == "linear":
        return [f / factor for f in plain], 1.0
    if kind == "llama3":
        low, high = settings.get("low_freq_factor"), settings.get("high_freq_factor")
        if not low or not high or high <= low:
            raise Refused("frequency factors")
        scaled = []
        for f in plain:
            wavelength = 2 * math.pi / f
            if wavelength < length / high:
                scaled.append(f)
            elif wavelength > length / low:
                scaled.append(f / factor)
            else:
                smooth = (length / wavelength - low) / (high - low)
                scaled.append((1 - smooth) * f / factor + smooth * f)
        return scaled, 1.0
    if kind == "yarn":
        fast, slow = settings.get("beta_fast") or 32, settings.get("beta_slow") or 1

        def pair(rotations):
            return head_dim * math.log(length / (rotations * 2 * math.pi)) / (2 * math.log(theta))

        low, high = pair(fast), pair(slow)
        if settings.get("truncate", True) is not False:
            low, high = math.floor(low), math.ceil(high)
        if high < low or high < 0 or low >= head_dim:
            raise Refused("ramp")
        low, high = max(low, 0), min(high, head_dim - 1)
        width = high - low if high != low else 0.001
        ramp = [min(max((i - low) / width, 0), 1) for i in range(head_dim // 2)]
        attention = settings.get("attention_factor")
        if attention is None:
            own, of_all = settings.get("mscale"), settings.get("mscale_all_dim")
            attention = magnitude(factor, own) / magnitude(factor, of_all) if own and of_all else magnitude(factor)
        if attention <= 0:
            raise Refused("attention factor")
        return [f / factor * r + f * (1 - r) for f, r in zip(plain, ramp)], attention
    raise Refused("rope type")


def windows(c, written, reads):
    """The window of each layer; None: all."""
    layers = c["num_hidden_layers"]
    given = c.get("sliding_window") if "sliding_window" in written else 4096
    if "sliding_window" in reads:
        chosen = [given is not None] * layers
    elif "by_layer" in reads:
        given = given if c.get("use_sliding_window") else None
        first = c["max_window_layers"] if c.get("max_window_layers") is not None else 28
        types = c.get("layer_types")
        if types is None:
            chosen = [given is not None and i >= first for i in range(layers)]
        else:
            if len(types) != layers or set(types) - {"full_attention", "sliding_attention"}:
                raise Refused("layer_types")
            chosen = [t == "sliding_attention" for t in types]
            if any(chosen) and given is None:
                raise Refused("layer_types without a window")
    else:
        return [None] * layers, ["full_attention"]
    if any(chosen) and given < 1:
        raise Refused("window")
    kinds = sorted({"sliding_attention" if s else "full_attention" for s in chosen})
    return [given if s else None for s in chosen], kinds


def read(written):
    """The settings of a Decoder for a configuration as it is written."""
    c = {k: v for k, v in written.items() if v is not None}
    family = FAMILIES.get(c.get("model_type"))
    if family is None:
        raise Refused("model_type")
    reads = family["reads"]
    for name in UNSUPPORTED & set(c):
        if c[name] not in (0, False, [], {}):
            raise Refused(name)
    if c.get("hidden_act", "silu") not in ("silu", "swish"):
        raise Refused("hidden_act")
    for name in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"):
        if not isinstance(c.get(name), int) or c[name] < 1:
            raise Refused(name)
    c.setdefault("max_position_embeddings", family["max"])
    if c.get("head_dim") == 0 or c.get("num_key_value_heads") == 0:
        raise Refused("a dimension of 0")
    heads = c["num_attention_heads"]
    head_dim = c.get("head_dim") or family["head_dim"] or c["hidden_size"] // heads
    kv = c.get("num_key_value_heads") or (heads if "num_key_value_heads" in written else family["kv"] or heads)
    if heads % kv or head_dim % 2:
        raise Refused("heads")
    window, kinds = windows(c, written, reads)
    settings = c.get("rope_scaling") or c.get("rope_parameters") or {}
    if "full_attention" in settings or "sliding_attention" in settings:
        if any(not settings.get(kind) for kind in kinds):
            raise Refused("no settings for a type of layer")
        found = [rope(settings[kind], c, head_dim, c.get("rope_theta", 10000.0)) for kind in kinds]
        if any(one != found[0] for one in found):
            raise Refused("several rotary encodings")
        frequencies, attention = found[0]
    else:
        frequencies, attention = rope(settings, c, head_dim, c.get("rope_theta", 10000.0))
    epsilon = c.get("rms_norm_eps", 1e-6)
    if not 0 < epsilon < 1:
        raise Refused("epsilon")
    biased = "attention_bias" in reads and c.get("attention_bias", False)
    result = {
        "num_hidden_layers": c["num_hidden_layers"],
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "head_dim": head_dim,
        "rms_norm_eps": epsilon,
        "tie_word_embeddings": c.get("tie_word_embeddings", False),
        "frequencies": frequencies,
        "attention_factor": attention,
        "windows": window,
        "biases": set("qkv" if biased or c["model_type"] == "qwen2" else "") | set("o" if biased else ""),
        "mlp_biases": "mlp_bias" in reads and c.get("mlp_bias", False),
        "qk_norm": c["model_type"] == "qwen3",
        "window": c["max_position_embeddings"],
        "shape": (c["vocab_size"], c["hidden_size"], c["intermediate_size"]),
    }
    if "multipliers" in reads:
        values = [c.get(name, 1.0) for name in MULTIPLIERS]
        if any(not v > 0 for v in values):
            raise Refused("multiplier")
        result |= dict(zip(MULTIPLIERS, values))
    return result
