// Writes the golden data of the tests of byte-pair encoding:
//   bpe-lines.json.br   [[line, [GPT-2 ids], [Llama 3 ids], [Qwen 2 ids], [Llama 2 ids]], ...]
//   bpe-unicode.json    {gpt2: [...], qwen2: [...]}: for every 1024 code points, a hash of the ids of texts around each
//   npm install && node export.js TEST-MODELS-FOLDER OUTPUT-FOLDER
//
// A lone surrogate reaches the references as U+FFFD, since their interface takes UTF-8; the tokenizer under test has to
// treat it so.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { lines } from './lines.js';
import { tokenizerJson } from './llama2.js';
import { javascript, rust, rustOf } from './reference.js';

const [folder, output] = process.argv.slice(2);
const path = (name) => join(folder, `tokenizer-${name}`, 'tokenizer.json');
const gpt2 = rust(path('gpt2'));
const qwen2 = rust(path('qwen2'));
const llama3 = javascript(path('llama3'));
const llama2 = rustOf(tokenizerJson(join(folder, 'tokenizer-vectors', 'ggml-vocab-llama-spm.gguf')));
// What JavaScript's \s takes for white space and Unicode does not, and the other way round.
const differs = /[\u0085\ufeff]/;

const golden = [];
for (const line of lines(2000)) {
  const text = line.toWellFormed();
  const ofLlama3 = differs.test(text) ? null : await llama3(text);
  golden.push([line, await gpt2(text), ofLlama3, await qwen2(text), await llama2(text)]);
}
writeFileSync(
  join(output, 'bpe-lines.json.br'),
  brotliCompressSync(JSON.stringify(golden), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }),
);

// FNV-1a over the ids (a word each) of a block's code points, each list closed by its length. The Kaktovik numerals came
// with Unicode 15, which the reference does not know: to it they are no numbers.
const BLOCK = 1024;
const hash = async (encode) => {
  const hashes = new Array(0x110000 / BLOCK).fill(0x811c9dc5);
  for (let c = 0; c < 0x110000; c++) {
    if ((c >= 0xd800 && c < 0xe000) || (c >= 0x1d2c0 && c <= 0x1d2d3)) continue;
    const x = String.fromCodePoint(c);
    const ids = await encode(`a${x}b 1${x}1 ${x}${x}'${x}`);
    const block = Math.floor(c / BLOCK);
    for (const id of [...ids, ids.length]) hashes[block] = Math.imul(hashes[block] ^ id, 0x01000193) >>> 0;
  }
  return hashes;
};
writeFileSync(
  join(output, 'bpe-unicode.json'),
  `${JSON.stringify({ gpt2: await hash(gpt2), qwen2: await hash(qwen2) })}\n`,
);
