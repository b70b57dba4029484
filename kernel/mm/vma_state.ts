/** How one mapping is saved and mapped again. */
import { EACCES, EINVAL, ENOSYS, EPERM } from "../abi/errno.ts";
import {
  MMAP_MIN_ADDR,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAY_ACCESS_FLAGS,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../abi/mman.ts";
import { F_SEAL_WRITE } from "../abi/memfd.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objects, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  address,
  enumeration,
  flags,
  optionalObjref,
  padding,
  record,
  type RecordValue,
  size64,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { RegularInode } from "../fs/inode.ts";
import { inodeKind, requireSameContents, saveInode } from "../fs/inode_state.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { fileKind, hasSavedContents, planOpenFile, saveOpenFile } from "../fs/open_file_state.ts";
import { isWriteSealed } from "../fs/seals.ts";
import type { AddressSpace } from "./address_space.ts";
import { TASK_SIZE } from "./layout.ts";
import { pagesNode, planPages, requirePagesInside, savePages } from "./pages_state.ts";
import { type SpecialMapping, Vma } from "./vma.ts";

const REGULAR = defineCheck("checkpoint/vma_file", ENOSYS, "a mapping of a regular file");
const KNOWN_SPECIAL = defineCheck("checkpoint/vma_special", ENOSYS, "the kernel's [vdso] page");
const MAPPABLE = defineCheck(
  "VMA.vma_objref/mappable",
  EACCES,
  "a regular file that was opened for reading, and for writing where VM_SHARED is set",
);
const UNSEALED = defineCheck(
  "VMA.vm_flags/unsealed",
  EPERM,
  "no mapping through which a file might be written to that is sealed against it",
);
const SEALED = defineCheck(
  "VMA.vm_flags/sealed",
  EINVAL,
  "VM_SHARED without VM_MAYWRITE only on a file that is sealed against writing",
);
const CONTENTS = defineCheck(
  "VMA.ino_objref/contents",
  EINVAL,
  "an inode where the contents of the file are not in the image, and only there",
);

/** Most pages of offset that any file can have: 2^53 bytes. */
const PAGE_OFFSET_MAX = 2 ** 41 - 1;

/** What a mapping shows; the numbers are the series'. */
const VMA_TYPES = { VDSO: 1, ANON: 2, FILE: 3 } as const;

/** The flags that a saved mapping can have. */
const VMA_FLAGS = {
  VM_READ,
  VM_WRITE,
  VM_EXEC,
  VM_SHARED,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_MAYEXEC,
  VM_MAYSHARE,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_SEQ_READ,
  VM_RAND_READ,
  VM_DONTCOPY,
  VM_DONTEXPAND,
  VM_LOCKONFAULT,
  VM_NORESERVE,
  VM_WIPEONFORK,
  VM_DONTDUMP,
} as const;

/** What a shared mapping has on top, and what one that can never be written to lacks of it. */
const WRITABLE = VM_SHARED | VM_MAYWRITE;
/** Flags that only memory without a file can have. */
const ANONYMOUS_ONLY = VM_GROWSDOWN | VM_WIPEONFORK;

/** A mapping. */
export const VMA = record("VMA", CKPT_HDR.VMA, {
  doc: "One mapping; the pages that it holds of its own follow.",
  fields: {
    vma_type: enumeration(VMA_TYPES, { doc: "what its pages begin as" }),
    vma_objref: optionalObjref("FILE"),
    ino_objref: optionalObjref("INODE"),
    _pad: padding(4),
    vm_start: address({
      doc: "first address",
      min: MMAP_MIN_ADDR,
      multipleOf: PAGE_SIZE,
    }),
    vm_end: address({ doc: "first address behind it", max: TASK_SIZE, multipleOf: PAGE_SIZE }),
    vm_flags: flags(VMA_FLAGS, { doc: "rights and properties", width: 8 }),
    vm_pgoff: size64({
      doc: "page of the file that vm_start shows, or of the special mapping; 0 for ANON",
      unit: "pages",
      max: PAGE_OFFSET_MAX,
    }),
  },
  relations: {
    not_empty: {
      field: "vm_end",
      text: "an end above vm_start",
      holds: ({ vm_start, vm_end }) => vm_start < vm_end,
    },
    file_objects: {
      field: "vma_type",
      text: "an open file for FILE, and neither that nor an inode for others",
      holds: ({ vma_type, vma_objref, ino_objref }) =>
        vma_type === "FILE" ? vma_objref !== 0 : vma_objref === 0 && ino_objref === 0,
    },
    anonymous_offset: {
      field: "vm_pgoff",
      text: "0 for ANON",
      holds: ({ vma_type, vm_pgoff }) => vma_type !== "ANON" || vm_pgoff === 0,
    },
    may_flags: {
      field: "vm_flags",
      text: "VM_MAYREAD, VM_MAYWRITE and VM_MAYEXEC, as every mapping has that is no mere view",
      holds: ({ vm_flags }) =>
        (vm_flags & VM_MAY_ACCESS_FLAGS) === VM_MAY_ACCESS_FLAGS || isView(vm_flags),
    },
    sharing: {
      field: "vm_flags",
      text: "VM_SHARED with VM_MAYSHARE; VM_MAYSHARE alone on what can never be written to",
      holds: ({ vm_flags }) =>
        (vm_flags & VM_MAYSHARE) !== 0
          ? (vm_flags & WRITABLE) === WRITABLE || isView(vm_flags)
          : (vm_flags & VM_SHARED) === 0,
    },
    shared_file: {
      field: "vma_type",
      text: "FILE where VM_MAYSHARE is set",
      holds: ({ vma_type, vm_flags }) => vma_type === "FILE" || (vm_flags & VM_MAYSHARE) === 0,
    },
    anonymous_flags: {
      field: "vm_flags",
      text: "VM_GROWSDOWN and VM_WIPEONFORK on ANON only",
      holds: ({ vma_type, vm_flags }) => vma_type === "ANON" || (vm_flags & ANONYMOUS_ONLY) === 0,
    },
    locked_on_fault: {
      field: "vm_flags",
      text: "VM_LOCKONFAULT with VM_LOCKED only",
      holds: ({ vm_flags }) => (vm_flags & VM_LOCKONFAULT) === 0 || (vm_flags & VM_LOCKED) !== 0,
    },
  },
});

/** Whether a mapping shows a file that can never be written to through it. */
function isView(flags: number): boolean {
  return (flags & (VM_MAYSHARE | VM_WRITE | VM_MAYWRITE)) === VM_MAYSHARE;
}

/** A mapping with its pages. */
export const vmaNode = group("vma", "A mapping, after the file that it shows", {
  shared: objects(fileKind, inodeKind),
  is: VMA,
  pages: pagesNode,
});

type VmaTree = TreeOf<typeof vmaNode>;

/** Saves a mapping. */
export function saveVma(context: SaveContext, mm: AddressSpace, vma: Vma): VmaTree {
  const { start: vm_start, end: vm_end, flags: vm_flags, pageOffset: vm_pgoff } = vma;
  const { shared, value } = context.collect(() => saveSource(context, vma));
  return {
    shared,
    is: { ...value, vm_start, vm_end, vm_flags, vm_pgoff },
    // What a shared mapping shows is the file itself.
    pages: vma.isShared ? [] : savePages(mm, vma),
  };
}

function saveSource(context: SaveContext, { file, special }: Vma) {
  if (special !== null) {
    if (special.name !== "[vdso]") context.refuse(KNOWN_SPECIAL, special.name);
    return { vma_type: "VDSO", vma_objref: 0, ino_objref: 0 } as const;
  }
  if (file === null) return { vma_type: "ANON", vma_objref: 0, ino_objref: 0 } as const;
  const { object } = file;
  if (!(object instanceof RegularInode)) context.refuse(REGULAR, `a ${object.kind}`);
  const vma_objref = saveOpenFile(context, file);
  const ino_objref = hasSavedContents(file)
    ? 0
    : context.share(inodeKind, object, () => saveInode(object));
  return { vma_type: "FILE", vma_objref, ino_objref } as const;
}

/** Refuses unless the file could have been mapped so, and has the contents that it had. */
function requireMappable(
  context: RestartContext,
  is: RecordValue<typeof VMA>,
  file: OpenFile,
): void {
  const { object } = file;
  const writes = (is.vm_flags & VM_SHARED) !== 0;
  const isMappable = object instanceof RegularInode && file.readable && (file.writable || !writes);
  if (!isMappable) context.refuse(MAPPABLE, is, "vma_objref", file.path);
  const mayWrite = (is.vm_flags & WRITABLE) === WRITABLE;
  const { seals } = object;
  if (mayWrite && seals !== null && (seals & F_SEAL_WRITE) !== 0) {
    context.refuse(UNSEALED, is, "vm_flags", `seals ${seals}`);
  }
  if (writes && !mayWrite && !isWriteSealed(object)) {
    context.refuse(SEALED, is, "vm_flags", `seals ${seals}`);
  }
  const hasContents = context.object(fileKind, is.vma_objref).is.i_objref !== 0;
  if (hasContents !== (is.ino_objref === 0)) {
    context.refuse(CONTENTS, is, "ino_objref", hasContents ? "an inode" : "no inode");
  }
  if (!hasContents) requireSameContents(context, context.object(inodeKind, is.ino_objref), object);
}

/** Maps a saved mapping into an address space that has nothing there. */
export function planVma(
  context: RestartContext,
  mm: AddressSpace,
  { is, pages }: VmaTree,
  vdso: SpecialMapping,
): void {
  const { vm_start: start, vm_end: end, vm_flags, vm_pgoff: pageOffset } = is;
  requirePagesInside(context, pages, start, end);
  const file = is.vma_objref === 0 ? null : planOpenFile(context, is.vma_objref);
  if (file !== null) requireMappable(context, is, file);
  const special = is.vma_type === "VDSO" ? vdso : null;
  const vma = new Vma({ start, end, flags: vm_flags, pageOffset, file, special });
  // The list owns the reference from here on.
  file?.retain();
  mm.insertExactly(vma);
  planPages(context, mm, vma, pages);
}
