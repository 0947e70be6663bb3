// Encodes token sequences with onnxruntime-node, as often as it is asked.
// usage: node encode.mjs SEQUENCES.json FP32.onnx Q8.onnx
// stdin: a line of JSON per measurement, {"model": "fp32" | "q8", "batch": 1, "sessions": 1, "threads": 2}
// stdout: a line per measurement, the seconds that it took and those of all cores together
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import ort from 'onnxruntime-node';

const [path, fp32, q8] = process.argv.slice(2);
// Sequences of like lengths together: the least padding.
const sequences = JSON.parse(readFileSync(path)).sort((a, b) => a.length - b.length);
const sessions = new Map();

function session(model, threads) {
  const key = `${model} ${threads}`;
  if (!sessions.has(key)) {
    const file = model === 'fp32' ? fp32 : q8;
    sessions.set(
      key,
      ort.InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' }),
    );
  }
  return sessions.get(key);
}

function feeds(batch) {
  const length = batch[batch.length - 1].length;
  const tensor = (fill) => {
    const data = new BigInt64Array(batch.length * length);
    batch.forEach((tokens, row) => tokens.forEach((token, i) => (data[row * length + i] = fill(token))));
    return new ort.Tensor('int64', data, [batch.length, length]);
  };
  return {
    input_ids: tensor((token) => BigInt(token)),
    attention_mask: tensor(() => 1n),
    token_type_ids: tensor(() => 0n),
  };
}

async function measure({ model, batch, sessions: parallel, threads }) {
  const batches = [];
  for (let i = 0; i < sequences.length; i += batch) batches.push(feeds(sequences.slice(i, i + batch)));
  const encoder = await session(model, threads);
  await encoder.run(batches[0]);
  // The longest first, so that the workers end together.
  let next = batches.length;
  const [start, used] = [performance.now(), process.cpuUsage()];
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next > 0) await encoder.run(batches[--next]);
    }),
  );
  const { user, system } = process.cpuUsage(used);
  return `${(performance.now() - start) / 1e3} ${(user + system) / 1e6}`;
}

for await (const line of createInterface({ input: process.stdin })) console.log(await measure(JSON.parse(line)));
