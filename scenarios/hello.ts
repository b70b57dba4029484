/**
 * Does the session that announced the original patch still go as it went in 2008?
 *
 * `ckpt` saves itself to its standard output, twice; `rstr` becomes the first `ckpt`, which goes on
 * with ret=0. The task that comes back is compared with the one that was saved, once where the
 * session brings it back (in rstr's place, with rstr's pid) and once in a fresh machine.
 */
import {
  type Fact,
  type Laboratory,
  Machine,
  type Point,
  type Scenario,
  scenario,
  Session,
  type Specimen,
} from "../harness/mod.ts";
import { guests } from "./programs/mod.ts";

const HOME = "/root";
const AFTER_RESTART = "hello, world!  (ret=0)\n";
/** ckpt never ends: this long it is watched after a restart, several times as long as it needs. */
const WATCHED_INSTRUCTIONS = 5_000;
/** The facts that a task which restarts another in its own place keeps. */
const KEPT_BY_CALLER = new Set(["pid", "tgid", "ppid", "pgid", "sid"].map((id) => `task ${id}`));

/** The ELF files of the two programs of the session. */
export interface SessionPrograms {
  /** Saves itself to its standard output. */
  readonly ckpt: Uint8Array;
  /** Restarts what stands on its standard input. */
  readonly rstr: Uint8Array;
}

/** The session of the announcement, with the guests that ship. */
export const hello: Scenario = sessionScenario("hello", () => ({
  ckpt: guests.ckpt.bytes(),
  rstr: guests.rstr.bytes(),
}));

/** The session of the announcement, with programs of one's own. */
export function sessionScenario(name: string, programs: () => SessionPrograms): Scenario {
  return scenario(name, {
    question: "Does the session of the 2008 announcement go as it went then?",
    body: (lab) => playSession(lab, withPrograms(lab.boot({ terminal: true }), programs())),
    specimens: {
      pick: () => ({ kind: "self", index: 0 }),
      make: (seed, point) => makeSpecimen(programs(), seed, point),
    },
  });
}

function withPrograms(machine: Machine, { ckpt, rstr }: SessionPrograms): Machine {
  machine.writeFile(`${HOME}/ckpt`, ckpt, 0o755);
  machine.writeFile(`${HOME}/rstr`, rstr, 0o755);
  return machine;
}

function playSession(lab: Laboratory, machine: Machine): void {
  const session = new Session(machine, HOME, (line) => lab.say(line));
  const saved = lab.time("checkpoint", () => {
    const pid = session.start("./ckpt > out.1");
    return identityWhenSaving(machine, pid);
  });
  lab.compareText("output of the first ckpt", "hello, world!  (ret=1)\n", session.waitForLine());
  session.interrupt();
  const second = session.run("./ckpt > out.2");
  lab.compareText("output of the second ckpt", "hello, world!  (ret=2)\n", second.output);
  session.interrupt();

  const pid = session.start("./rstr < out.1");
  const caller = machine.identity(pid);
  lab.time("restart", () => runThroughCall(machine, pid, "restart"));
  const expected = saved.map((fact) => KEPT_BY_CALLER.has(fact.name) ? factOf(caller, fact) : fact);
  lab.compare("identity in rstr's place", expected, machine.identity(pid));
  lab.compareText("output after restart", AFTER_RESTART, session.waitForLine());
  session.ps();
  lab.noteRestarts();

  const image = machine.readFile(`${HOME}/out.1`);
  lab.noteImage("out.1", image);
  restartElsewhere(lab, machine, image, saved);
  machine.dispose();
}

function restartElsewhere(
  lab: Laboratory,
  machine: Machine,
  image: Uint8Array,
  saved: readonly Fact[],
): void {
  const fresh = machine.freshCopy();
  const before = fresh.output.length;
  const pid = fresh.restart(image);
  lab.compare("identity in a fresh machine", saved, fresh.identity(pid));
  fresh.run({ instructions: WATCHED_INSTRUCTIONS });
  const output = fresh.output.slice(before).replaceAll("\r\n", "\n");
  lab.compareText("output in a fresh machine", AFTER_RESTART, output);
  lab.noteRestarts();
  fresh.dispose();
}

/**
 * Runs a task to its checkpoint(2) and gives its identity as the image must have it: the call has
 * returned, with 0.
 */
function identityWhenSaving(machine: Machine, pid: number): Fact[] {
  machine.runToCall(pid, "checkpoint");
  return machine.identityAfterCall(pid, 0n);
}

function runThroughCall(machine: Machine, pid: number, name: string): void {
  machine.runToCall(pid, name);
  machine.run({ until: "syscall_exit" });
}

function factOf(facts: readonly Fact[], { name }: Fact): Fact {
  const found = facts.find((fact) => fact.name === name);
  if (found === undefined) throw new Error(`There is no fact '${name}'`);
  return found;
}

function makeSpecimen(programs: SessionPrograms, seed: number, point: Point): Specimen {
  if (point.kind !== "self" || point.index !== 0) {
    throw new RangeError("hello has one checkpoint point, self:0");
  }
  const machine = withPrograms(new Machine({ seed, terminal: true }), programs);
  const session = new Session(machine, HOME, () => {});
  session.run("./ckpt > out.1");
  const image = machine.readFile(`${HOME}/out.1`);
  const world = machine.freshCopy();
  machine.dispose();
  const intact = world.fork();
  const pid = intact.restart(image);
  const identity = intact.identity();
  intact.run({ instructions: WATCHED_INSTRUCTIONS });
  const outcome = intact.outcome(pid);
  intact.dispose();
  const instructionsMax = WATCHED_INSTRUCTIONS;
  return { image, point, world, identity, outcome, instructionsMax, mayRunOn: true };
}
