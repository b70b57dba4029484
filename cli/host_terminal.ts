/**
 * The user's own terminal, given over to a guest: raw, so that every key reaches the guest's line
 * discipline, and put back on every way out.
 *
 * @module
 */
import type { WindowSize } from "../kernel/mod.ts";
import { UsageError } from "./command.ts";

/** Signals that end this process; the number is added to 128 for its exit status. */
const ENDING_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** What the host's terminal is asked for: Deno's, or a test's. */
export interface TerminalHost {
  /** Whether input and output are one terminal. */
  isTerminal(): boolean;
  /** Whether keys come as they are pressed. */
  setRaw(raw: boolean): void;
  /** The size of the window. */
  size(): WindowSize;
  /** Calls `listener` whenever a signal arrives. */
  listen(signal: Deno.Signal, listener: () => void): void;
  /** Undoes {@link listen}. */
  unlisten(signal: Deno.Signal, listener: () => void): void;
  /** Ends this process. */
  exit(status: number): void;
}

/** This process's standard streams. */
export const denoTerminal: TerminalHost = {
  isTerminal: () => Deno.stdin.isTerminal() && Deno.stdout.isTerminal(),
  setRaw: (raw) => Deno.stdin.setRaw(raw),
  size: () => Deno.consoleSize(),
  listen: (signal, listener) => Deno.addSignalListener(signal, listener),
  unlisten: (signal, listener) => Deno.removeSignalListener(signal, listener),
  exit: (status) => Deno.exit(status),
};

/** The user's terminal while a guest has it. */
export class HostTerminal {
  readonly #host: TerminalHost;
  readonly #listeners: (readonly [signal: Deno.Signal, listener: () => void])[] = [];
  #isOpen = true;

  /**
   * Takes the terminal over; `onResize` learns of each new size.
   *
   * @throws {UsageError} when there is none.
   */
  constructor(onResize: (window: WindowSize) => void, host: TerminalHost = denoTerminal) {
    this.#host = host;
    if (!host.isTerminal()) {
      throw new UsageError("Cannot use -t: standard input and output are not a terminal");
    }
    host.setRaw(true);
    this.#listen("SIGWINCH", () => onResize(this.window));
    for (const [signal, number] of Object.entries(ENDING_SIGNALS)) {
      this.#listen(signal as keyof typeof ENDING_SIGNALS, () => {
        this.close();
        host.exit(128 + number);
      });
    }
  }

  /** The size of the window; 24 rows of 80 columns where the terminal does not say. */
  get window(): WindowSize {
    const { rows, columns } = this.#host.size();
    return rows > 0 && columns > 0 ? { rows, columns } : { rows: 24, columns: 80 };
  }

  /** Gives the terminal back as it was; does nothing the second time. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const [signal, listener] of this.#listeners) this.#host.unlisten(signal, listener);
    this.#host.setRaw(false);
  }

  #listen(signal: Deno.Signal, listener: () => void): void {
    this.#host.listen(signal, listener);
    this.#listeners.push([signal, listener]);
  }
}
