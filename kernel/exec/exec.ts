/**
 * Loading a program: from an executable file to an address space with code, data, heap, stack and
 * arguments in place. What becomes of the task that asked for it is the caller's matter, so that a
 * program that cannot be loaded leaves the old one untouched.
 *
 * Source: `fs/exec.c`, `fs/binfmt_elf.c`; execve(2).
 */

import { idSeenBy, isInside } from "../user_namespace.ts";
import { OutOfFrames, PAGE_SIZE, type PhysicalMemory } from "../../emu/mod.ts";
import {
  AT_BASE,
  AT_CLKTCK,
  AT_EGID,
  AT_ENTRY,
  AT_EUID,
  AT_FLAGS,
  AT_GID,
  AT_HWCAP,
  AT_PAGESZ,
  AT_PHDR,
  AT_PHENT,
  AT_PHNUM,
  AT_RANDOM_BYTES,
  AT_SECURE,
  AT_UID,
  HWCAP_RV64GC,
} from "../abi/auxv.ts";
import {
  EACCES,
  ELIBBAD,
  ELOOP,
  ENOENT,
  ENOEXEC,
  ENOMEM,
  errnoMessage,
  SystemError,
} from "../abi/errno.ts";
import {
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_WRITE,
  VM_EXEC,
  VM_GROWSDOWN,
} from "../abi/mman.ts";
import { RLIMIT_STACK } from "../abi/resource.ts";
import { USER_HZ } from "../abi/time.ts";
import { S_ISGID, S_ISUID, S_IXGRP, ST_NOSUID } from "../abi/stat.ts";
import type { Credentials } from "../credentials.ts";
import type { Entropy } from "../entropy.ts";
import { RegularInode } from "../fs/inode.ts";
import type { Place } from "../fs/mount.ts";
import type { MountNamespace } from "../fs/mount_namespace.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { Limits } from "../limits.ts";
import { AddressSpace } from "../mm/address_space.ts";
import { DATA_FLAGS } from "../mm/brk.ts";
import { ELF_ET_DYN_BASE, pageCeil, pageFloor, STACK_TOP } from "../mm/layout.ts";
import { mmap } from "../mm/mmap.ts";
import { type Vdso, VDSO_FLAGS } from "../mm/vdso.ts";
import { Vma } from "../mm/vma.ts";
import { type InitialStack, layOutStack } from "./arguments.ts";
import {
  type Elf,
  ExecError,
  extentOf,
  parseElf,
  PROGRAM_HEADER_BYTES,
  type Segment,
} from "./elf.ts";
import { HEAD_BYTES, parseShebang, scriptArguments } from "./script.ts";

/** Stack that is mapped below the arguments from the start; more comes when it is touched. */
const STACK_EXPAND_BYTES = 128 * 1024;
/** How often a script may be read by a script. */
const SCRIPTS_MAX = 5;

/** What loading needs of the machine. */
export interface ExecEnvironment {
  readonly memory: PhysicalMemory;
  readonly vdso: Vdso;
  readonly entropy: Entropy;
  /** The tree of mounts in which set-id bits mean something. */
  readonly mounts: MountNamespace;
  /**
   * Opens a file for execution on behalf of the task: the caller gets a reference. Throws SystemError:
   * ENOENT, EACCES, …
   */
  openExecutable(path: string | Place): OpenFile;
}

/** Which program to load, for whom. */
export interface ExecRequest {
  /** The executable's path, as the caller gave it. */
  readonly path: string;
  /** Where the executable is, when it is not to be looked for at `path`. */
  readonly place?: Place;
  /** Arguments without their NULs. */
  readonly argv: readonly Uint8Array[];
  /** Environment without its NULs. */
  readonly envp: readonly Uint8Array[];
  /** As whom it is executed; the program may get others. */
  readonly credentials: Credentials;
  /** Become the limits of the new address space. */
  readonly limits: Limits;
  /** Whether nobody can open `path` any more when the program runs: a script has no use then. */
  readonly isClosing?: boolean;
}

/** A program that is ready to run. */
export interface LoadedProgram {
  /** What it acts with: its caller's credentials, but for what its file's set-id bits give. */
  readonly credentials: Credentials;
  /** Its memory, with one user: the caller. */
  readonly mm: AddressSpace;
  /** Where it begins. */
  readonly entry: number;
  readonly stackPointer: number;
}

/** Where one ELF file came to lie. */
interface Placement {
  /** What was added to its addresses. */
  readonly bias: number;
  readonly elf: Elf;
}

/**
 * Loads a program. Throws ExecError with a reason for people, or SystemError: what opening says, E2BIG,
 * ENOMEM. Nothing is kept then.
 */
export function loadProgram(environment: ExecEnvironment, request: ExecRequest): LoadedProgram {
  const { file, argv } = openProgram(environment, request);
  const mm = new AddressSpace(environment.memory, request.limits);
  mm.exe_file = file;
  try {
    return fill(mm, file, environment, { ...request, argv });
  } catch (error) {
    mm.release();
    if (error instanceof OutOfFrames) throw new SystemError(ENOMEM);
    throw error;
  }
}

/** Follows scripts to the program that reads them. */
function openProgram(
  environment: ExecEnvironment,
  request: ExecRequest,
): { readonly file: OpenFile; readonly argv: readonly Uint8Array[] } {
  let { path, argv } = request;
  let file = environment.openExecutable(request.place ?? path);
  for (let depth = 0;; depth++) {
    try {
      if (depth > SCRIPTS_MAX) throw new SystemError(ELOOP);
      const shebang = parseShebang(inodeOf(file).read(0, HEAD_BYTES));
      if (shebang === null) return { file, argv };
      if (request.isClosing === true) throw new SystemError(ENOENT);
      argv = scriptArguments(shebang, path, argv);
      path = shebang.interpreter;
    } catch (error) {
      file.release();
      throw error;
    }
    file.release();
    file = environment.openExecutable(path);
  }
}

function inodeOf({ object }: OpenFile): RegularInode {
  if (object instanceof RegularInode) return object;
  throw new ExecError(EACCES, "it is not a regular file");
}

function fill(
  mm: AddressSpace,
  file: OpenFile,
  environment: ExecEnvironment,
  request: ExecRequest,
): LoadedProgram {
  const elf = readElf(file);
  const program = { elf, bias: mapElf(mm, file, elf, chooseBias(mm, elf)) };
  noteProgram(mm, program);
  const interpreter = elf.interpreter === null
    ? null
    : mapInterpreter(mm, openInterpreter(environment, elf.interpreter));
  mapVdso(mm, environment.vdso);
  const credentials = request.credentials.clone();
  const isSecure = credentials.execute(idsGivenBy(file, environment.mounts, credentials));
  const stack = layOutStack(
    {
      filename: request.path,
      argv: request.argv,
      envp: request.envp,
      random: environment.entropy.bytes(AT_RANDOM_BYTES),
      auxv: auxiliaryVector(program, interpreter, credentials, isSecure),
    },
    mm.limits.soft(RLIMIT_STACK),
  );
  mapStack(mm, stack, elf.executableStack);
  const first = interpreter ?? program;
  return { credentials, mm, entry: first.elf.entry + first.bias, stackPointer: stack.stackPointer };
}

/**
 * The ids that an executable's set-id bits give, `null` where they give none. A set-group-id bit without
 * execution for the group means mandatory locking.
 */
function idsGivenBy(
  { inode, place }: OpenFile,
  mounts: MountNamespace,
  { userNamespace }: Credentials,
): { uid: number | null; gid: number | null } {
  // Who has the file from another tree, or is outside the user namespace of its file system, gets none.
  const isTrusted = place?.mount.namespace === mounts && !place.mount.has(ST_NOSUID) &&
    isInside(userNamespace, place.mount.superblock.owner);
  if (inode === null || !isTrusted) return { uid: null, gid: null };
  const { mode, uid, gid } = inode;
  const groupBits = S_ISGID | S_IXGRP;
  return {
    uid: (mode & S_ISUID) !== 0 ? uid : null,
    gid: (mode & groupBits) === groupBits ? gid : null,
  };
}

function readElf(file: OpenFile): Elf {
  const inode = inodeOf(file);
  return parseElf((offset, length) => inode.read(offset, length), inode.size);
}

/** What is added to the program's addresses. */
function chooseBias(mm: AddressSpace, elf: Elf): number {
  if (elf.isFixed) return 0;
  const { start } = extentOf(elf);
  // With an interpreter it stands apart, so that the heap has room; without one it is an interpreter
  // itself (or a static program) and goes where mappings go.
  if (elf.interpreter !== null) return floorTo(ELF_ET_DYN_BASE, elf.alignment) - start;
  return chooseFreeBias(mm, elf);
}

function chooseFreeBias(mm: AddressSpace, elf: Elf): number {
  const { start, end } = extentOf(elf);
  const slack = elf.alignment - PAGE_SIZE;
  const place = mm.findFree(end - start + slack);
  return ceilTo(place, elf.alignment) - floorTo(start, elf.alignment);
}

/** Maps all segments at `bias` and answers it. */
function mapElf(mm: AddressSpace, file: OpenFile, elf: Elf, bias: number): number {
  for (const [i, segment] of elf.segments.entries()) {
    try {
      mapSegment(mm, file, segment, bias, i === 0);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const address = (segment.address + bias).toString(16);
      throw new ExecError(error.errno, `its segment cannot be mapped at 0x${address}`);
    }
  }
  return bias;
}

function mapSegment(
  mm: AddressSpace,
  file: OpenFile,
  segment: Segment,
  bias: number,
  isFirst: boolean,
): void {
  const { fileSize, memorySize, protection } = segment;
  const address = segment.address + bias;
  const start = pageFloor(address);
  const fileEnd = address + fileSize;
  if (fileSize > 0) {
    mmap(mm, {
      address: start,
      length: fileEnd - start,
      protection,
      flags: MAP_PRIVATE | (isFirst ? MAP_FIXED_NOREPLACE : MAP_FIXED),
      file,
      offset: segment.offset - (address - start),
    });
  }
  const end = address + memorySize;
  if (end === fileEnd) return;
  const zeroStart = fileSize > 0 ? pageCeil(fileEnd) : start;
  // To the end of the page, as on Linux: dynamic linkers allocate from what is left of it. What cannot be
  // written keeps the file's bytes there.
  const tail = zeroStart - fileEnd;
  if (tail > 0 && (protection & PROT_WRITE) !== 0) mm.user.clear(fileEnd, tail);
  if (pageCeil(end) > zeroStart) {
    const flags = DATA_FLAGS | ((protection & PROT_EXEC) !== 0 ? VM_EXEC : 0);
    mm.requireRoom(pageCeil(end) - zeroStart, flags);
    mm.unmap(zeroStart, pageCeil(end));
    mm.insert(new Vma({ start: zeroStart, end: pageCeil(end), flags }));
  }
}

function openInterpreter(environment: ExecEnvironment, path: string): OpenFile {
  try {
    return environment.openExecutable(path);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new ExecError(error.errno, `its interpreter ${path}: ${errnoMessage(error.errno)}`);
  }
}

function mapInterpreter(mm: AddressSpace, file: OpenFile): Placement {
  try {
    const elf = readElf(file);
    return { elf, bias: mapElf(mm, file, elf, elf.isFixed ? 0 : chooseFreeBias(mm, elf)) };
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    const errno = error.errno === ENOEXEC ? ELIBBAD : error.errno;
    throw new ExecError(errno, `of its interpreter ${file.path}: ${error.reason}`);
  } finally {
    // The mappings hold it from here on.
    file.release();
  }
}

function mapVdso(mm: AddressSpace, vdso: Vdso): void {
  const start = mm.findFree(PAGE_SIZE);
  mm.insert(
    new Vma({ start, end: start + PAGE_SIZE, flags: VDSO_FLAGS, special: vdso }),
  );
  mm.vdso = start;
}

function noteProgram(mm: AddressSpace, { elf, bias }: Placement): void {
  const code = elf.segments.filter(({ protection }) => (protection & PROT_EXEC) !== 0);
  const fileEnd = ({ address, fileSize }: Segment) => address + fileSize;
  mm.start_code = bias + Math.min(...elf.segments.map(({ address }) => address));
  mm.end_code = bias + Math.max(0, ...code.map(fileEnd));
  mm.start_data = bias + Math.max(...elf.segments.map(({ address }) => address));
  mm.end_data = bias + Math.max(...elf.segments.map(fileEnd));
  const isStaticPie = !elf.isFixed && elf.interpreter === null;
  // Above a static-pie program there are mappings; its heap gets the room that nobody else uses.
  mm.start_brk = isStaticPie ? ELF_ET_DYN_BASE : bias + extentOf(elf).end;
  mm.brk = mm.start_brk;
}

function mapStack(mm: AddressSpace, stack: InitialStack, isExecutable: boolean): void {
  const used = STACK_TOP - pageFloor(stack.argStart);
  const wanted = Math.min(used + STACK_EXPAND_BYTES, mm.limits.soft(RLIMIT_STACK));
  const start = pageFloor(Math.min(STACK_TOP - Math.max(wanted, used), stack.stackPointer));
  const flags = DATA_FLAGS | VM_GROWSDOWN | (isExecutable ? VM_EXEC : 0);
  mm.requireRoom(STACK_TOP - start, flags);
  mm.insert(new Vma({ start, end: STACK_TOP, flags }));
  mm.user.write(stack.stackPointer, stack.bytes);
  mm.start_stack = stack.stackPointer;
  mm.arg_start = stack.argStart;
  mm.arg_end = stack.argEnd;
  mm.env_start = stack.envStart;
  mm.env_end = stack.envEnd;
  mm.saved_auxv = stack.auxv;
}

/** The entries in Linux's order. There is no AT_SYSINFO_EHDR: the trampoline's page is no ELF image. */
function auxiliaryVector(
  { elf, bias }: Placement,
  interpreter: Placement | null,
  credentials: Credentials,
  isSecure: boolean,
): readonly (readonly [number, bigint])[] {
  const { uid, euid, gid, egid } = credentials;
  const user = (id: number) => BigInt(idSeenBy(credentials, "uid", id));
  const group = (id: number) => BigInt(idSeenBy(credentials, "gid", id));
  return [
    [AT_HWCAP, HWCAP_RV64GC],
    [AT_PAGESZ, BigInt(PAGE_SIZE)],
    [AT_CLKTCK, USER_HZ],
    [AT_PHDR, elf.programHeaders === 0 ? 0n : BigInt(elf.programHeaders + bias)],
    [AT_PHENT, BigInt(PROGRAM_HEADER_BYTES)],
    [AT_PHNUM, BigInt(elf.programHeaderCount)],
    [AT_BASE, BigInt(interpreter?.bias ?? 0)],
    [AT_FLAGS, 0n],
    [AT_ENTRY, BigInt(elf.entry + bias)],
    [AT_UID, user(uid)],
    [AT_EUID, user(euid)],
    [AT_GID, group(gid)],
    [AT_EGID, group(egid)],
    [AT_SECURE, isSecure ? 1n : 0n],
  ];
}

function floorTo(address: number, alignment: number): number {
  return address - (address % alignment);
}

function ceilTo(address: number, alignment: number): number {
  return floorTo(address + alignment - 1, alignment);
}
