/**
 * Capabilities: numbers, the structures of capget(2), securebits, and their prctl(2) options.
 *
 * ```
 * struct __user_cap_header_struct (8)        struct __user_cap_data_struct (12), one or two of them
 *   0 version u32   4 pid s32                  0 effective u32   4 permitted u32   8 inheritable u32
 * ```
 *
 * Source: `include/uapi/linux/{capability,securebits,prctl}.h`; capabilities(7).
 */

export const CAP_CHOWN = 0;
export const CAP_DAC_OVERRIDE = 1;
export const CAP_DAC_READ_SEARCH = 2;
export const CAP_FOWNER = 3;
export const CAP_FSETID = 4;
export const CAP_KILL = 5;
export const CAP_SETGID = 6;
export const CAP_SETUID = 7;
export const CAP_SETPCAP = 8;
export const CAP_LINUX_IMMUTABLE = 9;
export const CAP_NET_BIND_SERVICE = 10;
export const CAP_NET_ADMIN = 12;
export const CAP_IPC_LOCK = 14;
export const CAP_IPC_OWNER = 15;
export const CAP_SYS_CHROOT = 18;
export const CAP_SYS_PTRACE = 19;
export const CAP_SYS_ADMIN = 21;
export const CAP_SYS_NICE = 23;
export const CAP_SYS_RESOURCE = 24;
export const CAP_SYS_TIME = 25;
export const CAP_MKNOD = 27;
export const CAP_SETFCAP = 31;
export const CAP_MAC_OVERRIDE = 32;
export const CAP_WAKE_ALARM = 35;
/** The highest capability: CAP_CHECKPOINT_RESTORE. */
export const CAP_LAST_CAP = 40;
/** All of them. */
export const ALL_CAPABILITIES: bigint = (1n << BigInt(CAP_LAST_CAP + 1)) - 1n;

/** A set of capabilities. */
export function capabilitySet(...capabilities: readonly number[]): bigint {
  return capabilities.reduce((set, capability) => set | (1n << BigInt(capability)), 0n);
}

/** What setfsuid(2) gives and takes: CAP_FS_SET. */
export const FILE_CAPABILITIES: bigint = capabilitySet(
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_LINUX_IMMUTABLE,
  CAP_MKNOD,
  CAP_MAC_OVERRIDE,
);

// Versions of the structures, and how many data structures each has.
export const LINUX_CAPABILITY_VERSION_1 = 0x19980330;
export const LINUX_CAPABILITY_VERSION_2 = 0x20071026;
export const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

// Securebits; each has a lock one above it.
export const SECBIT_NOROOT = 1 << 0;
export const SECBIT_NO_SETUID_FIXUP = 1 << 2;
export const SECBIT_KEEP_CAPS = 1 << 4;
export const SECBIT_KEEP_CAPS_LOCKED = 1 << 5;
export const SECBIT_NO_CAP_AMBIENT_RAISE = 1 << 6;
/** All bits that are no locks. */
export const SECURE_ALL_BITS = 0x55;
/** All locks. */
export const SECURE_ALL_LOCKS = 0xaa;

// prctl(2).
export const PR_GET_KEEPCAPS = 7;
export const PR_SET_KEEPCAPS = 8;
export const PR_CAPBSET_READ = 23;
export const PR_CAPBSET_DROP = 24;
export const PR_GET_SECUREBITS = 27;
export const PR_SET_SECUREBITS = 28;
export const PR_CAP_AMBIENT = 47;
export const PR_CAP_AMBIENT_IS_SET = 1;
export const PR_CAP_AMBIENT_RAISE = 2;
export const PR_CAP_AMBIENT_LOWER = 3;
export const PR_CAP_AMBIENT_CLEAR_ALL = 4;
