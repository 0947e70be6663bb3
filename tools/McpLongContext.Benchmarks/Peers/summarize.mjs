// Encodes a source and writes the likeliest tokens with onnxruntime-node, as often as it is asked.
// usage: node summarize.mjs ENCODER.onnx DECODER.onnx THREADS SHAPE, a JSON object of layers, heads, width, begin
// stdin: a line of JSON per measurement, {"source": [tokens], "written": 50}
// stdout: a line per measurement: of encoding and of writing the seconds and those of all cores together; the tokens
import { createInterface } from 'node:readline';
import ort from 'onnxruntime-node';

const [encoderFile, decoderFile, threads, shape] = process.argv.slice(2);
const { layers, heads, width, begin } = JSON.parse(shape);
const options = { intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: 'all' };
const encoder = await ort.InferenceSession.create(encoderFile, options);
const decoder = await ort.InferenceSession.create(decoderFile, options);

const integers = (numbers) => new ort.Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length]);

function largest(logits) {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

async function measure({ source, written }) {
  let [start, used] = [performance.now(), process.cpuUsage()];
  const effort = () => {
    const { user, system } = process.cpuUsage(used);
    const text = `${(performance.now() - start) / 1e3} ${(user + system) / 1e6}`;
    [start, used] = [performance.now(), process.cpuUsage()];
    return text;
  };
  const cross = await encoder.run({ tokens: integers(source), positions: integers([...source.keys()]) });
  const encoding = effort();
  let keys = new ort.Tensor('float32', new Float32Array(0), [layers, 1, heads, 0, width]);
  let values = keys;
  const tokens = [begin];
  for (let i = 0; i < written; i++) {
    const step = await decoder.run({ tokens: integers([tokens[i]]), positions: integers([i]), keys, values, ...cross });
    tokens.push(largest(step.logits.data));
    [keys, values] = [step.new_keys, step.new_values];
  }
  return `${encoding} ${effort()} ${tokens.slice(1).join(',')}`;
}

for await (const line of createInterface({ input: process.stdin })) console.log(await measure(JSON.parse(line)));
