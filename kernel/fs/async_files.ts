/**
 * The open files that send signals: O_ASYNC was set by fcntl(2) or ioctl(2).
 *
 * Each file counts what is worth a signal ({@link FileObject.asyncEvents}); here stands how much of it was
 * told.
 *
 * Source: `fs/fcntl.c` (`fasync_helper`).
 */

import type { Cloning } from "./cloning.ts";
import type { OpenFile, Watcher } from "./open_file.ts";

/** What there is to tell of. */
export interface AsyncEdges {
  /** There is something to read, or the end. */
  readonly input: boolean;
  /** There is room. */
  readonly output: boolean;
}

/** A file that sends signals. */
export interface AsyncFile extends AsyncEdges {
  /** The file. */
  readonly file: OpenFile;
  /** The descriptor by which it was told to, 0 or more: si_fd. */
  readonly fd: number;
}

interface Told {
  readonly fd: number;
  readonly input: number;
  readonly output: number;
}

/** The files of a machine that send signals. It holds none of them. */
export class AsyncFiles implements Watcher {
  readonly #files = new Map<OpenFile, Told>();

  /** Makes a file send signals; `edges`: what is still to be told of. */
  add(file: OpenFile, fd: number, edges: AsyncEdges = { input: false, output: false }): void {
    const { input, output } = countsOf(file);
    const told = {
      input: edges.input ? input - 1 : input,
      output: edges.output ? output - 1 : output,
    };
    this.#files.set(file, { fd, ...told });
    file.watch(this);
  }

  /** Makes a file send none. */
  remove(file: OpenFile): void {
    this.#files.delete(file);
    file.unwatch(this);
  }

  /** See {@link Watcher.forget}. */
  forget(file: OpenFile): void {
    this.#files.delete(file);
  }

  /** How a file sends signals; `null` when it does not. */
  find(file: OpenFile): AsyncFile | null {
    const told = this.#files.get(file);
    return told === undefined ? null : { file, fd: told.fd, ...edgesOf(file, told) };
  }

  /** The files that have something to tell, which is then told. */
  takeNews(): readonly AsyncFile[] {
    if (this.#files.size === 0) return [];
    const news: AsyncFile[] = [];
    for (const [file, told] of this.#files) {
      const edges = edgesOf(file, told);
      if (!edges.input && !edges.output) continue;
      news.push({ file, fd: told.fd, ...edges });
      this.#files.set(file, { fd: told.fd, ...countsOf(file) });
    }
    return news;
  }

  /** Those of a machine's clone, whose open files are copied by then. */
  clone(cloning: Cloning): AsyncFiles {
    const copy = new AsyncFiles();
    cloning.later(() => {
      for (const [file, { fd, ...told }] of this.#files) {
        copy.add(cloning.copyOf(file), fd, edgesOf(file, told));
      }
    });
    return copy;
  }
}

function countsOf({ object }: OpenFile): { readonly input: number; readonly output: number } {
  return object.asyncEvents ?? { input: 0, output: 0 };
}

function edgesOf(file: OpenFile, told: Omit<Told, "fd">): AsyncEdges {
  const { input, output } = countsOf(file);
  return { input: input !== told.input, output: output !== told.output };
}
