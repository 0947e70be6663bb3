// Quantizes the linear layers of an ONNX model the way onnxruntime's quantize_dynamic does by default for a MatMul with
// constant weights: activations to uint8 as they come, weights to int8 per output column, the sum scaled back to fp32.
// usage: node quantize.mjs MODEL.onnx QUANTISED.onnx
//
// The file is edited as protocol buffer fields (onnx.proto3): what is not a quantized layer is passed on as it is.
import { readFileSync, writeFileSync } from 'node:fs';

const Model = { graph: 7 };
const Graph = { node: 1, initializer: 5 };
const Node = { input: 1, output: 2, name: 3, type: 4, attribute: 5 };
const Attribute = { name: 1, int: 3, type: 20 };
const Tensor = { dims: 1, type: 2, floats: 4, name: 8, raw: 9 };
const Type = { float: 1, int8: 3 };
const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };

function parse(buffer) {
  const fields = [];
  for (let at = 0; at < buffer.length; ) {
    const start = at;
    const varint = () => {
      let [value, shift] = [0n, 0n];
      for (;;) {
        const byte = buffer[at++];
        value |= BigInt(byte & 127) << shift;
        shift += 7n;
        if (byte < 128) return Number(BigInt.asIntN(64, value));
      }
    };
    const tag = varint();
    const field = { number: tag >>> 3, wire: tag & 7 };
    if (field.wire === Wire.varint) field.value = varint();
    else if (field.wire === Wire.bytes) {
      const length = varint();
      field.value = buffer.subarray(at, (at += length));
    } else at += field.wire === Wire.fixed64 ? 8 : 4;
    field.bytes = buffer.subarray(start, at);
    fields.push(field);
  }
  return fields;
}

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const integer = (number, value) => Buffer.concat([varint((number << 3) | Wire.varint), varint(value)]);

function bytes(number, value) {
  const content = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((number << 3) | Wire.bytes), varint(content.length), content]);
}

const all = (fields, number) => fields.filter((field) => field.number === number);
const text = (fields, number) => all(fields, number)[0]?.value.toString() ?? '';

function node(type, inputs, outputs, attributes = []) {
  return bytes(
    Graph.node,
    Buffer.concat([
      ...inputs.map((name) => bytes(Node.input, name)),
      ...outputs.map((name) => bytes(Node.output, name)),
      bytes(Node.name, `${outputs[0]}/${type}`),
      bytes(Node.type, type),
      ...attributes,
    ]),
  );
}

function tensor(name, dims, type, raw) {
  return bytes(
    Graph.initializer,
    Buffer.concat([
      ...dims.map((dim) => integer(Tensor.dims, dim)),
      integer(Tensor.type, type),
      bytes(Tensor.name, name),
      bytes(Tensor.raw, raw),
    ]),
  );
}

function matrix(fields) {
  const raw = all(fields, Tensor.raw)[0]?.value ?? all(fields, Tensor.floats)[0].value;
  const dims = all(fields, Tensor.dims).map((field) => field.value);
  return { dims, values: new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length)) };
}

/** Codes [inputs, outputs] and scales [outputs]: w ~ scale * code with scale = max |w| / 127. */
function quantize({ dims: [inputs, outputs], values }) {
  const scales = new Float32Array(outputs);
  values.forEach((value, i) => (scales[i % outputs] = Math.max(scales[i % outputs], Math.abs(value) / 127)));
  const codes = Int8Array.from(values, (value, i) => Math.round(value / (scales[i % outputs] || 1)));
  return { codes: Buffer.from(codes.buffer), scales: Buffer.from(scales.buffer), outputs, inputs };
}

function quantizeGraph(graph) {
  const initializers = all(graph, Graph.initializer).map((field) => ({ field, parts: parse(field.value) }));
  const byName = new Map(initializers.map((one) => [text(one.parts, Tensor.name), one]));
  const dropped = new Set();
  const quantized = new Map();
  const added = [];
  const nodes = all(graph, Graph.node).map((field) => {
    const parts = parse(field.value);
    const [x, weights] = all(parts, Node.input).map((input) => input.value.toString());
    const [y] = all(parts, Node.output).map((output) => output.value.toString());
    const constant = byName.get(weights);
    if (text(parts, Node.type) !== 'MatMul' || !constant) return field.bytes;

    const { codes, scales, inputs, outputs } = quantize(matrix(constant.parts));
    dropped.add(constant.field);
    added.push(
      tensor(`${weights}_codes`, [inputs, outputs], Type.int8, codes),
      tensor(`${weights}_scales`, [outputs], Type.float, scales),
      tensor(`${weights}_zero`, [outputs], Type.int8, Buffer.alloc(outputs)),
    );
    const input = [];
    if (!quantized.has(x)) {
      quantized.set(x, [`${x}_codes`, `${x}_scale`, `${x}_zero`]);
      input.push(node('DynamicQuantizeLinear', [x], quantized.get(x)));
    }
    const [xCodes, xScale, xZero] = quantized.get(x);
    const toFloat = bytes(
      Node.attribute,
      Buffer.concat([bytes(Attribute.name, 'to'), integer(Attribute.int, Type.float), integer(Attribute.type, 2)]),
    );
    return Buffer.concat([
      ...input,
      node('MatMulInteger', [xCodes, `${weights}_codes`, xZero, `${weights}_zero`], [`${y}_sum`]),
      node('Cast', [`${y}_sum`], [`${y}_float`], [toFloat]),
      node('Mul', [xScale, `${weights}_scales`], [`${y}_scale`]),
      node('Mul', [`${y}_float`, `${y}_scale`], [y]),
    ]);
  });
  const rest = graph.filter((field) => field.number !== Graph.node && !dropped.has(field)).map((field) => field.bytes);
  console.error(`${dropped.size} matrices quantized`);
  return Buffer.concat([...nodes, ...rest, ...added]);
}

const [source, target] = process.argv.slice(2);
const model = parse(readFileSync(source));
writeFileSync(
  target,
  Buffer.concat(
    model.map((field) =>
      field.number === Model.graph ? bytes(Model.graph, quantizeGraph(parse(field.value))) : field.bytes,
    ),
  ),
);
