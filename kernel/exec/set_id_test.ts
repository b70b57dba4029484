// Do the set-id bits of a program give what they should, and no more?

import { assertEquals } from "../../std_assert.ts";
import { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { executeProgram } from "../program.ts";
import { build, end, PROGRAM } from "../testing/machine.ts";

const LOOP = "_start: j _start";
/** Where a second program is. */
const OTHER = "/bin/other";

/** A machine with a program of these permission bits and ids, and a task of user 1000. */
function machine(mode: number, uid: number, gid: number): { kernel: Kernel; task: Task } {
  const kernel = new Kernel({ framesMax: 4096 });
  kernel.fileSystem.writeFile(PROGRAM, build(LOOP), 0o755);
  kernel.fileSystem.writeFile(OTHER, build(LOOP), 0o755);
  kernel.fileSystem.resolve(OTHER).inode.setAttributes({ mode, uid, gid });
  return { kernel, task: kernel.spawn({ path: PROGRAM, uid: 1000 }) };
}

function execute(kernel: Kernel, task: Task): void {
  executeProgram(kernel, task, { path: OTHER, argv: [], envp: [] });
}

const AT_SECURE = 23n;

function facts({ credentials, mm, dumpable }: Task) {
  const { uid, euid, suid, fsuid, gid, egid, sgid, fsgid, isPrivileged } = credentials;
  const auxv = [...mm.saved_auxv];
  const secure = auxv[auxv.findIndex((word, i) => i % 2 === 0 && word === AT_SECURE) + 1];
  return {
    uids: [uid, euid, suid, fsuid],
    gids: [gid, egid, sgid, fsgid],
    isPrivileged,
    secure,
    dumpable,
  };
}

Deno.test("a set-user-id program acts as its owner, with root's capabilities for root's", () => {
  const { kernel, task } = machine(0o4755, 0, 0);
  execute(kernel, task);
  assertEquals(facts(task), {
    uids: [1000, 0, 0, 0],
    gids: [1000, 1000, 1000, 1000],
    isPrivileged: true,
    secure: 1n,
    dumpable: 0,
  });
  end(kernel);
});

Deno.test("a set-group-id program acts as its group, unless the bit means locking", () => {
  const { kernel, task } = machine(0o2755, 5, 7);
  execute(kernel, task);
  assertEquals([facts(task).uids, facts(task).gids], [[1000, 1000, 1000, 1000], [1000, 7, 7, 7]]);
  end(kernel);
  const locking = machine(0o2705, 5, 7);
  execute(locking.kernel, locking.task);
  assertEquals(facts(locking.task).gids, [1000, 1000, 1000, 1000]);
  assertEquals([facts(locking.task).secure, facts(locking.task).dumpable], [0n, 1]);
  end(locking.kernel);
});

Deno.test("with no_new_privs the bits give nothing", () => {
  const { kernel, task } = machine(0o6755, 0, 0);
  task.credentials.noNewPrivileges = true;
  execute(kernel, task);
  assertEquals(facts(task).uids, [1000, 1000, 1000, 1000]);
  assertEquals(facts(task).isPrivileged, false);
  end(kernel);
});

Deno.test("ambient capabilities outlive an ordinary program, and no set-id one", () => {
  const ordinary = machine(0o755, 0, 0);
  const set = 1n << 18n;
  for (const { kernel, task } of [ordinary, machine(0o4755, 5, 5)]) {
    Object.assign(task.credentials.capabilities, {
      permitted: set,
      inheritable: set,
      ambient: set,
    });
    execute(kernel, task);
    const { permitted, effective, ambient } = task.credentials.capabilities;
    const kept = task === ordinary.task ? set : 0n;
    assertEquals([permitted, effective, ambient], [kept, kept, kept]);
    end(kernel);
  }
});
