/**
 * `deno task verify`: executes random programs in the interpreter, as translated code and under
 * qemu-riscv64, and compares registers, fcsr and memory.
 *
 * @module
 */
import { type Verification, verify } from "../emu/testing/mod.ts";
import { exitWith, hostReason, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task verify [options]

Executes random programs of all instructions, with chosen operands, in the interpreter, as translated
code and under qemu-riscv64, and compares what they leave in registers, fcsr and memory. A difference
is shrunk to one instruction and its operands.

  --instructions N  execute at least so many instructions in each (default 200000)
  --seed S          which programs (default 1)
  --from P          begin with the seed's program P (default 0)
  --table           print how often each class of operands of each instruction was counted
  --help            print this

Exit status: 0 all equal and every class seen, 1 a difference or a class not seen, 2 wrong usage.`;

/** Runs the command; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, {
    flags: ["table"],
    values: ["instructions", "seed", "from"],
  });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const [unexpected] = options.positional;
  if (unexpected !== undefined) throw new UsageError(`There is nothing to do with '${unexpected}'`);
  const instructions = options.integer("instructions", 1) ?? 200_000;
  const seed = options.integer("seed", 0, 2 ** 32 - 1) ?? 1;
  const from = options.integer("from", 0, 2 ** 32 - 1) ?? 0;
  const showsProgress = Deno.stderr.isTerminal();
  let found: Verification;
  try {
    found = await verify({
      seed,
      instructions,
      from,
      progress: (done) => {
        if (showsProgress) Deno.stderr.writeSync(encoder.encode(`\r${done} instructions`));
      },
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) {
      throw error;
    }
    throw new UsageError(`Cannot run qemu-riscv64 (Debian's qemu-user): ${hostReason(error)}`);
  }
  if (showsProgress) console.error();
  return report(found, options.flag("table"));
}

const encoder = new TextEncoder();

function report(found: Verification, withTable: boolean): number {
  const { instructions, programs, translated, coverage, difference } = found;
  if (withTable) console.log(`${coverage}\n`);
  console.log(`${instructions} instructions in ${programs} programs`);
  console.log(`${(100 * translated).toFixed(1)} % of the translator's by translated code`);
  if (difference !== undefined) {
    console.log(difference);
    return 1;
  }
  console.log("No difference between QEMU, the interpreter and translated code");
  const { empty, cells, times } = coverage;
  console.log(`${cells - empty.length} of ${cells} classes seen, counted in ${times} executions`);
  for (const cell of empty) console.log(`Not seen: ${cell}`);
  return empty.length === 0 ? 0 : 1;
}

if (import.meta.main) await exitWith("verify", main);
