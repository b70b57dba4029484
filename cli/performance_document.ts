/**
 * `docs/performance.md`: what was measured, on which machine, and with what. Each section comes from
 * a function that measures; `deno task bench emu` runs all of them and writes the document.
 */

/** A section of the document. */
export interface Section {
  /** Its heading. */
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

/** A table of Markdown, padded so that it reads well as plain text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
        .join(" | ")
    } |`;
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** What the measuring machine is and what is installed on it. */
export function describeMachine(commands: readonly string[]): string {
  const cpu = /^Model name: *(.*)$/m.exec(outputOf("lscpu", []))?.[1] ?? "unknown processor";
  const { deno, v8 } = Deno.version;
  const memory = `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB of memory`;
  return [
    `- ${navigator.hardwareConcurrency} × ${cpu} (${Deno.build.arch}), ${memory}, Linux ${Deno.osRelease()}`,
    `- Deno ${deno}, V8 ${v8}`,
    ...commands.map((command) => `- ${versionOf(command)}`),
  ].join("\n");
}

function versionOf(command: string): string {
  return outputOf(command, ["--version"]).split("\n", 1)[0] ?? command;
}

function outputOf(command: string, args: string[]): string {
  return new TextDecoder().decode(new Deno.Command(command, { args }).outputSync().stdout);
}

/** The document. */
export function performanceDocument(machine: string, sections: readonly Section[]): string {
  return [
    "# Performance",
    "",
    "Measured by `deno task bench emu`, which writes this page; do not edit it.",
    "",
    "## The machine",
    "",
    machine,
    "",
    ...sections.flatMap(({ title, text }) => [`## ${title}`, "", text, ""]),
  ].join("\n");
}
