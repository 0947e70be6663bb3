// Runs a GGUF file with node-llama-cpp, as often as it is asked.
// usage: node llama.mjs MODEL.gguf THREADS WINDOW [OPTIONS]; the options of the context are a JSON object
// stdin: a line of JSON per measurement, {"tokens": [...], "decoded": 32, "rivals": false}
// stdout: first the seconds that loading took; then a line of JSON per measurement: the seconds of the prompt, those of a
// decoded token, the tokens, which end with that of an end where there is one, and, where they are asked for, the rivals:
// of each token the second likeliest one and by how much its logit is lower, which takes time
import { createInterface } from 'node:readline';
import { getLlama } from 'node-llama-cpp';

const [path, threads, window, options = '{}'] = process.argv.slice(2);
const start = performance.now();
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: Number(threads) });
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({
  contextSize: Number(window),
  threads: Number(threads),
  batchSize: 512,
  ...JSON.parse(options),
});
const sequence = context.getSequence();
console.log((performance.now() - start) / 1000);

for await (const line of createInterface({ input: process.stdin })) {
  const { tokens, decoded, rivals: asked } = JSON.parse(line);
  await sequence.clearHistory();
  const begin = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, -1));
  const middle = performance.now();
  const [generated, rivals] = [[], []];
  const metadata = { probabilities: asked };
  const options = { temperature: 0, yieldEogToken: true };
  for await (const next of sequence.evaluateWithMetadata(tokens.slice(-1), metadata, options)) {
    generated.push(next.token);
    if (asked) {
      const [[, most], [token, probability]] = next.probabilities.entries().take(2).toArray();
      rivals.push({ token, margin: Math.log(most / probability) });
    }
    if (generated.length >= decoded) break;
  }
  const end = performance.now();
  const [promptSeconds, tokenSeconds] = [(middle - begin) / 1000, (end - middle) / 1000 / generated.length];
  console.log(JSON.stringify({ promptSeconds, tokenSeconds, tokens: generated, rivals }));
}
process.exit(0);
