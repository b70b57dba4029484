/** How a process's memory is saved and laid out again. */
import { CAP_IPC_LOCK, CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { EACCES, EBUSY, ENOMEM } from "../abi/errno.ts";
import {
  MAX_MAP_COUNT,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_SHARED,
  VM_WRITE,
} from "../abi/mman.ts";
import {
  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
} from "../abi/sched.ts";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_STACK } from "../abi/resource.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, list, objectKind, objects, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  address,
  flags,
  optionalObjref,
  record,
  type RecordValue,
  restWords,
  s32,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { RegularInode } from "../fs/inode.ts";
import { MemoryFile } from "../fs/memory_file.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { fileKind, planOpenFile, saveOpenFile } from "../fs/open_file_state.ts";
import { isPermitted, MAY_EXECUTE } from "../fs/permissions.ts";
import type { Limits } from "../limits.ts";
import { AddressSpace } from "./address_space.ts";
import { TASK_SIZE } from "./layout.ts";
import type { SpecialMapping } from "./vma.ts";
import { planVma, saveVma, vmaNode } from "./vma_state.ts";

const WITHIN_LIMITS = defineCheck(
  "MM.map_count/limits",
  ENOMEM,
  "no more memory than the caller's hard limits let it have",
);

const MAPPERS_SAVED = defineCheck(
  "checkpoint/memory_mapped",
  EBUSY,
  "shared memory that nobody outside the checkpoint maps",
);

const EXECUTABLE = defineCheck(
  "MM.exe_objref/executable",
  EACCES,
  "a regular file that the caller may execute",
);

/** Words of the auxiliary vector: 32 pairs are more than any program gets. */
const AUXV_WORDS_MAX = 64;

const mark = (doc: string, multipleOf = 1) => address({ doc, max: TASK_SIZE, multipleOf });

/** The marks of an address space, in pairs that must be in order. */
const ORDERED = [
  ["start_code", "end_code"],
  ["start_data", "end_data"],
  ["start_brk", "brk"],
  ["arg_start", "arg_end"],
  ["env_start", "env_end"],
] as const;

/** An address space. */
export const MM = record("MM", CKPT_HDR.MM, {
  doc: "The memory of a process: the marks that tell its parts apart. Its mappings follow.",
  fields: {
    map_count: s32({ doc: "number of mappings", min: 0, max: MAX_MAP_COUNT + 1 }),
    exe_objref: optionalObjref("FILE"),
    start_code: mark("first address of the code"),
    end_code: mark("first address behind the code"),
    start_data: mark("first address of the data"),
    end_data: mark("first address behind the data"),
    start_brk: mark("first address of the heap", PAGE_SIZE),
    brk: mark("first address behind the heap, which any byte can be"),
    start_stack: mark("stack pointer that the program began with"),
    arg_start: mark("first address of the argument strings"),
    arg_end: mark("first address behind the argument strings"),
    env_start: mark("first address of the environment strings"),
    env_end: mark("first address behind the environment strings"),
    mmap_base: mark("where searches for free space grow down from", PAGE_SIZE),
    vdso: mark("address of the page with the signal trampoline, 0 for none", PAGE_SIZE),
    membarrier_state: flags({
      GLOBAL_EXPEDITED: MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
      PRIVATE_EXPEDITED: MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
      PRIVATE_EXPEDITED_SYNC_CORE: MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
    }, { doc: "for which barriers of membarrier(2) the process has registered", width: 8 }),
    def_flags: flags({ VM_LOCKED, VM_LOCKONFAULT }, {
      doc: "flags that mappings to come begin with, as mlockall(2) has set them",
      width: 8,
    }),
  },
  relations: Object.fromEntries(ORDERED.map(([low, high]) => [
    `${high}_order`,
    {
      field: high,
      text: `${low} or more`,
      holds: (mm: Readonly<Record<typeof low | typeof high, number>>) => mm[low] <= mm[high],
    },
  ])),
});

/** The auxiliary vector. */
export const AUXV = record("AUXV", CKPT_HDR.BUFFER, {
  doc: "The auxiliary vector that the program began with: type, value, … AT_NULL, 0.",
  fields: { auxv: restWords({ doc: "types and values in turn", max: AUXV_WORDS_MAX }) },
  relations: {
    terminated: {
      field: "auxv",
      text: "nothing, or pairs of which the last and only the last has type AT_NULL",
      holds: ({ auxv }) => {
        if (auxv.length === 0) return true;
        if (auxv.length % 2 !== 0) return false;
        const types = auxv.filter((_, i) => i % 2 === 0);
        return types.indexOf(0n) === types.length - 1;
      },
    },
  },
});

/** The MM object. */
export const mmKind = objectKind(
  "MM",
  group("mm", "Memory of a process, after the file of its executable", {
    shared: objects(fileKind),
    is: MM,
    auxv: AUXV,
    vma: list("is", "map_count", vmaNode),
  }, {
    mappings: {
      field: "map_count",
      record: ({ is }) => is,
      text: "mappings in ascending order that do not overlap",
      violation: ({ vma }) => {
        const i = vma.findIndex(({ is }, k) => k > 0 && is.vm_start < vma[k - 1]!.is.vm_end);
        if (i < 0) return null;
        const [one, other] = [vma[i - 1]!.is, vma[i]!.is];
        return `vma[${i}] from 0x${other.vm_start.toString(16)} after one up to ` +
          `0x${one.vm_end.toString(16)}`;
      },
    },
  }),
);

/** Saves an address space at first sight. */
export function saveAddressSpace(context: SaveContext, mm: AddressSpace): number {
  return context.share(mmKind, mm, (): TreeOf<typeof mmKind.body> => {
    const { shared, value: exe_objref } = context.collect(() =>
      mm.exe_file === null ? 0 : context.within("exe", () => saveOpenFile(context, mm.exe_file!))
    );
    return {
      shared,
      is: {
        map_count: mm.vmas.length,
        exe_objref,
        start_code: mm.start_code,
        end_code: mm.end_code,
        start_data: mm.start_data,
        end_data: mm.end_data,
        start_brk: mm.start_brk,
        brk: mm.brk,
        start_stack: mm.start_stack,
        arg_start: mm.arg_start,
        arg_end: mm.arg_end,
        env_start: mm.env_start,
        env_end: mm.env_end,
        mmap_base: mm.mmap_base,
        vdso: mm.vdso,
        membarrier_state: mm.barriers,
        def_flags: mm.def_flags,
      },
      auxv: { auxv: BigUint64Array.from(mm.saved_auxv) },
      vma: context.each("vma", mm.vmas, (vma) => {
        if (vma.object instanceof MemoryFile) requireMappersSaved(context, vma.object);
        return saveVma(context, mm, vma);
      }),
    };
  });
}

/** What is written to shared memory can be seen by all who map it: so all must be in the image. */
function requireMappersSaved(context: SaveContext, memory: MemoryFile): void {
  context.countUse(memory.mappers, () => {
    for (const mapper of memory.mappers) {
      const isOutside = mapper.mappingsOf(memory) > 0 &&
        context.objrefOf(mmKind, mapper) === undefined;
      if (isOutside) context.refuse(MAPPERS_SAVED, `/${memory.name}, mapped elsewhere too`);
    }
  });
}

/** Lays an address space out again, with frames and files of its own. */
export function planAddressSpace(
  context: RestartContext,
  objref: number,
  limits: Limits,
  vdso: SpecialMapping,
): AddressSpace {
  return context.once(objref, () => {
    const tree = context.object(mmKind, objref);
    requireWithinLimits(context, tree);
    const mm = new AddressSpace(context.memory, limits);
    context.undo(() => mm.release());
    restoreMarks(mm, tree.is);
    mm.saved_auxv = [...tree.auxv.auxv];
    if (tree.is.exe_objref !== 0) mm.exe_file = planExecutable(context, tree.is).retain();
    for (const vma of tree.vma) planVma(context, mm, vma, vdso);
    return mm;
  });
}

/** The executable: execve(2) is how the caller could have had it. */
function planExecutable(context: RestartContext, is: RecordValue<typeof MM>): OpenFile {
  const file = planOpenFile(context, is.exe_objref);
  const { inode } = file;
  const isExecutable = inode instanceof RegularInode &&
    (context.rights === null || isPermitted(inode, context.rights, MAY_EXECUTE));
  if (!isExecutable) context.refuse(EXECUTABLE, is, "exe_objref", file.path);
  return file;
}

function restoreMarks(mm: AddressSpace, is: RecordValue<typeof MM>): void {
  mm.start_code = is.start_code;
  mm.end_code = is.end_code;
  mm.start_data = is.start_data;
  mm.end_data = is.end_data;
  mm.start_brk = is.start_brk;
  mm.brk = is.brk;
  mm.start_stack = is.start_stack;
  mm.arg_start = is.arg_start;
  mm.arg_end = is.arg_end;
  mm.env_start = is.env_start;
  mm.env_end = is.env_end;
  mm.mmap_base = is.mmap_base;
  mm.vdso = is.vdso;
  mm.def_flags = is.def_flags;
  mm.barriers = is.membarrier_state;
}

/** The caller could not have mapped more than its limits say, however high it raised the soft ones. */
function requireWithinLimits(
  context: RestartContext,
  { is, vma }: TreeOf<typeof mmKind.body>,
): void {
  const { limits } = context;
  if (limits === null || context.mayDo(CAP_SYS_RESOURCE)) return;
  const totals = { all: 0, data: 0, stack: 0, locked: 0 };
  for (const { is: { vm_start, vm_end, vm_flags } } of vma) {
    const bytes = vm_end - vm_start;
    totals.all += bytes;
    if ((vm_flags & VM_LOCKED) !== 0) totals.locked += bytes;
    if ((vm_flags & VM_GROWSDOWN) !== 0) totals.stack = Math.max(totals.stack, bytes);
    else if ((vm_flags & (VM_WRITE | VM_SHARED)) === VM_WRITE) totals.data += bytes;
  }
  const bounds = [
    ["RLIMIT_AS", RLIMIT_AS, totals.all],
    ["RLIMIT_DATA", RLIMIT_DATA, totals.data],
    ["RLIMIT_STACK", RLIMIT_STACK, totals.stack],
    ["RLIMIT_MEMLOCK", RLIMIT_MEMLOCK, context.mayDo(CAP_IPC_LOCK) ? 0 : totals.locked],
  ] as const;
  for (const [name, resource, bytes] of bounds) {
    if (BigInt(bytes) > limits.get(resource).hard) {
      context.refuse(WITHIN_LIMITS, is, "map_count", `${bytes} bytes against ${name}`);
    }
  }
}
