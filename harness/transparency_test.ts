import { guests } from "../scenarios/programs/mod.ts";
import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { compareFacts } from "./comparison.ts";
import { Machine } from "./machine.ts";
import { launch, type Program, runToEnd } from "./program.ts";
import { programSpecimens } from "./program_scenario.ts";
import { runScenario, scenario } from "./scenario.ts";
import { checkTransparency, everySystemCall, PointWalk, referenceRun } from "./transparency.ts";

const program: Program = { path: "/bin/hello_loop", elf: guests.hello_loop.bytes() };

/** A machine half-way through the program, and its image restarted in another. */
function halfWay() {
  const { machine, pid } = launch(program, { seed: 1 });
  machine.run({ instructions: 9_000 });
  const saved = machine.kernel.tasks.get(pid);
  if (saved === undefined) throw new Error("There is no task");
  const { reader, writer } = machine.kernel.fileSystem.openPipe(saved.credentials);
  saved.files.install(reader);
  saved.files.install(writer);
  writer.object.write(0, new Uint8Array(5));
  const fresh = machine.freshCopy();
  fresh.restart(machine.checkpoint(pid));
  const task = fresh.kernel.tasks.get(pid);
  if (task === undefined) throw new Error("There is no task");
  const differences = () =>
    compareFacts("identity", machine.identity(pid), fresh.identity(pid)).differences;
  return { task, differences };
}

Deno.test("does the oracle of identity notice each kind of loss?", () => {
  type Lost = ReturnType<typeof halfWay>["task"];
  const losses: [facts: string, lose: (task: Lost) => void][] = [
    ["register f8", ({ registers }) => registers.setF(8, registers.f(8) ^ 1n)],
    ["register x9", ({ registers }) => registers.setX(9, registers.x(9) + 1n)],
    ["register fcsr", ({ registers }) => registers.fcsr ^= 0x20],
    ["task comm", (task) => task.comm = "other"],
    ["task umask", ({ fs }) => fs.umask = 0],
    ["signal blocked", ({ signals }) => signals.blocked = 2n],
    ["memory brk", ({ mm }) => mm.brk += 1],
    ["file 1 flags", ({ files }) => files.get(1).flags ^= 0o2000],
    ["file 2 close_on_exec", ({ files }) => files.descriptor(2).closeOnExec = true],
    ["file 3 contents, file 4 contents", ({ files }) => files.get(3).object.consume(1)],
    ["credentials uid", ({ credentials }) => credentials.euid = 1000],
  ];
  assertEquals(halfWay().differences(), []);
  for (const [facts, lose] of losses) {
    const { task, differences } = halfWay();
    lose(task);
    assertEquals(differences().map(({ name }) => name).join(", "), facts);
  }
});

Deno.test("does the oracle of identity notice one changed byte of memory?", () => {
  const { task, differences } = halfWay();
  task.mm.user.write(task.mm.start_stack - 8, new Uint8Array([0x5a]));
  assert(differences().some(({ name }) => name.startsWith("page ")));
});

Deno.test("does a run in pieces end as the run in one, with and without restarts?", () => {
  const reference = referenceRun(program, 3);
  const points = everySystemCall(reference).slice(0, 8);
  const results = [...checkTransparency(program, 3, reference, points)];
  assertEquals(results.length, 8);
  for (const { identity, outcome } of results) {
    assertEquals([identity.differences, outcome.differences], [[], []]);
  }
});

Deno.test("is a checkpoint of a restarted task the image that it came from?", () => {
  const { machine, pid } = launch(program, { seed: 1 });
  for (let i = 0; i < 20; i++) {
    machine.run({ instructions: 700 });
    const image = machine.checkpoint(pid);
    const fresh = machine.freshCopy();
    fresh.restart(image);
    assertEquals(fresh.checkpoint(pid), image);
    fresh.dispose();
  }
});

Deno.test("do a hundred generations of restarts change nothing?", () => {
  const reference = referenceRun(program, 1);
  let { machine, pid } = launch(program, { seed: 1 });
  for (let i = 0; i < 100; i++) {
    machine.run({ instructions: 211 });
    machine = machine.restartElsewhere();
  }
  assert(runToEnd(machine, 1_000_000));
  assertEquals(machine.outcome(pid), reference.outcome);
});

Deno.test("do several harts, and on which one everybody is, come through restarts?", () => {
  const family: Program = { path: "/bin/family", elf: guests.family.bytes() };
  const start = () => launch(family, { seed: 1, harts: 3 });
  const reference = start();
  assert(runToEnd(reference.machine, 10_000_000));
  let { machine, pid } = start();
  const { harts } = machine.kernel.scheduler;
  for (let i = 0; i < 40; i++) {
    machine.run({ instructions: 1009 });
    machine = machine.restartElsewhere();
    assertEquals(machine.kernel.scheduler.harts, harts);
  }
  assert(runToEnd(machine, 10_000_000));
  assertEquals(machine.outcome(pid), reference.machine.outcome(reference.pid));
  assertEquals(machine.kernel.scheduler.usage, reference.machine.kernel.scheduler.usage);
});

Deno.test("do two restarts of one image run equally to the end?", () => {
  const { machine, pid } = launch(program, { seed: 1 });
  machine.run({ instructions: 5_000 });
  const image = machine.checkpoint(pid);
  const [one, two] = [machine.freshCopy(), machine.freshCopy()].map((fresh) => {
    fresh.restart(image);
    runToEnd(fresh, 1_000_000);
    return fresh.outcome(pid);
  });
  assertEquals(one, two);
});

Deno.test("are all frames back when machines are gone?", () => {
  const { machine, pid } = launch(program, { seed: 1 });
  machine.run({ instructions: 5_000 });
  const fresh = machine.freshCopy();
  fresh.restart(machine.checkpoint(pid));
  const fork = fresh.fork();
  for (const each of [machine, fresh, fork]) {
    each.run();
    each.dispose();
  }
  assertEquals(machine.kernel.memory.framesInUse, 0);
});

Deno.test("is a point that a run does not have refused?", () => {
  const { machine } = launch(program);
  assertThrows(
    () => new PointWalk(machine).advance({ kind: "entry", index: 1000 }),
    RangeError,
    "The run has no point entry:1000",
  );
});

Deno.test("is a scenario that compares nothing not consistent?", () => {
  const parts = { question: "?", specimens: programSpecimens(() => program) };
  const asleep = scenario("asleep", { ...parts, body: () => {} });
  assertEquals(runScenario(asleep).consistent, false);
});

Deno.test("does a fork go its own way?", () => {
  const machine = new Machine({ seed: 1 });
  machine.writeFile("/bin/p", guests.hello_loop.bytes(), 0o755);
  machine.start({ path: "/bin/p" });
  machine.run({ instructions: 5_000 });
  const fork = machine.fork();
  const before = machine.output;
  fork.run();
  assertEquals(machine.output, before);
  assert(fork.output.startsWith(before) && fork.output.length > before.length);
});
