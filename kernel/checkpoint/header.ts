/** The first records: what made the image, and what a kernel must be like to take it. */
import { NSIG } from "../abi/signal.ts";
import { TASK_COMM_LEN, UTS_FIELD_BYTES } from "../abi/process.ts";
import { RLIM_NLIMITS } from "../abi/resource.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { KERNEL_RELEASE } from "../uts.ts";
import { group } from "./grammar.ts";
import { constant, enumeration, nanoseconds, record, size64, text } from "./schema.ts";
import { CHECKPOINT_MAGIC_HEAD, CKPT_ARCH_RISCV64, CKPT_HDR } from "./wire.ts";

/** The revision of the format that this kernel writes, and the only one that it reads. */
export const IMAGE_REVISION = 1;

/** How an image is sealed; `integrity` of the header. */
export const INTEGRITY = { BLAKE3: 1, BLAKE3_KEYED: 2 } as const;

const [MAJOR = 0, MINOR = 0, PATCH = 0] = KERNEL_RELEASE.split(/[.-]/).map(Number);

/** The first record. */
export const HEADER = record("HEADER", CKPT_HDR.HEADER, {
  doc:
    "Begins the image: format, kernel and limits that must be equal at restart, number and time.",
  fields: {
    magic: constant(8, CHECKPOINT_MAGIC_HEAD, { doc: "CHECKPOINT_MAGIC_HEAD", show: "hex" }),
    integrity: enumeration(INTEGRITY, {
      doc: "how the checks and the tail's digest are made: without a key, or with one",
    }),
    arch_id: constant(2, CKPT_ARCH_RISCV64, { doc: "architecture: EM_RISCV" }),
    rev: constant(2, IMAGE_REVISION, { doc: "revision of this format" }),
    major: constant(2, MAJOR, { doc: "version of the kernel" }),
    minor: constant(2, MINOR, { doc: "version of the kernel" }),
    patch: constant(2, PATCH, { doc: "version of the kernel" }),
    task_comm_len: constant(2, TASK_COMM_LEN, { doc: "bytes of a task's name with its NUL" }),
    signal_nsig: constant(2, NSIG, { doc: "number of signals" }),
    uts_len: constant(2, UTS_FIELD_BYTES, { doc: "bytes of a field of uname(2)" }),
    rlimit_nlimits: constant(2, RLIM_NLIMITS, { doc: "number of resource limits" }),
    page_shift: constant(2, Math.log2(PAGE_SIZE), { doc: "binary logarithm of the page size" }),
    id: size64({
      doc: "what checkpoint(2) returned; 0 when the image was taken from outside the machine",
      max: 2 ** 31 - 1,
    }),
    time: nanoseconds({
      doc: "CLOCK_REALTIME when the image was taken; for people, restart does not use it",
    }),
    uflags: constant(8, 0, { doc: "flags of checkpoint(2)", show: "hex" }),
  },
});

/** The processor. */
export const HEADER_ARCH = record("HEADER_ARCH", CKPT_HDR.HEADER_ARCH, {
  doc: "What the processor must have.",
  fields: {
    xlen: constant(2, 64, { doc: "width of an integer register", unit: "bits" }),
    flen: constant(2, 64, { doc: "width of a floating-point register", unit: "bits" }),
    vlen: constant(2, 0, { doc: "width of a vector register", unit: "bits" }),
    address_bits: constant(2, 38, { doc: "width of a user address", unit: "bits" }),
  },
});

/** The release of uname(2). */
export const RELEASE = record("RELEASE", CKPT_HDR.STRING, {
  doc: "The kernel's release, as uname(2) tells it; must be equal at restart.",
  fields: { release: text({ doc: "release", max: UTS_FIELD_BYTES - 1 }) },
  relations: {
    equal: {
      field: "release",
      text: JSON.stringify(KERNEL_RELEASE),
      holds: ({ release }) => release === KERNEL_RELEASE,
    },
  },
});

/** What stands before the tasks. */
export const headerNode = group("header", "What made the image", {
  is: HEADER,
  release: RELEASE,
  arch: HEADER_ARCH,
});
