// The oracle: Hugging Face's own Rust library (tokenizers 0.14.0, built for Node), not a port of it.
import { readFileSync } from 'node:fs';
import tokenizers from '@anush008/tokenizers';

/** Loads tokenizer.json without special tokens, truncation and padding: plain text in, its pieces out. */
export function load(path, normalizer = {}) {
  const settings = JSON.parse(readFileSync(path));
  Object.assign(settings, { added_tokens: [], truncation: null, padding: null, post_processor: null });
  Object.assign(settings.normalizer, normalizer);
  return tokenizers.Tokenizer.fromString(JSON.stringify(settings));
}

/** Every code point that text can hold. */
export function* codePoints() {
  for (let c = 0; c < 0x110000; c++) if (c < 0xd800 || c > 0xdfff) yield c;
}
