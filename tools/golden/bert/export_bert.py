"""Writes the golden data of the BERT tests, by a plain float64 forward pass over the published weights.

    python3 export_bert.py MODEL-FOLDER OUTPUT-FOLDER

MODEL-FOLDER is all-MiniLM-L6-v2: config.json, tokenizer.json, *.safetensors. Needs PyTorch and NumPy, nothing else.

  minilm.json, minilm.bin   per text: tokens, positions of sampled states; fp32 pooled vector, then those states
  tiny-bert/                a random model of awkward dimensions with the states of all tokens, in golden.json
"""

import json
import re
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import gelu, layer_norm, normalize

TYPES = {"F16": np.float16, "F32": np.float32, "I64": np.int64}

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "How do I reset my password?",
    "a",
    "What is the capital of France, and when was its cathedral finished?",
    "public static async Task<int> MainAsync(string[] args) { return await Host.RunAsync(args); }",
    "SELECT name, COUNT(*) FROM documents WHERE path LIKE '%.cs' GROUP BY name HAVING COUNT(*) > 3;",
    "def forward(self, x):\n    return self.norm(x + self.attention(x))",
    "Alice: did you send the report on Monday? Bob: no, the numbers for March were still missing.",
    "She walked along the river until the lights of the village disappeared behind the hill.",
    "Error: connection refused (os error 111) while opening 127.0.0.1:5432, retrying in 250 ms.",
    "Photosynthesis converts light energy into chemical energy that is stored in carbohydrates.",
    "TODO list: milk, eggs, two lemons; call the dentist; pay the electricity bill before Friday!",
    "!!! ??? ... --- *** ((())) [[[]]] {{{}}} <<<>>> ;;; ::: ,,,",
    "0x7fff5fbff8a0 0b1010 3.14159 1e-12 42 1,000,000 2026-03-01T12:00:00Z",
    "for (int i = 0; i < n; i++) sum += weights[i] * inputs[i];",
    "In the beginning the committee agreed that nothing had been agreed, and adjourned until spring.",
]
# Longer texts, up to the whole window: the sentences in other orders.
LENGTHS = [60, 129, 255, 256, 400, 512]


def load_safetensors(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(np.float64))
    return tensors


def save_safetensors(path, tensors):
    header, offset = {}, 0
    names = {np.dtype(v): k for k, v in TYPES.items()}
    for name, values in tensors.items():
        header[name] = {
            "dtype": names[values.dtype],
            "shape": values.shape,
            "data_offsets": [offset, offset + values.nbytes],
        }
        offset += values.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def forward(weights, config, tokens):
    """BERT's last hidden states [tokens, hidden] of one sequence: equations of Devlin et al. 2019 and Vaswani et al. 2017."""
    heads = config["num_attention_heads"]
    hidden = config["hidden_size"]
    epsilon = config["layer_norm_eps"]

    def linear(name, x):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name, x):
        return layer_norm(x, (hidden,), weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)

    def split(x):
        return x.reshape(len(tokens), heads, -1).transpose(0, 1)

    x = weights["embeddings.word_embeddings.weight"][tokens]
    x = x + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm("embeddings.LayerNorm", x + weights["embeddings.token_type_embeddings.weight"][0])
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        q, k, v = (split(linear(f"{layer}.attention.self.{n}", x)) for n in ("query", "key", "value"))
        scores = q @ k.transpose(1, 2) / (hidden // heads) ** 0.5
        attended = (scores.softmax(-1) @ v).transpose(0, 1).reshape(len(tokens), hidden)
        x = norm(f"{layer}.attention.output.LayerNorm", x + linear(f"{layer}.attention.output.dense", attended))
        inner = gelu(linear(f"{layer}.intermediate.dense", x))
        x = norm(f"{layer}.output.LayerNorm", x + linear(f"{layer}.output.dense", inner))
    return x


def pool(states):
    return normalize(states.mean(0), dim=0)


def tokenize(vocabulary, text):
    """WordPiece of plain ASCII text."""
    tokens = []
    for word in re.findall(r"[a-z0-9]+|[^a-z0-9\s]", text.lower()):
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            end = next(e for e in range(len(word), start, -1) if prefix + word[start:e] in vocabulary)
            tokens.append(vocabulary[prefix + word[start:end]])
            start = end
    return tokens


def export_minilm(folder, output):
    config = json.loads((folder / "config.json").read_text())
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    weights = load_safetensors(next(folder.glob("*.safetensors")))

    texts = list(SENTENCES)
    for i, length in enumerate(LENGTHS):
        order = np.random.RandomState(i).randint(len(SENTENCES), size=60)
        texts.append(" ".join(SENTENCES[j] for j in order))
    limits = [512] * len(SENTENCES) + LENGTHS

    entries, values = [], []
    for text, limit in zip(texts, limits):
        tokens = tokenize(vocabulary, text)[: limit - 2]
        tokens = [vocabulary["[CLS]"], *tokens, vocabulary["[SEP]"]]
        states = forward(weights, config, tokens)
        sampled = sorted({int(p) for p in np.linspace(0, len(tokens) - 1, 6)})
        entries.append({"text": text, "tokens": tokens, "sampled": sampled})
        values += [pool(states)[None], states[sampled]]
    (output / "minilm.json").write_text(json.dumps(entries, separators=(",", ":")) + "\n")
    torch.cat(values).numpy().astype("<f4").tofile(output / "minilm.bin")


def export_tiny(output):
    random = np.random.RandomState(7)
    hidden, inner, words = 20, 37, 48
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": inner,
        "max_position_embeddings": 40,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-6,
    }
    tensors = {}

    def add(name, *shape, dtype=np.float32, scale=0.4, mean=0.0):
        tensors[name] = (random.randn(*shape) * scale + mean).astype(dtype)

    def add_linear(name, outputs, inputs):
        add(f"{name}.weight", outputs, inputs)
        add(f"{name}.bias", outputs)

    def add_norm(name):
        add(f"{name}.weight", hidden, scale=0.2, mean=1.0)
        add(f"{name}.bias", hidden, scale=0.2)

    add("embeddings.word_embeddings.weight", words, hidden, dtype=np.float16, scale=1)
    add("embeddings.position_embeddings.weight", 40, hidden)
    add("embeddings.token_type_embeddings.weight", 2, hidden)
    add_norm("embeddings.LayerNorm")
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        for name in ("query", "key", "value"):
            add_linear(f"{layer}.attention.self.{name}", hidden, hidden)
        add_linear(f"{layer}.attention.output.dense", hidden, hidden)
        add_norm(f"{layer}.attention.output.LayerNorm")
        add_linear(f"{layer}.intermediate.dense", inner, hidden)
        add_linear(f"{layer}.output.dense", hidden, inner)
        add_norm(f"{layer}.output.LayerNorm")

    folder = output / "tiny-bert"
    folder.mkdir(exist_ok=True)
    save_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    letters = [chr(ord("a") + i) for i in range(22)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{c}" for c in letters)]
    tokenizer = {
        "normalizer": {"type": "BertNormalizer"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "vocab": {piece: i for i, piece in enumerate(pieces)}},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, separators=(",", ":")) + "\n")

    weights = load_safetensors(folder / "model.safetensors")
    golden = []
    for length in (1, 2, 7, 16, 33, 40):
        tokens = random.randint(words, size=length).tolist()
        states = forward(weights, config, tokens)
        golden.append({"tokens": tokens, "pooled": pool(states).tolist(), "states": states.flatten().tolist()})
    text = json.dumps(golden, separators=(",", ":"))
    (folder / "golden.json").write_text(re.sub(r"-?\d\.\d+(e-\d+)?", lambda m: f"{float(m[0]):.8g}", text) + "\n")


if __name__ == "__main__":
    export_minilm(Path(sys.argv[1]), Path(sys.argv[2]))
    export_tiny(Path(sys.argv[2]))
