// The official TypeScript client of the handshake era, @modelcontextprotocol/sdk.
//
//   node handshake.mjs URL KEY < calls.json
//
// Reads a list of {name, arguments}, lists the tools, makes the calls, and prints one JSON object:
// {version, server, tools: [definition], results: [result or {error}]}.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { allTools, answers, calls, makeCalls, print } from "./common.mjs";

const [url, key] = process.argv.slice(2);
const headers = key ? { Authorization: `Bearer ${key}` } : {};
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client(
  { name: "typescript-handshake", version: "1.0.0" },
  { capabilities: { sampling: {}, elicitation: {}, roots: {} } },
);
const { ElicitRequestSchema, CreateMessageRequestSchema, ListRootsRequestSchema } = await import(
  "@modelcontextprotocol/sdk/types.js"
);
client.setRequestHandler(ElicitRequestSchema, answers["elicitation/create"]);
client.setRequestHandler(CreateMessageRequestSchema, answers["sampling/createMessage"]);
client.setRequestHandler(ListRootsRequestSchema, answers["roots/list"]);

await client.connect(transport);
const tools = await allTools(client);
const results = await makeCalls(client, await calls());
print({ version: transport.protocolVersion, server: client.getServerVersion(), tools, results });
await transport.terminateSession();
await client.close();
