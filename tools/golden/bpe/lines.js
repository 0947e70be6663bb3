// Generated text: code, prose, many scripts, emoji and broken text. Holds nothing from elsewhere, and is the same at
// every run.

let state = 20260519;
// xorshift32
export const next = (n) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % n;
};
const pick = (list) => list[next(list.length)];
const run = (make) => (typeof make === 'function' ? run(make()) : make);
const times = (least, most, make, glue = '') => Array.from({ length: least + next(most - least + 1) }, () => run(make)).join(glue);
const within = (...ranges) => {
  const [first, last] = pick(ranges);
  return String.fromCodePoint(first + next(last - first + 1));
};

const WORDS =
  'the of and to in is that for it was on are as with they be at one have this from by hot word but what some can out other were all your when up use how said an each she which do their time if will way about many then them write would like so these her long make thing see him two has look more day could go come did number sound no most people my over know water than call first who may down side been now find any new work part take get place made live where after back little only round man year came show every good me give our under name very through just form sentence great think say help low line differ turn cause much mean before move right boy old too same tell does set three want air well also play small end put home read hand port large spell add even land here must big high such follow act why ask men change went light kind off need house picture try us again animal point mother world near build self earth father head stand own page should country found answer school grow study still learn plant cover food sun four between state keep eye never last let thought city tree cross farm hard start might story saw far sea draw left late run while press close night real life few north open seem together next white children begin got walk example ease paper group always music those both mark often letter until mile river car feet care second book carry took science eat room friend began idea fish mountain stop once base hear horse cut sure watch color face wood main enough plain girl usual young ready above ever red list though feel talk bird soon body dog family direct pose leave song measure door product black short numeral class wind question happen complete ship area half rock order fire south problem piece told knew pass since top whole king space'.split(
    ' ',
  );
const NAMES =
  'index buffer count node value result options stream request response handler config parser token length offset cursor segment vector matrix kernel thread worker queue cache session client server channel message builder factory context provider repository service manager controller listener observer iterator visitor adapter proxy'.split(' ');
const capital = (word) => word[0].toUpperCase() + word.slice(1);
const letters = () => times(1, 14, () => within([0x61, 0x7a], [0x41, 0x5a]));
const stem = () => (next(6) ? pick(next(2) ? WORDS : NAMES) : letters());
const number = () =>
  pick([`${next(10)}`, `${next(100000)}`, `${next(1e9)}${next(1e9)}`, `${next(100)}.${next(1000)}`, `0x${next(1 << 30).toString(16)}`, `1e-${next(20)}`, '٣٤٥', '１２３４', '½', 'Ⅷ', '²³']);
const identifier = () =>
  pick([
    () => stem() + times(0, 3, () => capital(stem())),
    () => times(1, 4, stem, '_'),
    () => times(1, 3, stem, '_').toUpperCase(),
    () => times(2, 4, () => capital(stem())),
    () => `_${stem()}${next(100)}`,
    () => times(2, 3, stem, '-'),
  ])();
const contraction = () => stem() + pick(["'", '’', '`']) + pick(['s', 't', 're', 've', 'm', 'll', 'd', 'S', 'T', 'Re', 'VE', 'lL', 'D', 'x', 'l', 'r', 'sx', 'ſ']);
const expression = (depth = 2) =>
  depth === 0
    ? pick([identifier, number, () => `"${prose(3)}"`])()
    : pick([
        () => `${expression(depth - 1)} ${pick(['+', '-', '*', '/', '%', '==', '!=', '&&', '||', '??', '=>', '<<', '::', '->', '...'])} ${expression(depth - 1)}`,
        () => `${identifier()}(${times(0, 3, () => expression(depth - 1), ', ')})`,
        () => `${identifier()}.${identifier()}[${expression(depth - 1)}]`,
        () => `${identifier()}<${identifier()}>`,
        () => expression(0),
      ])();
const indent = () => pick(['', '\t', '\t\t', '    ', '        ', '            ', '\t  ', '                      ']);
const end = () => pick(['\n', '\n\n', '\r\n', ' \n', '', '\n\n\n\n', '  \n\t\n']);
const code = () =>
  times(1, 4, () =>
    indent() +
    pick([
      () => `public ${pick(['static ', 'async ', ''])}${identifier()} ${identifier()}(${times(0, 3, () => `${identifier()} ${identifier()}`, ', ')})${end()}{`,
      () => `def ${identifier()}(self, ${times(0, 3, identifier, ', ')}): # ${prose(6)}`,
      () => `if (${expression()}) return ${expression()};`,
      () => `const ${identifier()} = ${expression()}; /* ${prose(4)} */`,
      () => `#include <${stem()}/${stem()}.h> // ${prose(5)}`,
      () => `"${identifier()}": ["${prose(4)}", ${number()}, null, true],`,
      () => `<${stem()} ${identifier()}="${stem()}">${prose(4)}</${stem()}>`,
      () => `$ ${stem()} --${identifier()}=${number()} | ${stem()} -${letters()} >> /${times(1, 5, stem, '/')}.${letters()}`,
      () => `https://${stem()}.${stem()}/${times(1, 4, identifier, '/')}?${stem()}=${next(1e6)}&${stem()}=%${next(256).toString(16)}#${stem()}`,
      () => `${next(3000)}-${next(13)}-${next(32)}T${next(24)}:${next(60)}:${next(60)}.${next(1000)}Z ${next(1e9).toString(16)}`,
      () => `<|endoftext|> <|im_start|>${stem()}<|im_end|> <s> </s> [INST] <|eot_id|> <unk> <0x0A>`,
      () => `${'='.repeat(next(90))} ${'-'.repeat(next(40))} ${'#'.repeat(next(9))} ${stem()}`,
    ])() +
    end(),
  );
function prose(most) {
  return times(1, most, () => pick([stem, stem, stem, stem, () => capital(stem()), number, contraction, () => `(${stem()})`, () => `${stem()},`, () => `“${stem()}”`, () => `${stem()}…`]), pick([' ', ' ', ' ', '  ', '\u00a0'])).replace(/^./, (c) => (next(3) ? c.toUpperCase() : c));
}
const accented = () => times(1, 8, () => within([0x61, 0x7a], [0xc0, 0x17f], [0x1e00, 0x1eff], [0x180, 0x24f])) + pick(['', '\u0301', '\u0308x', '\u0327\u0302']);
const script = () => {
  const range = pick([
    [0x370, 0x3ff], [0x400, 0x4ff], [0x530, 0x58f], [0x590, 0x5ff], [0x600, 0x6ff], [0x900, 0x97f], [0x980, 0x9ff],
    [0xb80, 0xbff], [0xe00, 0xe7f], [0xf00, 0xfff], [0x10a0, 0x10ff], [0x1100, 0x11ff], [0x1200, 0x137f],
    [0x1780, 0x17ff], [0x1f00, 0x1fff], [0x3040, 0x30ff], [0xac00, 0xd7a3], [0x2c00, 0x2dff], [0xa640, 0xa69f],
    [0x10400, 0x1044f], [0x12000, 0x123ff], [0x1d400, 0x1d7ff],
  ]);
  return times(2, 10, () => within(range));
};
const cjk = () => times(1, 12, () => within([0x4e00, 0x9fff], [0x4e00, 0x5fff], [0x3041, 0x30ff], [0x3000, 0x303f], [0xf900, 0xfaff], [0x20000, 0x2a6df], [0xff00, 0xffef]));
const emoji = () =>
  pick([
    () => within([0x1f300, 0x1f6ff], [0x1f900, 0x1f9ff], [0x2600, 0x27bf]),
    () => within([0x1f466, 0x1f469]) + '\u200d' + within([0x1f466, 0x1f469]),
    () => within([0x1f44a, 0x1f450]) + within([0x1f3fb, 0x1f3ff]),
    () => within([0x1f1e6, 0x1f1ff]) + within([0x1f1e6, 0x1f1ff]),
    () => within([0x2600, 0x26ff]) + '\ufe0f',
  ])();
const invisible = () => within([0, 0x1f], [0x7f, 0xa0], [0x1680, 0x1680], [0x2000, 0x200f], [0x2028, 0x202f], [0x205f, 0x206f], [0x3000, 0x3000], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xfff9, 0xffff], [0xe000, 0xe010], [0xe0001, 0xe0010]);
const space = () => times(1, 6, () => pick([' ', ' ', ' ', '\t', '\n', '\r', '\r\n', '\u00a0', '\u2003', '\u3000', '\u0085', '\u000b']));
const symbol = () => within([0x21, 0x2f], [0xa1, 0xbf], [0x2010, 0x205e], [0x20a0, 0x20bf], [0x2100, 0x214f], [0x2190, 0x23ff], [0x2500, 0x25ff], [0x2581, 0x2581], [0x2e00, 0x2e42]);
const surrogate = () => String.fromCharCode(0xd800 + next(0x800));
const mixed = () => times(2, 14, () => run(pick([stem, accented, script, cjk, emoji, symbol, invisible, number, space, contraction, () => ' '])), pick(['', '', ' ']));
const broken = () => times(2, 10, () => run(pick([stem, surrogate, () => '\ufffd', invisible, () => '\u0300', space])));
const long = () => pick([() => pick(['a', 'é', '中', 'x1', '_', '\u0301b', ' ', '\n', '=', 'ab', '0']).repeat(40 + next(200)), () => letters().repeat(4 + next(14)), () => stem().repeat(30 + next(30))])();
const kinds = [code, code, code, () => prose(20), () => prose(20), () => times(1, 8, accented, ' '), () => times(1, 6, script, ' '), cjk, () => times(1, 8, () => run(pick([emoji, stem])), pick(['', ' '])), mixed, mixed, broken, () => times(2, 8, () => run(pick([space, stem, number, symbol]))), long];

/** So many lines. */
export const lines = (count) => Array.from({ length: count }, (_, i) => run(kinds[i % kinds.length]));
