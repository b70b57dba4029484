/**
 * The rules of the house about who may import whom, and what the inner rooms may not touch.
 *
 * ```
 * cli  →  mod.ts  →  fuzz  →  scenarios  →  harness  →  kernel  →  emu        (only downward)
 * ```
 *
 * @module
 */

import { type Scan, scanSource } from "./source_scan.ts";

/** One broken rule: `file:line: what is wrong`. */
export type Violation = string;

/** The rooms from the top down. `mod.ts` at the root stands between `cli` and the rest. */
const rooms = ["cli", "mod.ts", "fuzz", "scenarios", "harness", "kernel", "emu"];
/** Everything that is no room (examples, documentation) may import the doors, as a user would. */
const outside = -1;

/** The guests are bytes and know nobody, so the tests of every room may run them. */
const guestsDoor = "scenarios/programs/mod.ts";

/** What each room's own code must not mention; tests may. */
const forbiddenNames: ReadonlyMap<string, readonly string[]> = (() => {
  // `process` and `fetch` stay out of the lists: a kernel and a hart have things of that name.
  const host = ["Deno"];
  const chance = ["Date", "Math.random", "performance", "crypto"];
  const surroundings = ["console", "setTimeout", "setInterval", "navigator"];
  return new Map([
    ["emu", [...host, ...chance, ...surroundings]],
    ["kernel", [...host, ...chance, ...surroundings]],
    ["harness", [...host, ...chance, ...surroundings]],
    ["scenarios", [...host, ...chance]],
    ["fuzz", [...host, ...chance]],
    ["mod.ts", [...host, ...chance]],
  ]);
})();

/** Checks a tree, given as path from the root (with `/`) → source. Returns every violation. */
export function checkLayering(sources: ReadonlyMap<string, string>): Violation[] {
  const scans = new Map([...sources].map(([path, source]) => [path, scanSource(source)] as const));
  const violations: Violation[] = [];
  for (const [path, scan] of scans) {
    violations.push(...checkImports(path, scan), ...checkNames(path, scan));
  }
  violations.push(...checkPublicGraph(scans));
  return violations;
}

/** Whether the rules for the rooms' own code do not hold for this file. */
function isTest(path: string): boolean {
  return /_(test|exhaustive|bench)\.ts$/.test(path) || /(^|\/)testing\//.test(path);
}

/** The room a file is in: a folder's name, or for a file at the root the file itself. */
function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function rankOf(path: string): number {
  return rooms.indexOf(roomOf(path));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

/** The path from the root that a relative specifier in `path` names; `null` when it leaves the tree. */
function resolve(path: string, specifier: string): string | null {
  const parts = folderOf(path).split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === ".." && parts.pop() === undefined) return null;
    if (part !== "." && part !== "..") parts.push(part);
  }
  return parts.join("/");
}

function checkImports(path: string, scan: Scan): Violation[] {
  return scan.imports.flatMap(({ specifier, line }) => {
    const problem = specifier === null
      ? computedImportProblem(path)
      : isRelative(specifier)
      ? relativeImportProblem(path, resolve(path, specifier))
      : packageImportProblem(path, specifier);
    return problem === null ? [] : [`${path}:${line}: ${problem}`];
  });
}

function computedImportProblem(path: string): string | null {
  const allowed = isTest(path) || roomOf(path) === "cli" || rankOf(path) === outside;
  return allowed ? null : "Imports a computed name, which no check can follow";
}

function packageImportProblem(path: string, specifier: string): string | null {
  const isAdapter = /^std_[a-z]+\.ts$/.test(path);
  if (isTest(path) || isAdapter || rankOf(path) === outside) return null;
  return `Imports "${specifier}", which is not relative`;
}

function relativeImportProblem(path: string, target: string | null): string | null {
  if (target === null) return "Imports a file outside the repository";
  const [from, to] = [roomOf(path), roomOf(target)];
  const name = target.slice(target.lastIndexOf("/") + 1);
  if (name.startsWith("_") && folderOf(path) !== folderOf(target)) {
    return `Imports ${target}, which is private to its folder`;
  }
  // A command may be a test that takes long: what it needs of a room's tests stands in their door.
  const isTestingDoor = from === "cli" && target === `${to}/testing/mod.ts`;
  if (isTestingDoor && rankOf(target) !== outside) return null;
  if (isTest(target) && !isTest(path)) return `Imports ${target}, which is for tests`;
  if (to.startsWith("std_assert.")) {
    const allowed = isTest(path) || from === "std_assert.ts" || rankOf(path) === outside;
    return allowed ? null : `Imports ${target}, which is for tests`;
  }
  if (to.startsWith("std_")) {
    const allowed = isTest(path) || from === "cli" || from.startsWith("std_");
    return allowed ? null : `Imports ${target}, which is for cli/`;
  }
  if (from === to) return null;
  if (isTest(path) && (to === "testing" || target === guestsDoor)) return null;
  // A test at the root or in testing/ stands above all rooms; one inside a room is part of it.
  if (rankOf(target) === outside) return `Imports ${target}, which is in no room`;
  if (rankOf(path) > rankOf(target)) return `Imports upward: ${from} may not know ${to}`;
  const isDoor = target === to || target === `${to}/mod.ts` || target === guestsDoor;
  return isDoor || isRootTest(path) ? null : `Imports ${target} past the door ${to}/mod.ts`;
}

/** Tests that stand outside the rooms may look into all of them. */
function isRootTest(path: string): boolean {
  return isTest(path) && rankOf(path) === outside;
}

function checkNames(path: string, scan: Scan): Violation[] {
  if (isTest(path)) return [];
  const forbidden = forbiddenNames.get(roomOf(path)) ?? [];
  return scan.mentions
    .filter(({ name }) => forbidden.includes(name))
    .map(({ name, line }) =>
      `${path}:${line}: Mentions ${name}, which ${roomOf(path)} may not use`
    );
}

/** Whoever imports `mod.ts` by URL has no import map, so nothing under it may need one. */
function checkPublicGraph(scans: ReadonlyMap<string, Scan>): Violation[] {
  const violations: Violation[] = [];
  const reached = new Set(["mod.ts"]);
  for (const path of reached) {
    for (const { specifier, line } of scans.get(path)?.imports ?? []) {
      if (specifier === null || !isRelative(specifier)) {
        violations.push(
          `${path}:${line}: Under mod.ts, but imports ${
            JSON.stringify(specifier ?? "a computed name")
          }`,
        );
        continue;
      }
      const target = resolve(path, specifier);
      if (target !== null) reached.add(target);
    }
  }
  return violations;
}
