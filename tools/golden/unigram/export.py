"""Unigram models trained on generated text, and the ids that SentencePiece gives to generated lines.

usage: python3 export.py GOLDENDATA

Writes unigram.json.br. The oracle is the SentencePiece library itself (Debian's python3-sentencepiece).
"""

import base64
import io
import json
import pathlib
import random
import subprocess
import sys

import sentencepiece

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", ".,;:!?()'\"-/_",
    "äöüßéèñçøå", "αβγδεζηθλμ", "абвгдежзиклмн", "אבגדהוז", "ابتثج", "日本語東京漢字", "かなカナ", "한국어",
]
ODD = [
    "ﬁ", "①", "Ⅷ", "㎏", "Ａ", "ｶﾞ", "ñ", "e\u0301", "…", "\u00a0", "\u3000", "\u200b", "\u00ad", "\ufeff", "▁", "½", "…",
    "🙂", "👩‍👩‍👧", "\t", "\n", "\r\n", "  ", "   ", "\u2028", "\x00", "\x07", "İ", "ǅ", "ﷺ", "\u1100\u1161", "<s>", "</s>", "<unk>",
]


def words(rng, count):
    """Words of a random language: few, so that there is something to learn."""
    made = []
    for _ in range(count):
        letters = rng.choice(ALPHABETS)
        made.append("".join(rng.choice(letters) for _ in range(rng.randint(1, 9))))
    return made


def line(rng, vocabulary, odd):
    parts = [rng.choice(vocabulary) if rng.random() > odd else rng.choice(ODD) for _ in range(rng.randint(0, 30))]
    return "".join(part + (" " if rng.random() < 0.8 else "") for part in parts)


def main(folder):
    rng = random.Random(29)
    vocabulary = words(rng, 400)
    corpus = [line(rng, vocabulary, 0.01) for _ in range(4000)]
    settings = {
        "nmt_nfkc": {},
        "bytes": {"byte_fallback": True, "normalization_rule_name": "nfkc"},
        "identity": {
            "normalization_rule_name": "identity", "add_dummy_prefix": False, "remove_extra_whitespaces": False,
            "split_by_whitespace": False,
        },
    }
    lines = [line(rng, vocabulary + words(rng, 40), rng.choice([0.02, 0.3])) for _ in range(400)]
    lines += ["", " ", "   ", "▁", "▁▁a▁", " a", "a ", "a\n\nb"] + ODD
    # A zero byte ends a text for the library's own interface of C strings in some builds.
    lines = [one for one in lines if "\x00" not in one]
    out = []
    for name, options in settings.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus), model_writer=model, vocab_size=600, model_type="unigram", character_coverage=0.98,
            num_threads=1, minloglevel=2, pad_id=3, **options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        out.append({
            "name": name,
            "model": base64.b64encode(model.getvalue()).decode(),
            "ids": [processor.encode(one) for one in lines],
            "texts": [processor.decode(processor.encode(one)) for one in lines],
        })
    content = json.dumps({"lines": lines, "models": out}, separators=(",", ":"), ensure_ascii=False).encode()
    path = pathlib.Path(folder) / "unigram.json.br"
    path.write_bytes(subprocess.run(["brotli", "-c", "-q", "11"], input=content, stdout=subprocess.PIPE, check=True).stdout)
    print(len(content), path.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1])
