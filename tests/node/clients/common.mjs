// What the two TypeScript clients share.

export async function calls() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return text.trim() ? JSON.parse(text) : [];
}

export async function allTools(client) {
  const tools = [];
  let cursor;
  do {
    const page = await client.listTools(cursor ? { cursor } : {});
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor);
  return tools;
}

export async function makeCalls(client, list) {
  const results = [];
  for (const call of list) {
    try {
      results.push(await client.callTool(call));
    } catch (error) {
      results.push({ error: { code: error.code ?? null, message: String(error.message ?? error) } });
    }
  }
  return results;
}

export const answers = {
  "elicitation/create": async () => ({ action: "accept", content: { name: "Ada" } }),
  "sampling/createMessage": async () => ({
    role: "assistant",
    model: "none",
    content: { type: "text", text: "42" },
  }),
  "roots/list": async () => ({ roots: [{ uri: "file:///home/ada" }] }),
};

export function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
