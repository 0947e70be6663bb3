// A tokenizer.json of the kind that Llama 2 has, made from the tokens and scores of a GGUF file: every way to put a
// token together from two is a merge, those of the highest score first.
import { readFileSync } from 'node:fs';

function metadata(path) {
  const file = readFileSync(path);
  let at = 8; // magic, version
  const u32 = () => file.readUInt32LE((at += 4) - 4);
  const u64 = () => Number(file.readBigUInt64LE((at += 8) - 8));
  const text = () => {
    const length = u64();
    return file.toString('utf8', at, (at += length));
  };
  const sizes = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
  const value = (type) => {
    if (type === 8) return text();
    if (type === 9) {
      const of = u32();
      return Array.from({ length: u64() }, () => value(of));
    }
    at += sizes[type];
    if (type === 6) return file.readFloatLE(at - 4);
    return sizes[type] === 4 ? file.readInt32LE(at - 4) : undefined;
  };
  u64(); // tensors
  const pairs = {};
  for (let count = u64(); count > 0; count--) {
    const key = text();
    pairs[key] = value(u32());
  }
  return pairs;
}

export function tokenizerJson(path) {
  const NORMAL = 1;
  const pairs = metadata(path);
  const tokens = pairs['tokenizer.ggml.tokens'];
  const scores = pairs['tokenizer.ggml.scores'];
  const kinds = pairs['tokenizer.ggml.token_type'];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const isPiece = (text) => text in vocab && kinds[vocab[text]] === NORMAL;
  const merges = [];
  tokens.forEach((token, id) => {
    if (kinds[id] !== NORMAL) return;
    const characters = [...token];
    for (let cut = 1; cut < characters.length; cut++) {
      const pair = [characters.slice(0, cut).join(''), characters.slice(cut).join('')];
      if (pair.every(isPiece)) merges.push([scores[id], pair.join(' ')]);
    }
  });
  merges.sort((a, b) => b[0] - a[0]);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: merges.map(([, merge]) => merge),
    },
  };
}
