import { assertEquals, assertThrows } from "../std_assert.ts";
import type { WindowSize } from "../kernel/mod.ts";
import { UsageError } from "./command.ts";
import { HostTerminal, type TerminalHost } from "./host_terminal.ts";
import { runTask } from "./testing/tasks.ts";

/** A host whose calls are written down. */
class NotedHost implements TerminalHost {
  readonly notes: string[] = [];
  readonly listeners = new Map<Deno.Signal, () => void>();
  window: WindowSize = { rows: 30, columns: 100 };

  constructor(readonly isThere = true) {}

  isTerminal(): boolean {
    return this.isThere;
  }
  setRaw(raw: boolean): void {
    this.notes.push(raw ? "raw" : "restored");
  }
  size(): WindowSize {
    return this.window;
  }
  listen(signal: Deno.Signal, listener: () => void): void {
    this.listeners.set(signal, listener);
  }
  unlisten(signal: Deno.Signal, listener: () => void): void {
    if (this.listeners.get(signal) === listener) this.listeners.delete(signal);
  }
  exit(status: number): void {
    this.notes.push(`exit ${status}`);
  }
}

Deno.test("is the user's terminal raw while the guest has it, and restored once?", () => {
  const host = new NotedHost();
  const terminal = new HostTerminal(() => {}, host);
  assertEquals(host.notes, ["raw"]);
  terminal.close();
  terminal.close();
  assertEquals(host.notes, ["raw", "restored"]);
  assertEquals(host.listeners.size, 0);
});

Deno.test("is it restored when a signal ends this process?", () => {
  for (const [signal, status] of [["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 130]] as const) {
    const host = new NotedHost();
    new HostTerminal(() => {}, host);
    host.listeners.get(signal)?.();
    assertEquals(host.notes, ["raw", "restored", `exit ${status}`]);
  }
});

Deno.test("does the guest learn of the window's size and its changes?", () => {
  const host = new NotedHost();
  const sizes: WindowSize[] = [];
  const terminal = new HostTerminal((window) => sizes.push(window), host);
  assertEquals(terminal.window, { rows: 30, columns: 100 });
  host.window = { rows: 10, columns: 20 };
  host.listeners.get("SIGWINCH")?.();
  assertEquals(sizes, [{ rows: 10, columns: 20 }]);
  host.window = { rows: 0, columns: 0 };
  assertEquals(terminal.window, { rows: 24, columns: 80 });
  terminal.close();
});

Deno.test("is -t refused where there is no terminal, with nothing changed?", async () => {
  const host = new NotedHost(false);
  assertThrows(() => new HostTerminal(() => {}, host), UsageError, "not a terminal");
  assertEquals(host.notes, []);
  const { code, stderr } = await runTask("run", ["-t", "/no/such/program"]);
  assertEquals(code, 2);
  assertEquals(stderr, "run: Cannot use -t: standard input and output are not a terminal\n");
});
