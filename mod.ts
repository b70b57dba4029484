/**
 * Crucible: a scriptable laboratory and fuzzer for checkpoint/restart. This is what a script
 * imports, by path or by URL.
 *
 * @example Save a program in the middle, bring it back in a second machine, and compare
 * ```ts
 * import { compareFacts, guests, Machine } from "./mod.ts";
 *
 * const machine = new Machine({ seed: 1 });
 * machine.writeFile("/bin/hello", guests.hello_loop.bytes(), 0o755);
 * const pid = machine.start({ path: "/bin/hello" });
 * machine.run({ instructions: 20_000 });
 *
 * const other = machine.freshCopy();
 * other.restart(machine.checkpoint(pid));
 * const { differences } = compareFacts("identity", machine.identity(pid), other.identity(pid));
 *
 * machine.run();
 * other.run();
 * console.assert(differences.length === 0 && other.output === machine.output);
 * ```
 *
 * @example A program written in the script
 * ```ts
 * import { buildExecutable, launch } from "./mod.ts";
 *
 * const program = buildExecutable(`
 *   _start: li a0, 42
 *           li a7, 93        # exit
 *           ecall
 * `);
 * const { machine, pid } = launch({ path: "/bin/answer", elf: program.bytes });
 * machine.run();
 * console.assert(machine.exitStatus(pid) === 42);
 * ```
 *
 * @module
 */
export {
  assemble,
  type AssembleOptions,
  type Assembly,
  AssemblyError,
  buildExecutable,
  disassemble,
  type Executable,
} from "./emu/mod.ts";
export { formatInspection, inspectImage, type Inspection, Refusal } from "./kernel/mod.ts";
export * from "./fuzz/mod.ts";
export * from "./harness/mod.ts";
export * from "./scenarios/mod.ts";
