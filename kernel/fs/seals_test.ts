// Does a sealed file refuse what its seals forbid, and do a clone's seals go their own way?

import { assertEquals, assertThrows } from "../../std_assert.ts";
import { EBUSY, EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import {
  F_SEAL_EXEC,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from "../abi/memfd.ts";
import { Kernel } from "../kernel.ts";
import { Cloning } from "./cloning.ts";
import { MemoryFile } from "./memory_file.ts";
import { addSeals } from "./seals.ts";
import { MappedView } from "./testing/mapped_view.ts";

const kernel = new Kernel();

function memory(size: number, mode = 0o600): MemoryFile {
  const parts = { name: "memfd:m", size, mode, uid: 0, gid: 0, seals: 0 };
  const { object } = kernel.fileSystem.openMemory(parts);
  if (object instanceof MemoryFile) return object;
  throw new TypeError("Memory is a MemoryFile");
}

function refuses(errno: number, act: () => unknown): void {
  assertEquals(assertThrows(act, SystemError).errno, errno);
}

Deno.test("a write that would make a file longer goes as far as the last whole page", () => {
  const file = memory(4096 + 100);
  addSeals(file, F_SEAL_GROW);
  assertEquals(file.write(100, new Uint8Array(2 * 4096)), 4096 - 100);
  assertEquals(file.write(4096 + 50, new Uint8Array(50)), 50);
  refuses(EPERM, () => file.write(4096 + 50, new Uint8Array(51)));
  refuses(EPERM, () => file.reserve(0, 2 * 4096));
  refuses(EPERM, () => file.resize(4096 + 101));
  file.resize(10);
  assertEquals(file.size, 10);
});

Deno.test("no seal forbids to keep the size", () => {
  const file = memory(5);
  addSeals(file, F_SEAL_GROW | F_SEAL_SHRINK);
  file.resize(5);
  refuses(EPERM, () => file.resize(4));
});

Deno.test("writing is not sealed while somebody could write through a mapping", () => {
  const file = memory(4096);
  const view = new MappedView(file);
  refuses(EBUSY, () => addSeals(file, F_SEAL_WRITE));
  assertEquals(file.seals, 0);
  view.release();
  addSeals(file, F_SEAL_WRITE);
  refuses(EPERM, () => file.write(0, Uint8Array.of(1)));
  refuses(EPERM, () => file.punch(0, 4096));
});

Deno.test("the seal on a program's rights seals its contents too", () => {
  const [program, data] = [memory(1, 0o700), memory(1, 0o600)];
  for (const file of [program, data]) addSeals(file, F_SEAL_EXEC);
  refuses(EPERM, () => program.write(0, Uint8Array.of(1)));
  assertEquals(data.write(0, Uint8Array.of(1)), 1);
  refuses(EPERM, () => data.setAttributes({ mode: 0o700 }));
  data.setAttributes({ mode: 0o640 });
});

Deno.test("the last seal is the one on seals, which files with a name have", () => {
  const file = memory(1);
  refuses(EINVAL, () => addSeals(file, 0x40));
  addSeals(file, F_SEAL_SEAL);
  refuses(EPERM, () => addSeals(file, F_SEAL_GROW));
  kernel.fileSystem.writeFile("/tmp/named", Uint8Array.of(1));
  const named = kernel.fileSystem.open("/tmp/named").object;
  assertEquals("seals" in named && named.seals, F_SEAL_SEAL);
});

Deno.test("a clone has the seals of its original, and further ones of its own", () => {
  const file = memory(1);
  addSeals(file, F_SEAL_GROW);
  const cloning = new Cloning();
  kernel.fileSystem.clone(kernel.fileSystem.environment, cloning);
  const copy = file.clone(cloning);
  addSeals(copy, F_SEAL_WRITE);
  assertEquals([file.seals, copy.seals], [F_SEAL_GROW, F_SEAL_GROW | F_SEAL_WRITE]);
});
