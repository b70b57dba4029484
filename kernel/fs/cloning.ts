/**
 * One act of cloning a machine: remembers what each old object became, so that two owners of one object
 * (two descriptors on one open file, a file under two names) share its copy as they shared the original.
 */
export class Cloning {
  readonly #copies = new Map<object, object>();
  readonly #last: (() => void)[] = [];

  /**
   * The copy of `original`, made by `make` when it is first asked for. `make` must register the copy by
   * {@link note} before it asks for anything that may lead back to the original.
   */
  once<T extends object>(original: T, make: () => T): T {
    const known = this.#copies.get(original);
    // The map only ever holds a copy under the original that it was made from.
    if (known !== undefined) return known as T;
    const copy = make();
    this.#copies.set(original, copy);
    return copy;
  }

  /** The copy of an object that has been cloned already. Throws an Error when it has not. */
  copyOf<T extends object>(original: T): T {
    return this.once(original, () => {
      throw new Error(`A ${original.constructor.name} is asked for before it is cloned`);
    });
  }

  /** Leaves a step to the end, when everything that somebody holds has its copy. */
  later(step: () => void): void {
    this.#last.push(step);
  }

  /** Does what was left to the end. */
  finish(): void {
    for (const step of this.#last.splice(0)) step();
  }

  /** Says early that `copy` stands for `original`; returns `copy`. */
  note<T extends object>(original: T, copy: T): T {
    this.#copies.set(original, copy);
    return copy;
  }
}
