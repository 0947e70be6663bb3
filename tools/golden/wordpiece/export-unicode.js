// Writes src/McpLongContext.Inference/Tokenizers/UnicodeProperties.txt: the properties of code points that BERT's
// normalizer and pre-tokenizer ask for, as the reference library has them frozen.
//   npm install && node export-unicode.js TOKENIZER.JSON > UnicodeProperties.txt
import { codePoints, load } from './reference.js';

const path = process.argv[2];
const off = { clean_text: false, handle_chinese_chars: false, strip_accents: false, lowercase: false };
const clean = load(path, { ...off, clean_text: true }).getNormalizer();
const strip = load(path, { ...off, strip_accents: true }).getNormalizer();
const split = load(path).getPreTokenizer();

const hex = (c) => c.toString(16).toUpperCase();
const sets = { control: [], whitespace: [], punctuation: [], nonspacing: [] };
const decompositions = [];
for (const c of codePoints()) {
  const character = String.fromCodePoint(c);
  const text = `a${character}b`;
  const words = split.preTokenizeString(text).map(([word]) => word);
  if (clean.normalizeString(text) === 'ab') sets.control.push(c);
  if (words.length === 2) sets.whitespace.push(c);
  if (words.length === 3) sets.punctuation.push(c);
  const stripped = strip.normalizeString(text).slice(1, -1);
  const hangul = c >= 0xac00 && c <= 0xd7a3; // decomposed by arithmetic
  if (stripped === '') sets.nonspacing.push(c);
  else if (stripped !== character && !hangul)
    decompositions.push([character, ...stripped].map((x) => hex(x.codePointAt(0))).join(' '));
}

const lines = Object.entries(sets).map(([name, members]) => {
  const ranges = [];
  for (const c of members) {
    const last = ranges.at(-1);
    if (last?.[1] === c - 1) last[1] = c;
    else ranges.push([c, c]);
  }
  return `${name} ${ranges.map(([a, b]) => (a === b ? hex(a) : `${hex(a)}-${hex(b)}`)).join(' ')}`;
});
process.stdout.write([...lines, ...decompositions.map((d) => `decomposition ${d}`), ''].join('\n'));
