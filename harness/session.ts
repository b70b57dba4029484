/**
 * A terminal session: command lines, ^C and ps, written down as a terminal would show them. What is
 * printed is what the guests wrote and what the kernel's table of tasks says.
 */
import type { Machine } from "./machine.ts";

/** Instructions that a command may execute until it prints a line. */
const PATIENCE = 50_000_000;
/** Instructions between looks at the output. */
const LOOK_INTERVAL = 10_000;

/** A command that was started. */
export interface StartedCommand {
  /** Its task. */
  readonly pid: number;
  /** What it has written to the terminal so far. */
  readonly output: string;
}

/** Types at a machine and notes what comes. */
export class Session {
  #foreground: number | undefined;

  /**
   * A session in which nothing has been typed yet.
   *
   * @param machine Has the commands' files in `directory`.
   * @param directory Where the session is, e.g. `/root`.
   * @param say Takes each line as the terminal shows it.
   */
  constructor(
    readonly machine: Machine,
    readonly directory: string,
    readonly say: (line: string) => void,
  ) {}

  /**
   * Starts a command without running it: words, `< FILE` and `> FILE`.
   *
   * @returns Its pid.
   * @throws {SyntaxError} when a redirection has no file.
   */
  start(commandLine: string): number {
    this.say(`$ ${commandLine}`);
    const { words, input, output } = parseCommandLine(commandLine);
    const [command = ""] = words;
    const inHere = (path: string) => path.startsWith("/") ? path : `${this.directory}/${path}`;
    this.#foreground = this.machine.start({
      path: inHere(command.replace(/^\.\//, "")),
      args: words,
      directory: this.directory,
      ...(input === undefined ? {} : { input: inHere(input) }),
      ...(output === undefined ? {} : { output: inHere(output) }),
    });
    return this.#foreground;
  }

  /** Runs the command until it has written a line to the terminal, or ended; gives what it wrote. */
  waitForLine(): string {
    const { machine } = this;
    const before = machine.output.length;
    const limit = machine.instructions + PATIENCE;
    while (machine.instructions < limit) {
      const { reason } = machine.run({ instructions: LOOK_INTERVAL });
      if (machine.output.slice(before).endsWith("\n") || reason !== "budget") break;
    }
    // A terminal goes to the line's beginning, too; who notes lines does not.
    const written = machine.output.slice(before).replaceAll("\r\n", "\n");
    for (const line of written.split("\n").slice(0, -1)) this.say(line);
    return written;
  }

  /** Starts a command and waits for its first line. */
  run(commandLine: string): StartedCommand {
    const pid = this.start(commandLine);
    return { pid, output: this.waitForLine() };
  }

  /** Presses ^C: SIGINT to the process group in the foreground, which then has time to end. */
  interrupt(): void {
    this.say("^C");
    if (this.#foreground === undefined) return;
    this.machine.interrupt(this.#foreground);
    this.machine.run({ instructions: LOOK_INTERVAL });
  }

  /** Shows the kernel's table of tasks. */
  ps(): void {
    this.say("$ ps");
    this.say("  PID COMMAND");
    for (const { pid, comm } of this.machine.processes) {
      this.say(`${String(pid).padStart(5)} ${comm}`);
    }
  }
}

interface CommandLine {
  readonly words: readonly string[];
  readonly input: string | undefined;
  readonly output: string | undefined;
}

function parseCommandLine(text: string): CommandLine {
  const words: string[] = [];
  const redirections: Partial<Record<"<" | ">", string>> = {};
  const tokens = text.split(/\s+/).filter((token) => token !== "");
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? "";
    if (token !== "<" && token !== ">") {
      words.push(token);
      continue;
    }
    const file = tokens[++i];
    if (file === undefined) throw new SyntaxError(`Command line '${text}' ends behind '${token}'`);
    redirections[token] = file;
  }
  return { words, input: redirections["<"], output: redirections[">"] };
}
