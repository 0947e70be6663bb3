"""A decoder of the Llama family in numpy and double precision, written from the papers' equations; one token at a time."""

import numpy as np


def rotary_frequencies(config):
    d, theta = config["head_dim"], config["rope_theta"]
    frequencies = np.array([theta ** (-2 * i / d) for i in range(d // 2)])
    scaling = config.get("rope_scaling") or {"rope_type": "default"}
    kind, factor, attention = scaling["rope_type"], scaling.get("factor"), 1.0
    if kind == "linear":
        frequencies = frequencies / factor
    elif kind == "llama3":
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        length = scaling["original_max_position_embeddings"]
        scaled = []
        for f in frequencies:
            wavelength = 2 * np.pi / f
            if wavelength < length / high:
                scaled.append(f)
            elif wavelength > length / low:
                scaled.append(f / factor)
            else:
                smooth = (length / wavelength - low) / (high - low)
                scaled.append((1 - smooth) * f / factor + smooth * f)
        frequencies = np.array(scaled)
    elif kind == "yarn":
        length = scaling["original_max_position_embeddings"]

        def pair(rotations):
            return d * np.log(length / (rotations * 2 * np.pi)) / (2 * np.log(theta))

        low, high = max(np.floor(pair(32)), 0), min(np.ceil(pair(1)), d - 1)
        ramp = np.clip((np.arange(d // 2) - low) / max(high - low, 0.001), 0, 1)
        frequencies = frequencies / factor * ramp + frequencies * (1 - ramp)
        attention = 0.1 * np.log(factor) + 1
    return frequencies, attention


def rms_norm(x, gamma, epsilon):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * gamma


class Decoder:
    """weights: names of Transformers without prefix and suffix, for example `layers.0.self_attn.q_proj`."""

    def __init__(self, config, weights):
        self.config = config
        self.weights = {name: np.asarray(w, np.float64) for name, w in weights.items()}
        if "frequencies" in config:
            self.frequencies, self.attention = np.array(config["frequencies"]), config["attention_factor"]
        else:
            self.frequencies, self.attention = rotary_frequencies(config)
        self.keys = [[] for _ in range(config["num_hidden_layers"])]
        self.values = [[] for _ in range(config["num_hidden_layers"])]

    def rotate(self, x, position):
        half = x.shape[-1] // 2
        turn = np.exp(1j * position * self.frequencies) * self.attention
        pairs = (x[..., :half] + 1j * x[..., half:]) * turn
        return np.concatenate([pairs.real, pairs.imag], axis=-1)

    def linear(self, name, x):
        y = self.weights[name] @ x
        return y + self.weights[name + ".bias"] if name + ".bias" in self.weights else y

    def step(self, token):
        """The logits after one more token."""
        c, w = self.config, self.weights
        heads, groups, d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        epsilon = c["rms_norm_eps"]
        position = len(self.keys[0])
        h = w["embed_tokens"][token] * c.get("embedding_multiplier", 1)
        for layer in range(c["num_hidden_layers"]):
            p = f"layers.{layer}."
            x = rms_norm(h, w[p + "input_layernorm"], epsilon)
            q = self.linear(p + "self_attn.q_proj", x).reshape(heads, d)
            k = self.linear(p + "self_attn.k_proj", x).reshape(groups, d)
            v = self.linear(p + "self_attn.v_proj", x).reshape(groups, d)
            if p + "self_attn.q_norm" in w:
                q = rms_norm(q, w[p + "self_attn.q_norm"], epsilon)
                k = rms_norm(k, w[p + "self_attn.k_norm"], epsilon)
            self.keys[layer].append(self.rotate(k, position))
            self.values[layer].append(v)
            q = self.rotate(q, position)
            window = c["windows"][layer] if "windows" in c else c.get("sliding_window")
            first = max(0, position + 1 - (window or position + 1))
            attended = []
            for head in range(heads):
                group = head // (heads // groups)
                keys = np.array(self.keys[layer][first:])[:, group]
                scores = keys @ q[head] * c.get("attention_multiplier", d**-0.5)
                scores = np.exp(scores - scores.max())
                attended.append(scores / scores.sum() @ np.array(self.values[layer][first:])[:, group])
            residual = c.get("residual_multiplier", 1)
            h = h + residual * self.linear(p + "self_attn.o_proj", np.concatenate(attended))
            x = rms_norm(h, w[p + "post_attention_layernorm"], epsilon)
            gate = self.linear(p + "mlp.gate_proj", x)
            x = gate / (1 + np.exp(-gate)) * self.linear(p + "mlp.up_proj", x)
            h = h + residual * self.linear(p + "mlp.down_proj", x)
        h = rms_norm(h, w["norm"], epsilon)
        output = w["embed_tokens"] if c.get("tie_word_embeddings") else w["lm_head"]
        return output @ h / c.get("logits_scaling", 1)
