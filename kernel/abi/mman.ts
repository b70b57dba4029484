/**
 * Constants of mmap(2), mprotect(2), mremap(2) and madvise(2), and the flags of a VMA.
 *
 * Source: `include/uapi/asm-generic/{mman,mman-common}.h`, `include/uapi/linux/mman.h`,
 * `include/linux/mm.h`.
 */

// mmap(2), mprotect(2): what may be done with the pages.
export const PROT_NONE = 0x0;
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const PROT_EXEC = 0x4;
/** A hint for atomic operations that riscv64 accepts and ignores. */
export const PROT_SEM = 0x8;
export const PROT_GROWSDOWN = 0x01000000;
export const PROT_GROWSUP = 0x02000000;

// mmap(2): what kind of mapping.
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_SHARED_VALIDATE = 0x03;
export const MAP_TYPE = 0x0f;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_GROWSDOWN = 0x0100;
/** Ignored since Linux 2.2: deny writing to the file, and that the mapping is of an executable. */
export const MAP_DENYWRITE = 0x0800;
export const MAP_EXECUTABLE = 0x1000;
export const MAP_LOCKED = 0x2000;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;
export const MAP_NONBLOCK = 0x10000;
/** Ignored: the mapping is for a stack. */
export const MAP_STACK = 0x20000;
export const MAP_HUGETLB = 0x40000;
export const MAP_SYNC = 0x80000;
export const MAP_FIXED_NOREPLACE = 0x100000;

/** What MAP_SHARED and MAP_PRIVATE know, and what MAP_SHARED_VALIDATE takes besides its own. */
export const LEGACY_MAP_MASK = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS |
  MAP_DENYWRITE |
  MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK |
  MAP_STACK | MAP_HUGETLB;

// mremap(2).
export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;
export const MREMAP_DONTUNMAP = 4;

// msync(2).
export const MS_ASYNC = 1;
export const MS_INVALIDATE = 2;
export const MS_SYNC = 4;

// madvise(2).
export const MADV_NORMAL = 0;
export const MADV_RANDOM = 1;
export const MADV_SEQUENTIAL = 2;
export const MADV_WILLNEED = 3;
export const MADV_DONTNEED = 4;
export const MADV_FREE = 8;
export const MADV_REMOVE = 9;
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;
export const MADV_MERGEABLE = 12;
export const MADV_UNMERGEABLE = 13;
export const MADV_HUGEPAGE = 14;
export const MADV_NOHUGEPAGE = 15;
export const MADV_DONTDUMP = 16;
export const MADV_DODUMP = 17;
export const MADV_WIPEONFORK = 18;
export const MADV_KEEPONFORK = 19;
export const MADV_COLD = 20;
export const MADV_PAGEOUT = 21;
export const MADV_POPULATE_READ = 22;
export const MADV_POPULATE_WRITE = 23;
export const MADV_COLLAPSE = 25;

// mlock2(2).
export const MLOCK_ONFAULT = 1;

// mlockall(2).
export const MCL_CURRENT = 1;
export const MCL_FUTURE = 2;
export const MCL_ONFAULT = 4;

// A VMA's flags, as vm_flags holds them.
export const VM_READ = 0x00000001;
export const VM_WRITE = 0x00000002;
export const VM_EXEC = 0x00000004;
export const VM_SHARED = 0x00000008;
/** The rights that mprotect(2) may give: VM_READ … VM_SHARED shifted left by 4. */
export const VM_MAYREAD = 0x00000010;
export const VM_MAYWRITE = 0x00000020;
export const VM_MAYEXEC = 0x00000040;
export const VM_MAYSHARE = 0x00000080;
export const VM_GROWSDOWN = 0x00000100;
export const VM_LOCKED = 0x00002000;
/** Locked page by page, when they are touched. */
export const VM_LOCKONFAULT = 0x00080000;
/** Read in order, or in none: MADV_SEQUENTIAL and MADV_RANDOM. */
export const VM_SEQ_READ = 0x00008000;
export const VM_RAND_READ = 0x00010000;
export const VM_DONTCOPY = 0x00020000;
export const VM_DONTEXPAND = 0x00040000;
export const VM_NORESERVE = 0x00200000;
/** A fork's child gets zeros. */
export const VM_WIPEONFORK = 0x02000000;
export const VM_DONTDUMP = 0x04000000;

/** The rights that a VMA gives. */
export const VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;
/** The rights that mprotect(2) may give to a private mapping. */
export const VM_MAY_ACCESS_FLAGS = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
/** From VM_READ … VM_EXEC to VM_MAYREAD … VM_MAYEXEC. */
export const VM_MAY_SHIFT = 4;

/** The most VMAs of one address space: `vm.max_map_count`. */
export const MAX_MAP_COUNT = 65530;
/** The lowest address that an unprivileged mmap(2) gives: `vm.mmap_min_addr`. */
export const MMAP_MIN_ADDR = 0x10000;
