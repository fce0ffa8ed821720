// The official TypeScript client that speaks 2026-07-28, @modelcontextprotocol/client. Input and output as handshake.mjs.
//
//   node stateless.mjs URL KEY < calls.json
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { allTools, answers, calls, makeCalls, print } from "./common.mjs";

const [url, key] = process.argv.slice(2);
const headers = key ? { Authorization: `Bearer ${key}` } : {};
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client(
  { name: "typescript-stateless", version: "1.0.0" },
  {
    capabilities: { sampling: {}, elicitation: {}, roots: {} },
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  },
);
for (const [method, answer] of Object.entries(answers)) client.setRequestHandler(method, answer);

await client.connect(transport);
const tools = await allTools(client);
const results = await makeCalls(client, await calls());
print({ version: client.getNegotiatedProtocolVersion(), server: client.getServerVersion(), tools, results });
await client.close();
