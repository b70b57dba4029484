/**
 * User namespaces: the ids and the privileges of a world of its own.
 *
 * Everywhere in the kernel an id is the one of the machine; only what a program says or is told goes through
 * {@link idSeenBy} and {@link idMeantBy}. What a namespace gives its tasks counts inside it, and for what was
 * made from inside it: {@link hasCapabilityIn}.
 *
 * ```
 *   uid_map of a namespace    first inside   first in the one around it   how many
 *                                  0                   1000                   1
 * ```
 *
 * Source: `kernel/user_namespace.c`, `security/commoncap.c` (`cap_capable_helper`); user_namespaces(7).
 */

import { CAP_SETFCAP, CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN } from "./abi/capability.ts";
import { EINVAL, EPERM, SystemError } from "./abi/errno.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Cloning } from "./fs/cloning.ts";

/** What stands for an id that a namespace does not know: `kernel.overflowuid`, `kernel.overflowgid`. */
export const OVERFLOW_ID = 65534;
/** No id: (uid_t)-1. */
const NO_ID = 0xffffffff;
/** The most lines of a map. */
const RANGES_MAX = 340;
/** A map is shorter than a page. */
const MAP_BYTES_MAX = 4095;

/** Ids of users, or ids of groups. */
export type IdKind = "uid" | "gid";

/** A line of a map. */
export interface IdRange {
  /** First id inside. */
  readonly inside: number;
  /** The machine's id for it. */
  readonly outside: number;
  /** How many ids follow each other. */
  readonly count: number;
}

/** A user namespace that is not the machine's. */
export class UserNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** The one that it was made in; `null` for the machine's. */
  readonly parent: UserNamespace | null;
  /** Who made it: the machine's ids. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Whether setgroups(2) is allowed once there is a map of groups. */
  allowsSetgroups: boolean;
  /** Whether who made it could have given files capabilities, and may so map the root that is around it. */
  readonly mapsRoot: boolean;
  readonly #maps: Record<IdKind, readonly IdRange[]> = { uid: [], gid: [] };

  /** A namespace without maps. */
  constructor(parts: Pick<UserNamespace, "ino" | "parent" | "owner" | "mapsRoot">) {
    this.ino = parts.ino;
    this.parent = parts.parent;
    this.owner = parts.owner;
    this.mapsRoot = parts.mapsRoot;
    this.allowsSetgroups = parts.parent?.allowsSetgroups ?? true;
  }

  /** How many namespaces it lies in, 1 or more. */
  get level(): number {
    return 1 + (this.parent?.level ?? 0);
  }

  /** Whether ids of a kind are mapped already. */
  hasMap(kind: IdKind): boolean {
    return this.#maps[kind].length > 0;
  }

  /** The map of a kind. */
  map(kind: IdKind): readonly IdRange[] {
    return this.#maps[kind];
  }

  /** Sets the map of a kind, once. */
  setMap(kind: IdKind, ranges: readonly IdRange[]): void {
    this.#maps[kind] = ranges;
  }

  /** The same namespace in a machine's clone. */
  clone(cloning: Cloning): UserNamespace {
    return cloning.once(this, () => {
      const { ino, owner, mapsRoot } = this;
      const parent = this.parent?.clone(cloning) ?? null;
      const copy = new UserNamespace({ ino, parent, owner, mapsRoot });
      copy.allowsSetgroups = this.allowsSetgroups;
      for (const kind of ["uid", "gid"] as const) copy.setMap(kind, this.map(kind));
      return copy;
    });
  }
}

/** The id inside a namespace (`null`: the machine's) of one of the machine's; -1 when there is none. */
export function idIn(namespace: UserNamespace | null, kind: IdKind, id: number): number {
  if (namespace === null) return id;
  const range = namespace.map(kind).find(({ outside, count }) =>
    id >= outside && id < outside + count
  );
  return range === undefined ? -1 : range.inside + id - range.outside;
}

/** As {@link idIn}, with the id that stands for all that are not known. */
export function idSeenIn(namespace: UserNamespace | null, kind: IdKind, id: number): number {
  const inside = idIn(namespace, kind, id);
  return inside < 0 ? OVERFLOW_ID : inside;
}

/** The machine's id for one inside a namespace; -1 when there is none. (uid_t)-1 stays what it is. */
export function idOutside(namespace: UserNamespace | null, kind: IdKind, id: number): number {
  if (namespace === null || id === NO_ID) return id;
  const range = namespace.map(kind).find(({ inside, count }) =>
    id >= inside && id < inside + count
  );
  return range === undefined ? -1 : range.outside + id - range.inside;
}

/** What decides on the privileges of a task. */
export interface Privileges {
  /** The namespace that its capabilities are for; `null` for the machine's. */
  readonly userNamespace: UserNamespace | null;
  /** The machine's id. */
  readonly euid: number;
  readonly capabilities: Capabilities;
}

/** An id as a task is told it. */
export function idSeenBy(
  { userNamespace }: Pick<Privileges, "userNamespace">,
  kind: IdKind,
  id: number,
): number {
  return idSeenIn(userNamespace, kind, id);
}

/** The machine's id for one that a task names. Throws EINVAL when there is none. */
export function idMeantBy(
  { userNamespace }: Pick<Privileges, "userNamespace">,
  kind: IdKind,
  id: number,
): number {
  const meant = idOutside(userNamespace, kind, id);
  if (meant < 0) throw new SystemError(EINVAL);
  return meant;
}

/** Whether a task has a capability towards what belongs to a namespace: ns_capable(). */
export function hasCapabilityIn(
  { userNamespace, euid, capabilities }: Privileges,
  target: UserNamespace | null,
  capability: number,
): boolean {
  for (let at = target;; at = at.parent) {
    if (at === userNamespace) return capabilities.has(capability);
    if (at === null || at.level <= (userNamespace?.level ?? 0)) return false;
    // Who made a namespace may do everything in it.
    if (at.parent === userNamespace && at.owner.uid === euid) return true;
  }
}

/** Whether a namespace is another, or lies in it; `null` stands for the machine's. in_userns(). */
export function isInside(namespace: UserNamespace | null, other: UserNamespace | null): boolean {
  let at = namespace;
  while (at !== null && at !== other) at = at.parent;
  return at === other;
}

/** A namespace's map as the owner of `seenFrom` reads it: the ids around it are his. */
export function mapText(
  namespace: UserNamespace | null,
  kind: IdKind,
  seenFrom: UserNamespace | null,
): string {
  const ranges = namespace?.map(kind) ?? [{ inside: 0, outside: 0, count: NO_ID }];
  const around = seenFrom === namespace ? namespace?.parent ?? null : seenFrom;
  return ranges.map(({ inside, outside, count }) => {
    const id = idIn(around, kind, outside);
    return [inside, id < 0 ? NO_ID : id, count].map((n) => String(n).padStart(10)).join(" ") + "\n";
  }).join("");
}

/**
 * Sets a map, which the text of one write(2) at position 0 gives, as `writer` may. Throws EPERM, and EINVAL for what is no
 * map. map_write().
 */
export function writeMap(
  namespace: UserNamespace | null,
  kind: IdKind,
  text: string,
  position: number,
  writer: Privileges & { readonly egid: number },
): void {
  if (position !== 0) throw new SystemError(EINVAL);
  if (namespace === null || namespace.hasMap(kind)) throw new SystemError(EPERM);
  const isNear = writer.userNamespace === namespace || writer.userNamespace === namespace.parent;
  if (!isNear || !hasCapabilityIn(writer, namespace, CAP_SYS_ADMIN)) throw new SystemError(EPERM);
  const ranges = parseMap(text);
  if (!mayMap(namespace, kind, ranges, writer)) throw new SystemError(EPERM);
  namespace.setMap(
    kind,
    ranges.map(({ inside, outside, count }) => {
      const first = idOutside(namespace.parent, kind, outside);
      const last = idOutside(namespace.parent, kind, outside + count - 1);
      if (first < 0 || last - first !== count - 1) throw new SystemError(EPERM);
      return { inside, outside: first, count };
    }),
  );
}

function parseMap(text: string): readonly IdRange[] {
  if (text.length > MAP_BYTES_MAX) throw new SystemError(EINVAL);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const ranges = lines.map((line): IdRange => {
    const [, inside = "", outside = "", count = ""] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line) ??
      [];
    const range = { inside: Number(inside), outside: Number(outside), count: Number(count) };
    const isSane = count !== "" && range.count > 0 && range.inside + range.count <= NO_ID &&
      range.outside + range.count <= NO_ID;
    if (!isSane) throw new SystemError(EINVAL);
    return range;
  });
  const overlap = (a: IdRange, b: IdRange) =>
    (a.inside < b.inside + b.count && b.inside < a.inside + a.count) ||
    (a.outside < b.outside + b.count && b.outside < a.outside + a.count);
  const areApart = ranges.every((range, i) => !ranges.slice(0, i).some((r) => overlap(r, range)));
  if (ranges.length === 0 || ranges.length > RANGES_MAX || !areApart) throw new SystemError(EINVAL);
  return ranges;
}

/** new_idmap_permitted(), verify_root_map(). */
function mayMap(
  namespace: UserNamespace,
  kind: IdKind,
  ranges: readonly IdRange[],
  writer: Privileges & { readonly egid: number },
): boolean {
  const { parent, owner, mapsRoot } = namespace;
  if (kind === "uid" && ranges.some(({ outside }) => outside === 0)) {
    const isOwn = writer.userNamespace === namespace;
    if (isOwn ? !mapsRoot : !hasCapabilityIn(writer, parent, CAP_SETFCAP)) return false;
  }
  const [only] = ranges;
  if (ranges.length === 1 && only?.count === 1 && owner.uid === writer.euid) {
    const id = idOutside(parent, kind, only.outside);
    if (kind === "uid" && id === writer.euid) return true;
    if (kind === "gid" && id === writer.egid && !namespace.allowsSetgroups) return true;
  }
  return hasCapabilityIn(writer, parent, kind === "uid" ? CAP_SETUID : CAP_SETGID);
}

/** Allows or denies setgroups(2) in a namespace for good. Throws EPERM, and EINVAL for another word. */
export function writeSetgroups(
  namespace: UserNamespace | null,
  text: string,
  writer: Privileges,
): void {
  if (!hasCapabilityIn(writer, namespace, CAP_SYS_ADMIN)) throw new SystemError(EPERM);
  const [, word] = /^(allow|deny)\s*$/.exec(text) ?? [];
  if (word === undefined) throw new SystemError(EINVAL);
  const allows = namespace?.allowsSetgroups ?? true;
  if (word === "allow") {
    if (!allows) throw new SystemError(EPERM);
    return;
  }
  if (namespace === null || namespace.hasMap("gid")) throw new SystemError(EPERM);
  namespace.allowsSetgroups = false;
}
