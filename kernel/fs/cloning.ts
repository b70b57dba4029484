/**
 * One act of cloning a machine: remembers what each old object became, so that two owners of one object
 * (two descriptors on one open file, a file under two names) share its copy as they shared the original.
 */
export class Cloning {
  readonly #copies = new Map<object, object>();

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

  /** Says early that `copy` stands for `original`; returns `copy`. */
  note<T extends object>(original: T, copy: T): T {
    this.#copies.set(original, copy);
    return copy;
  }
}
