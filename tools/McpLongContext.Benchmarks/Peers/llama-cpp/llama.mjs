// Runs a GGUF file with node-llama-cpp, as often as it is asked.
// usage: node llama.mjs MODEL.gguf THREADS WINDOW
// stdin: a line of JSON per measurement, {"tokens": [...], "decoded": 32}
// stdout: first the seconds that loading took; then a line per measurement: the seconds of the prompt, those of the
// decoded tokens, the process's resident bytes
import { createInterface } from 'node:readline';
import { getLlama } from 'node-llama-cpp';

const [path, threads, window] = process.argv.slice(2);
const start = performance.now();
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: Number(threads) });
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({ contextSize: Number(window), threads: Number(threads), batchSize: 512 });
const sequence = context.getSequence();
console.log((performance.now() - start) / 1000);

for await (const line of createInterface({ input: process.stdin })) {
  const { tokens, decoded } = JSON.parse(line);
  await sequence.clearHistory();
  const begin = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, -1));
  const middle = performance.now();
  let count = 0;
  for await (const _ of sequence.evaluate(tokens.slice(-1), { temperature: 0, yieldEogToken: true })) {
    if (++count >= decoded) break;
  }
  const end = performance.now();
  console.log(`${(middle - begin) / 1000} ${(end - middle) / 1000 / count} ${process.memoryUsage().rss}`);
}
process.exit(0);
