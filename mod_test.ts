import { assertEquals, assertMatch } from "./std_assert.ts";
import { readmeBlocks } from "./testing/readme.ts";

const ROOT = new URL("./", import.meta.url);
const CONTENT_TYPES: Readonly<Record<string, string>> = { ts: "text/typescript" };

/** Serves this checkout's files. */
async function serveFile(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    const body = await Deno.readFile(new URL(`.${pathname}`, ROOT));
    const type = CONTENT_TYPES[pathname.split(".").at(-1) ?? ""] ?? "text/plain";
    return new Response(body, { headers: { "content-type": type } });
  } catch {
    return new Response("not found", { status: 404 });
  }
}

async function runScript(script: string, port: number): Promise<Deno.CommandOutput> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    const command = new Deno.Command("deno", {
      args: ["run", "--no-lock", "--no-prompt", `--allow-import=127.0.0.1:${port}`, "script.ts"],
      cwd: folder,
    });
    return await command.output();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("does README's script run from a URL, with no permission but the import?", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, serveFile);
  try {
    const { port } = server.addr;
    const [script = ""] = readmeBlocks("ts ignore");
    assertMatch(script, /"https:\/\/[^"]+\/mod\.ts"/);
    const local = script.replace(/"https:\/\/[^"]+\/mod\.ts"/, `"http://127.0.0.1:${port}/mod.ts"`);
    const { code, stdout, stderr } = await runScript(local, port);
    assertEquals(new TextDecoder().decode(stderr).replace(/^.*Download.*\n/gm, ""), "");
    assertEquals(code, 0);
    assertMatch(new TextDecoder().decode(stdout), /facts equal: true, output equal: true/);
  } finally {
    await server.shutdown();
  }
});
