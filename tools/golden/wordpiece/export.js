// Writes the golden data of the WordPiece tests:
//   wordpiece-lines.json.br   [[line, [ids]], ...]: generated lines of code, prose, many scripts and broken text
//   wordpiece-unicode.json    for every 1024 code points, a hash of the ids of "a" + code point + "b"
//   npm install && node export.js TOKENIZER.JSON OUTPUT-FOLDER
//
// Lines are generated (seed below) and hold no foreign text. A lone surrogate reaches the reference as U+FFFD, since
// its interface takes UTF-8; the tokenizer under test has to treat it so.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { codePoints, load } from './reference.js';

const [path, folder] = process.argv.slice(2);
const tokenizer = load(path);
const LINES = 12000;

// xorshift32
let state = 20231017;
const next = (n) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % n;
};
const pick = (list) => list[next(list.length)];
const times = (least, most, make, glue = '') => Array.from({ length: least + next(most - least + 1) }, make).join(glue);
const within = (...ranges) => {
  const [first, last] = pick(ranges);
  return String.fromCodePoint(first + next(last - first + 1));
};

const vocabulary = Object.keys(JSON.parse(readFileSync(path)).model.vocab);
const words = vocabulary.filter((piece) => /^[a-z]{2,}$/.test(piece));
const pieces = vocabulary.map((piece) => piece.replace(/^##/, '')).filter((piece) => !piece.startsWith('['));

const capital = (word) => word[0].toUpperCase() + word.slice(1);
const letters = () => times(1, 12, () => within([0x61, 0x7a], [0x41, 0x5a]));
const stem = () => (next(4) ? pick(words) : letters());
const number = () => pick([`${next(100000)}`, `${next(100)}.${next(1000)}`, `0x${next(1 << 30).toString(16)}`, `1e-${next(20)}`]);
const identifier = () =>
  pick([
    () => stem() + times(0, 3, () => capital(stem())),
    () => times(1, 4, stem, '_'),
    () => times(1, 3, stem, '_').toUpperCase(),
    () => times(2, 4, () => capital(stem())),
    () => `_${stem()}${next(100)}`,
    () => times(2, 3, stem, '-'),
  ])();
const expression = (depth = 2) =>
  depth === 0
    ? pick([identifier, number, () => `"${prose(3)}"`])()
    : pick([
        () => `${expression(depth - 1)} ${pick(['+', '-', '*', '/', '%', '==', '!=', '&&', '||', '??', '=>', '<<', '::'])} ${expression(depth - 1)}`,
        () => `${identifier()}(${times(0, 3, () => expression(depth - 1), ', ')})`,
        () => `${identifier()}.${identifier()}[${expression(depth - 1)}]`,
        () => `${identifier()}<${identifier()}>`,
        () => expression(0),
      ])();
const code = () =>
  '\t'.repeat(next(3)) +
  pick([
    () => `public ${pick(['static ', 'async ', ''])}${identifier()} ${identifier()}(${times(0, 3, () => `${identifier()} ${identifier()}`, ', ')}) {`,
    () => `def ${identifier()}(self, ${times(0, 3, identifier, ', ')}): # ${prose(6)}`,
    () => `if (${expression()}) return ${expression()};`,
    () => `const ${identifier()} = ${expression()};`,
    () => `#include <${stem()}/${stem()}.h> // ${prose(5)}`,
    () => `"${identifier()}": ["${prose(4)}", ${number()}, null, true],`,
    () => `<${stem()} ${identifier()}="${stem()}">${prose(4)}</${stem()}>`,
    () => `$ ${stem()} --${identifier()}=${number()} | ${stem()} -${letters()} >> /${times(1, 5, stem, '/')}.${letters()}`,
    () => `https://${stem()}.${stem()}/${times(1, 4, identifier, '/')}?${stem()}=${next(1e6)}&${stem()}=%${next(256).toString(16)}#${stem()}`,
    () => `${next(1e9).toString(16)}${next(1e9).toString(16)} ${next(3000)}-${next(13)}-${next(32)}T${next(24)}:${next(60)}:${next(60)}.${next(1000)}Z`,
    () => `[CLS] ${identifier()} [SEP] [MASK] [UNK] [PAD] ##${stem()} [unused${next(100)}]`,
  ])();
function prose(most) {
  return times(1, most, () => pick([stem, stem, stem, () => capital(stem()), number, () => `${stem()}'s`, () => `(${stem()})`, () => `${stem()},`]), ' ');
}
const accented = () => times(1, 8, () => within([0x61, 0x7a], [0xc0, 0x17f], [0x1e00, 0x1eff], [0x180, 0x24f])) + pick(['', '\u0301', '\u0308x', '\u0327\u0302']);
const script = () => {
  const range = pick([
    [0x370, 0x3ff], [0x400, 0x4ff], [0x530, 0x58f], [0x590, 0x5ff], [0x600, 0x6ff], [0x900, 0x97f], [0x980, 0x9ff],
    [0xb80, 0xbff], [0xe00, 0xe7f], [0xf00, 0xfff], [0x10a0, 0x10ff], [0x1100, 0x11ff], [0x1200, 0x137f],
    [0x1780, 0x17ff], [0x1f00, 0x1fff], [0x3040, 0x30ff], [0xac00, 0xd7a3], [0x2c00, 0x2dff], [0xa640, 0xa69f],
  ]);
  return times(2, 10, () => within(range));
};
const cjk = () => times(1, 12, () => within([0x4e00, 0x9fff], [0x4e00, 0x5fff], [0x3041, 0x30ff], [0x3000, 0x303f], [0xf900, 0xfaff], [0x20000, 0x2ffff], [0xff00, 0xffef]));
const emoji = () =>
  pick([
    () => within([0x1f300, 0x1f6ff], [0x1f900, 0x1faff], [0x2600, 0x27bf]),
    () => within([0x1f466, 0x1f469]) + '\u200d' + within([0x1f466, 0x1f469]),
    () => within([0x1f44a, 0x1f450]) + within([0x1f3fb, 0x1f3ff]),
    () => within([0x1f1e6, 0x1f1ff]) + within([0x1f1e6, 0x1f1ff]),
    () => within([0x2600, 0x26ff]) + '\ufe0f',
  ])();
const invisible = () => within([0, 0x1f], [0x7f, 0xa0], [0x200b, 0x200f], [0x2028, 0x202f], [0x2060, 0x206f], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xfff9, 0xffff], [0xe000, 0xe010], [0xe0001, 0xe0010]);
const symbol = () => within([0x21, 0x2f], [0xa1, 0xbf], [0x2010, 0x205e], [0x20a0, 0x20bf], [0x2100, 0x214f], [0x2190, 0x23ff], [0x2500, 0x25ff], [0x2e00, 0x2e42]);
const surrogate = () => String.fromCharCode(0xd800 + next(0x800));
const anything = () => {
  const c = next(0x110000);
  return c >= 0xd800 && c < 0xe000 ? 'x' : String.fromCodePoint(c);
};
const mixed = () => times(2, 12, () => pick([stem, accented, script, cjk, emoji, symbol, invisible, number, () => ' ', () => pick(pieces)])(), pick(['', '', ' ']));
const broken = () => times(2, 10, () => pick([stem, surrogate, () => '\ufffd', anything, invisible, () => '\u0300'])());
const long = () => pick([() => pick(['a', 'é', '中', 'x1', '_', '\u0301b']).repeat(40 + next(70)), () => letters().repeat(4 + next(14)), () => stem().padEnd(98 + next(5), 'ing')])();

const kinds = [code, code, code, () => prose(14), () => prose(14), () => times(1, 8, accented, ' '), () => times(1, 6, script, ' '), cjk, () => times(1, 8, () => pick([emoji, stem])(), pick(['', ' '])), mixed, mixed, broken, () => times(1, 16, anything), long];
const lines = [];
for (let i = 0; i < LINES; i++) {
  const line = kinds[i % kinds.length]();
  const encoding = await tokenizer.encode(line.toWellFormed(), null, { addSpecialTokens: false });
  lines.push([line, encoding.getIds()]);
}
writeFileSync(
  join(folder, 'wordpiece-lines.json.br'),
  brotliCompressSync(JSON.stringify(lines), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }),
);

// FNV-1a over the ids (a word each) of a block's code points, each list closed by its length.
const BLOCK = 1024;
const hashes = new Array(0x110000 / BLOCK).fill(0x811c9dc5);
for (const c of codePoints()) {
  const ids = (await tokenizer.encode(`a${String.fromCodePoint(c)}b`, null, { addSpecialTokens: false })).getIds();
  const block = Math.floor(c / BLOCK);
  for (const id of [...ids, ids.length]) hashes[block] = Math.imul(hashes[block] ^ id, 0x01000193) >>> 0;
}
writeFileSync(join(folder, 'wordpiece-unicode.json'), `${JSON.stringify(hashes)}\n`);
