"""Encoder-decoders in float64, from the papers' equations: T5 (arXiv 1910.10683), gated networks (2002.05202), BART
(1910.13461), and beam search by recomputing every hypothesis whole. No caches, no batches, no shared code."""

import math

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def bucket(distance, bidirectional, count, greatest):
    """The bucket of key position minus query position; the logarithm is rounded to fp32, as published weights expect."""
    first = 0
    if bidirectional:
        count //= 2
        first = count if distance > 0 else 0
        distance = abs(distance)
    else:
        distance = max(-distance, 0)
    exact = count // 2
    if distance < exact:
        return first + distance
    log = np.log(np.float32(distance) / np.float32(exact)) / np.float32(math.log(greatest / exact))
    return first + min(exact + int(np.float32(log) * np.float32(count - exact)), count - 1)


class Model:
    def __init__(self, config, weights):
        self.c, self.w = config, weights
        self.t5 = config["model_type"] in ("t5", "mt5")

    def linear(self, name, x):
        y = x @ self.w[name + ".weight"].T
        return y + self.w[name + ".bias"] if name + ".bias" in self.w else y

    def norm(self, name, x):
        if self.t5:
            return self.w[name + ".weight"] * x / np.sqrt((x * x).mean(-1, keepdims=True) + self.c["layer_norm_epsilon"])
        x = x - x.mean(-1, keepdims=True)
        return self.w[name + ".weight"] * x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) + self.w[name + ".bias"]

    def attention(self, names, queries, keys, heads, causal, bias):
        q, k, v = self.linear(names[0], queries), self.linear(names[1], keys), self.linear(names[2], keys)
        d = q.shape[-1] // heads
        out = np.zeros_like(q)
        for h in range(heads):
            part = slice(h * d, (h + 1) * d)
            scores = q[:, part] @ k[:, part].T
            scores = scores + bias[h] if self.t5 else scores / math.sqrt(d)
            if causal:
                scores = np.where(np.tri(len(queries), len(keys), dtype=bool), scores, -np.inf)
            out[:, part] = softmax(scores) @ v[:, part]
        return self.linear(names[3], out)

    def bias(self, stack, length, heads):
        if not self.t5:
            return None
        table = self.w[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        rows = [[bucket(j - i, stack == "encoder", self.c["relative_attention_num_buckets"],
                        self.c["relative_attention_max_distance"]) for j in range(length)] for i in range(length)]
        return table[np.array(rows)].transpose(2, 0, 1)

    def network(self, start, x):
        if self.t5:
            if self.c["feed_forward_proj"] == "relu":
                return self.linear(start + ".wo", np.maximum(self.linear(start + ".wi", x), 0))
            g = self.linear(start + ".wi_0", x)
            g = 0.5 * g * (1 + np.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g ** 3)))
            return self.linear(start + ".wo", g * self.linear(start + ".wi_1", x))
        h = self.linear(start + ".fc1", x)
        gelu = np.vectorize(lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2))))
        h = gelu(h) if self.c["activation_function"] == "gelu" else np.maximum(h, 0)
        return self.linear(start + ".fc2", h)

    def embed(self, stack, tokens):
        if self.t5:
            return self.w["shared.weight"][tokens]
        x = self.w["model.shared.weight"][tokens]
        if self.c.get("scale_embedding"):
            x = x * math.sqrt(self.c["d_model"])
        x = x + self.w[f"model.{stack}.embed_positions.weight"][2: 2 + len(tokens)]
        return self.norm(f"model.{stack}.layernorm_embedding", x)

    def stack(self, stack, tokens, source=None):
        """The last states; a stack with a source is the decoder."""
        x = self.embed(stack, tokens)
        causal = source is not None
        if self.t5:
            heads = self.c["num_heads"]
            bias = self.bias(stack, len(tokens), heads)
            for layer in range(self.c["num_decoder_layers" if causal else "num_layers"]):
                start = f"{stack}.block.{layer}.layer."
                h = self.norm(start + "0.layer_norm", x)
                x = x + self.attention([start + "0.SelfAttention." + n for n in "qkvo"], h, h, heads, causal, bias)
                if causal:
                    h = self.norm(start + "1.layer_norm", x)
                    none = np.zeros((heads, 1, 1))
                    x = x + self.attention([start + "1.EncDecAttention." + n for n in "qkvo"], h, source, heads, False, none)
                last = start + ("2" if causal else "1")
                x = x + self.network(last + ".DenseReluDense", self.norm(last + ".layer_norm", x))
            return self.norm(f"{stack}.final_layer_norm", x)
        heads = self.c[f"{stack}_attention_heads"]
        for layer in range(self.c[f"{stack}_layers"]):
            start = f"model.{stack}.layers.{layer}."
            names = [n + "_proj" for n in ("q", "k", "v", "out")]
            a = self.attention([f"{start}self_attn.{n}" for n in names], x, x, heads, causal, None)
            x = self.norm(start + "self_attn_layer_norm", x + a)
            if causal:
                a = self.attention([f"{start}encoder_attn.{n}" for n in names], x, source, heads, False, None)
                x = self.norm(start + "encoder_attn_layer_norm", x + a)
            x = self.norm(start + "final_layer_norm", x + self.network(start[:-1], x))
        return x

    def encode(self, tokens):
        return self.stack("encoder", tokens)

    def logits(self, source, target):
        """[target tokens, vocabulary]."""
        x = self.stack("decoder", target, source)
        if not self.t5:
            return x @ self.w["model.shared.weight"].T + self.w["final_logits_bias"]
        if self.c["tie_word_embeddings"]:
            return (x * self.c["d_model"] ** -0.5) @ self.w["shared.weight"].T
        return x @ self.w["lm_head.weight"].T


def search(model, source, start, end, beams, penalty, ngram, least, most, early, forced_begin=None, forced_end=None):
    """Beam search as Transformers does it; returns the tokens after the first, and the score."""
    going, ended = [([start], 0.0)], []

    def keep(tokens, score):
        ended.append((score / (len(tokens) - 1) ** penalty, tokens))
        ended.sort(key=lambda one: -one[0])
        del ended[beams:]

    while len(going[0][0]) < most:
        found = []
        for place, (tokens, score) in enumerate(going):
            x = model.logits(source, np.array(tokens))[-1]
            x = x - x.max()
            x = x - math.log(np.exp(x).sum())
            if len(tokens) < least:
                x[end] = -np.inf
            for i in range(len(tokens) - ngram + 1 if ngram else 0):
                if tokens[i: i + ngram - 1] == tokens[len(tokens) - ngram + 1:]:
                    x[tokens[i + ngram - 1]] = -np.inf
            for forced, length in ((forced_begin, 1), (forced_end, most - 1)):
                if forced is not None and len(tokens) == length:
                    x = np.full_like(x, -np.inf)
                    x[forced] = 0
            found += [(score + x[t], place, t) for t in range(len(x)) if x[t] > -np.inf]
        found.sort(key=lambda one: (-one[0], one[1], one[2]))
        best, length, after = found[0][0], len(going[0][0]), []
        for rank, (score, place, token) in enumerate(found[: 2 * beams]):
            tokens = going[place][0] + [token]
            if token != end:
                after.append((tokens, score))
            elif rank < beams:
                keep(tokens, score)
            if len(after) == beams:
                break
        going = after
        if len(ended) >= beams and (early or ended[-1][0] >= best / length ** penalty):
            break
    else:
        for tokens, score in going:
            keep(tokens, score)
    return ended[0][1][1:], ended[0][0]
