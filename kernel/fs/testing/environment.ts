/** What the tests of the file systems stand on: a memory, a clock that ticks, entropy that counts. */

import { assertEquals, AssertionError } from "../../../std_assert.ts";
import { PhysicalMemory } from "../../../emu/mod.ts";
import { errnoName, SystemError } from "../../abi/errno.ts";
import type { FileSystemEnvironment } from "../environment.ts";
import { FileSystem } from "../file_system.ts";
import type { OpenContext } from "../open.ts";
import type { Place } from "../mount.ts";
import type { FileCredentials } from "../permissions.ts";

/** An environment whose clock moves on by a nanosecond each time it is asked. */
export function testEnvironment(framesMax = 4096): FileSystemEnvironment {
  const memory = new PhysicalMemory({ framesMax });
  let now = 1_000_000_000n;
  return {
    memory,
    now: () => now++,
    entropy: (length) => Uint8Array.from({ length }, (_, i) => i + 1),
    kernel: null,
  };
}

/** A fresh tree, checked for leaks when `use` is done. */
export function withFileSystem(use: (fileSystem: FileSystem) => void, framesMax?: number): void {
  const environment = testEnvironment(framesMax);
  const fileSystem = FileSystem.create(environment);
  use(fileSystem);
  fileSystem.dispose();
  assertEquals(environment.memory.framesInUse, 0, "Frames leaked");
}

/** Credentials of an ordinary user. */
export function user(
  fsuid: number,
  fsgid = fsuid,
  groups: readonly number[] = [],
): FileCredentials {
  return {
    fsuid,
    fsgid,
    isInGroup: (gid) => gid === fsgid || groups.includes(gid),
    has: () => fsuid === 0,
    hasOver: () => fsuid === 0,
  };
}

/** How a program of `credentials` sees the tree from `start`. */
export function contextOf(
  fileSystem: FileSystem,
  options: { credentials?: FileCredentials; start?: Place; root?: Place } = {},
): OpenContext {
  return { ...fileSystem.context, umask: 0o022, terminal: null, ...options };
}

/** The name of the error that `call` throws. */
export function errnoOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SystemError) return errnoName(error.errno);
    throw error;
  }
  throw new AssertionError("The call succeeded");
}

/** Bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
