/**
 * Constants of what a file is: its mode bits, and the structures of stat(2), statx(2), statfs(2) and
 * getdents64(2) on riscv64.
 *
 * ```
 * struct stat (128)                            struct statfs (120)
 *   0 st_dev      u64   72 st_atime   s64        0 f_type   s64   56 f_fsid    2 × s32
 *   8 st_ino      u64   80  …_nsec    u64        8 f_bsize  s64   64 f_namelen s64
 *  16 st_mode     u32   88 st_mtime   s64       16 f_blocks u64   72 f_frsize  s64
 *  20 st_nlink    u32   96  …_nsec    u64       24 f_bfree  u64   80 f_flags   s64
 *  24 st_uid      u32  104 st_ctime   s64       32 f_bavail u64   88 f_spare   4 × s64
 *  28 st_gid      u32  112  …_nsec    u64       40 f_files  u64
 *  32 st_rdev     u64  120 unused               48 f_ffree  u64
 *  48 st_size     s64
 *  56 st_blksize  s32                          struct linux_dirent64
 *  64 st_blocks   s64                            0 d_ino u64   16 d_reclen u16   19 d_name …NUL
 *                                                8 d_off s64   18 d_type   u8    to a multiple of 8
 * ```
 *
 * Source: `include/uapi/asm-generic/{stat,statfs}.h`, `include/uapi/linux/{stat,magic}.h`; stat(2),
 * statx(2), statfs(2), getdents64(2), inode(7).
 */

// inode(7): the type of a file.
export const S_IFMT = 0o170000;
/** A socket. */
export const S_IFSOCK = 0o140000;
/** A symbolic link. */
export const S_IFLNK = 0o120000;
/** A regular file. */
export const S_IFREG = 0o100000;
/** A block device. */
export const S_IFBLK = 0o060000;
/** A directory. */
export const S_IFDIR = 0o040000;
/** A character device. */
export const S_IFCHR = 0o020000;
/** A FIFO or pipe. */
export const S_IFIFO = 0o010000;

// inode(7): the permission bits.
/** Runs as its owner. */
export const S_ISUID = 0o4000;
/** Runs with its group; of a directory: passes its group on. */
export const S_ISGID = 0o2000;
/** The sticky bit: only owners remove from the directory. */
export const S_ISVTX = 0o1000;
/** The group may execute it. */
export const S_IXGRP = 0o010;
/** Reading for anybody at all. */
export const S_IRUGO = 0o444;
/** Writing for anybody at all. */
export const S_IWUGO = 0o222;
/** Execution for anybody at all: S_IXUSR | S_IXGRP | S_IXOTH. */
export const S_IXUGO = 0o111;
/** All nine permission bits. */
export const S_IRWXUGO = 0o777;
/** All that chmod(2) can change. */
export const S_IALLUGO = 0o7777;

/** Bytes of `struct stat`. */
export const STAT_BYTES = 128;
/** Bytes of `struct statfs`. */
export const STATFS_BYTES = 120;
/** Bytes of `struct statx`. */
export const STATX_BYTES = 256;
/** Bytes of `struct linux_dirent64` before its name. */
export const DIRENT_HEADER_BYTES = 19;
/** The unit of `st_blocks`, whatever `st_blksize` says. */
export const STAT_BLOCK_BYTES = 512;

// statx(2).
/** In statx(2)'s mask: the time of the last change of the contents. */
export const STATX_MTIME = 0x40;
/** The time of the last change of contents or attributes. */
export const STATX_CTIME = 0x80;
/** All fields that stat(2) also has, and the time of birth. */
export const STATX_BASIC_STATS = 0x7ff;
/** The time of birth. */
export const STATX_BTIME = 0x800;
/** The mount's id. */
export const STATX_MNT_ID = 0x1000;
/** stx_attributes: the root of a mount. */
export const STATX_ATTR_MOUNT_ROOT = 0x2000;
/** Reserved for the growth of the structure; asking for it is EINVAL. */
export const STATX_RESERVED = 0x80000000;

// statfs(2): f_type, and f_flags.
/** tmpfs. */
export const TMPFS_MAGIC = 0x01021994;
/** /proc. */
export const PROC_SUPER_MAGIC = 0x9fa0;
/** /sys. */
export const SYSFS_MAGIC = 0x62656572;
/** Where POSIX message queues have their inodes. */
export const MQUEUE_MAGIC = 0x19800202;
/** Where pipes have their inodes. */
export const PIPEFS_MAGIC = 0x50495045;
/** Where terminals have theirs. */
export const DEVPTS_SUPER_MAGIC = 0x1cd1;
/** What a mounted host folder calls itself, as a folder shared into a virtual machine does. */
export const V9FS_MAGIC = 0x01021997;
/** Where Linux's first root is. */
export const RAMFS_MAGIC = 0x858458f6;
/** Nothing can be changed. */
export const ST_RDONLY = 0x0001;
/** Set-id bits are ignored. */
export const ST_NOSUID = 0x0002;
/** Devices cannot be opened. */
export const ST_NODEV = 0x0004;
/** Programs cannot be executed. */
export const ST_NOEXEC = 0x0008;
/** Says that the other bits of f_flags mean something. */
export const ST_VALID = 0x0020;
/** Reads are not noted. */
export const ST_NOATIME = 0x0400;
/** Reads of directories are not noted. */
export const ST_NODIRATIME = 0x0800;
/** Reads are noted by "relatime". */
export const ST_RELATIME = 0x1000;
/** Symbolic links are not followed. */
export const ST_NOSYMFOLLOW = 0x2000;

/**
 * A device number as stat(2) shows it. `major` is 0 … 4095 and `minor` 0 … 1048575 (the kernel's own
 * `dev_t` has no more bits). Source: makedev(3), `new_encode_dev`.
 */
export function makeDevice(major: number, minor: number): number {
  return (minor & 0xff) + major * 0x100 + Math.floor(minor / 0x100) * 0x100000;
}

/** The major part of a device number. */
export function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}

/** The minor part of a device number. */
export function minorOf(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}

/** The `d_type` of getdents64(2) for a mode: DT_REG, DT_DIR … are the type bits shifted down. */
export function directoryEntryType(mode: number): number {
  return (mode & S_IFMT) >>> 12;
}
