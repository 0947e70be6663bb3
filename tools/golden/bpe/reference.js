// The oracles: Hugging Face's own Rust library (tokenizers 0.14.0, built for Node), and for Llama 3, whose option
// ignore_merges came later, the port of @lenml (of transformers.js).
import { readFileSync } from 'node:fs';
import tokenizers from '@anush008/tokenizers';
import { TokenizerLoader } from '@lenml/tokenizers';

/** Plain text in, its tokens out: no special tokens, and none of the normalisation that the product leaves out. */
const plain = (path) =>
  Object.assign(JSON.parse(readFileSync(path)), {
    added_tokens: [],
    truncation: null,
    padding: null,
    post_processor: null,
    normalizer: null,
  });

export const rust = (path) => rustOf(plain(path));

export function rustOf(settings) {
  const tokenizer = tokenizers.Tokenizer.fromString(JSON.stringify(settings));
  return async (text) => (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
}

export function javascript(path) {
  const tokenizer = TokenizerLoader.fromPreTrained({ tokenizerJSON: plain(path), tokenizerConfig: {} });
  return async (text) => tokenizer.encode(text, { add_special_tokens: false });
}
