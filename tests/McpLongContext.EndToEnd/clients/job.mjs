// The whole job, as a client of the TypeScript SDK does it: node job.mjs '{"sdk": ..., "server": [...], ...}'.
// Fails with an assertion error and exit code 1 where the server does not keep its contract.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

const { sdk, version, server, directory, tree, outside } = JSON.parse(process.argv[2]);

const sdks = {
  // Protocol versions up to 2025-11-25: an initialize handshake.
  "@modelcontextprotocol/sdk": async () => {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
    const call = (client, name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
    return { Client, StdioClientTransport, call, options: {} };
  },
  // Also 2026-07-28: no handshake, server/discover.
  "@modelcontextprotocol/client": async () => {
    const { Client } = await import("@modelcontextprotocol/client");
    const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
    const call = (client, name, args, options) => client.callTool({ name, arguments: args }, options);
    return { Client, StdioClientTransport, call, options: { versionNegotiation: { mode: { pin: version } } } };
  },
};

const { Client, StdioClientTransport, call: callTool, options: clientOptions } = await sdks[sdk]();
const [command, ...args] = server;
const transport = new StdioClientTransport({ command, args, cwd: directory, stderr: "pipe" });
const serverLog = [];
transport.stderr.on("data", (chunk) => serverLog.push(chunk));
process.on("exit", (code) => code !== 0 && process.stderr.write(Buffer.concat(serverLog)));
const client = new Client({ name: "end-to-end", version: "1.0.0" }, clientOptions);

const timeout = 240_000;
const call = (name, args, options) => callTool(client, name, args, { timeout, ...options });

/** The structured result of a call that succeeds. */
async function succeed(name, args, options) {
  const result = await call(name, args, options);
  assert.ok(!result.isError, JSON.stringify(result.content));
  assert.ok(result.content[0].text.length > 0);
  return result.structuredContent;
}

/** The message of a call that is refused as the tool's own error, which a model can read. */
async function refuse(name, args) {
  const result = await call(name, args);
  assert.ok(result.isError, `${name} ${JSON.stringify(args)} was not refused`);
  return result.content[0].text;
}

async function step(name, action) {
  const begin = performance.now();
  await action();
  console.log(`${name}: ${Math.round(performance.now() - begin)} ms`);
}

await step("connect", async () => {
  await client.connect(transport);
  assert.match(client.getServerVersion().name, /mcplongcontext|mcp-long-context/i);
  assert.ok(client.getServerCapabilities().tools);
  assert.ok(client.getServerCapabilities().resources);
  assert.ok(client.getServerCapabilities().prompts);
});

await step("list tools", async () => {
  const { tools } = await client.listTools();
  const names = new Set(tools.map((tool) => tool.name));
  for (const name of [
    "expand_positional_encoding",
    "ingest_document",
    "ingest_status",
    "infer_long",
    "list_datastores",
    "query_long_context",
    "remove_document",
    "set_chunking",
  ]) {
    assert.ok(names.has(name), `no tool ${name}`);
  }
  for (const tool of tools) {
    assert.ok(tool.outputSchema, `${tool.name} has no output schema`);
    assert.ok(Buffer.byteLength(tool.description) <= 1024, `the description of ${tool.name} is over 1 KB`);
  }
});

let documents;
await step("ingest with progress", async () => {
  const reports = [];
  const report = await succeed(
    "ingest_document",
    { path: tree, datastore: "code", wait_seconds: 230 },
    { onprogress: (progress) => reports.push(progress) },
  );
  assert.equal(report.state, "complete", JSON.stringify(report));
  assert.ok(report.added > 10);
  documents = report.added;
  assert.ok(reports.length > 0, "no progress notification arrived");
  for (let i = 1; i < reports.length; i++) {
    assert.ok(reports[i].progress > reports[i - 1].progress, "progress must increase");
  }
});

await step("ingest again, unchanged", async () => {
  const report = await succeed("ingest_document", { path: tree, datastore: "code", wait_seconds: 230 });
  assert.equal(report.unchanged, documents);
  assert.equal(report.added + report.updated + report.removed, 0);
  assert.equal(report.encoded_tokens, 0);
});

let best;
await step("query", async () => {
  const question = "What keeps two processes from installing the same model at the same time?";
  const result = await succeed("query_long_context", { question, datastore: "code", top_k: 5, max_tokens: 2000 });
  assert.ok(result.passages.some((passage) => passage.path.endsWith("InstallLock.cs")), JSON.stringify(result));
  for (const passage of result.passages) {
    assert.equal(passage.citation, `${passage.path}:${passage.start_line}-${passage.end_line}`);
    assert.equal(passage.text.trimEnd(), lines(passage.path, passage.start_line, passage.end_line).trimEnd());
  }
  [best] = result.passages;
});

await step("query an exact identifier, page by page", async () => {
  const args = { question: "PackageTarball", datastore: "code", top_k: 1 };
  const first = await succeed("query_long_context", args);
  assert.match(first.passages[0].text, /PackageTarball/);
  const second = await succeed("query_long_context", { ...args, cursor: first.next_cursor });
  assert.notEqual(second.passages[0].citation, first.passages[0].citation);
});

await step("restrict a query to paths", async () => {
  const result = await succeed("query_long_context", {
    question: "checksum",
    datastore: "code",
    path_glob: "**/Sources/*.cs",
  });
  assert.ok(result.passages.length > 0);
  assert.ok(result.passages.every((passage) => path.dirname(passage.path).endsWith("Sources")));
});

await step("read resources", async () => {
  const { resources } = await client.listResources();
  const document = resources.find((resource) => resource.name === best.path);
  assert.ok(document, `${best.path} is not listed`);
  const whole = await client.readResource({ uri: document.uri });
  assert.equal(whole.contents[0].text.trimEnd(), readFileSync(path.join(directory, best.path), "utf8").trimEnd());
  const part = await client.readResource({ uri: `${document.uri}?lines=${best.start_line}-${best.end_line}` });
  assert.equal(part.contents[0].text.trimEnd(), best.text.trimEnd());
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.ok(resourceTemplates.some((template) => template.uriTemplate.startsWith("longcontext://{datastore}/")));
  await assert.rejects(client.readResource({ uri: "longcontext://code/no/such/file.cs" }), /no\/such\/file\.cs/);
});

await step("get prompts", async () => {
  const { prompts } = await client.listPrompts();
  assert.equal(prompts.length, 2);
  for (const prompt of prompts) {
    const args = Object.fromEntries(prompt.arguments.filter((one) => one.required).map((one) => [one.name, "why?"]));
    const { messages } = await client.getPrompt({ name: prompt.name, arguments: args });
    assert.match(messages[0].content.text, /query_long_context/);
  }
});

await step("manage", async () => {
  const { datastores } = await succeed("list_datastores", {});
  const code = datastores.find((datastore) => datastore.name === "code");
  assert.equal(code.documents, documents);
  assert.equal(code.pending_documents, 0);
  const { jobs } = await succeed("ingest_status", {});
  assert.ok(jobs.length >= 2);
  const chunking = await succeed("set_chunking", { datastore: "code" });
  assert.ok(chunking.chunk_size > 0);
});

await step("ingest a text and remove it", async () => {
  const text = "Ann: Where do we meet on Friday?\nBob: At the lighthouse, at nine.\n";
  await succeed("ingest_document", { text, name: "meeting.txt", datastore: "notes", wait_seconds: 60 });
  const answer = await succeed("query_long_context", { question: "Where is the meeting?", datastore: "notes" });
  assert.match(answer.passages[0].citation, /^meeting\.txt:\d+-\d+$/);
  const removed = await succeed("remove_document", { document: "meeting.txt", datastore: "notes" });
  assert.equal(removed.removed, 1);
  const after = await succeed("query_long_context", { question: "Where is the meeting?", datastore: "notes" });
  assert.equal(after.passages.length, 0);
});

await step("refuse bad arguments by name", async () => {
  assert.match(await refuse("query_long_context", {}), /question/);
  assert.match(await refuse("query_long_context", { question: "a", colour: "red" }), /colour/);
  assert.match(await refuse("query_long_context", { question: "a", max_tokens: "many" }), /max_tokens/);
  assert.match(await refuse("query_long_context", { question: "a", datastore: "nowhere" }), /nowhere/);
  assert.match(await refuse("ingest_document", { path: "no/such/folder" }), /no\/such\/folder/);
  assert.match(await refuse("ingest_document", { path: outside }), /allow-root|allowed root/i);
  await assert.rejects(call("no_such_tool", {}), /no_such_tool/);
});

await step("cancel", async () => {
  const abort = new AbortController();
  const ingest = call(
    "ingest_document",
    { path: ".", datastore: "cancelled", wait_seconds: 230 },
    // The first notification says that the call has arrived; the next ones tell of the job.
    { signal: abort.signal, onprogress: ({ progress }) => progress >= 1 && abort.abort() },
  );
  await assert.rejects(ingest, /abort/i);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { jobs } = await succeed("ingest_status", { datastore: "cancelled" });
    if (jobs.at(-1).state === "cancelled") break;
    assert.ok(Date.now() < deadline, `the job goes on: ${JSON.stringify(jobs.at(-1))}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

await step("close", async () => {
  const { pid } = transport;
  const begin = Date.now();
  await client.close();
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" }, "the server outlives its client");
  assert.ok(Date.now() - begin < 5000);
});

/** Lines of a file of the tree, 1-based and inclusive. */
function lines(file, start, end) {
  return readFileSync(path.join(directory, file), "utf8").split(/\r?\n/).slice(start - 1, end).join("\n");
}
