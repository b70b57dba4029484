/**
 * Constants of opening, naming and controlling files on riscv64 Linux.
 *
 * Source: `include/uapi/asm-generic/fcntl.h`, `include/uapi/linux/{fcntl,fs,falloc,limits,uio}.h`;
 * open(2), fcntl(2), lseek(2), rename(2), fallocate(2).
 */

// open(2): how a file is opened. riscv64 takes the generic values.
/** The bits of the access mode: one of the three below (3 is legal and allows neither). */
export const O_ACCMODE = 0o3;
/** To read only. */
export const O_RDONLY = 0o0;
/** To write only. */
export const O_WRONLY = 0o1;
/** To read and write. */
export const O_RDWR = 0o2;
/** Make the file when there is none. */
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
/** Empty the file. */
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DSYNC = 0o10000;
/** `FASYNC` in the kernel's own sources. */
export const O_ASYNC = 0o20000;
export const O_DIRECT = 0o40000;
/** Always on in F_GETFL of a 64-bit kernel, whether the program asked for it or not. */
export const O_LARGEFILE = 0o100000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
/** The kernel's `__O_SYNC`; user space's O_SYNC is this together with O_DSYNC. */
export const O_SYNC_BIT = 0o4000000;
export const O_PATH = 0o10000000;
/** The kernel's `__O_TMPFILE`; user space's O_TMPFILE is this together with O_DIRECTORY. */
export const O_TMPFILE_BIT = 0o20000000;

/** All that openat2(2) knows: VALID_OPEN_FLAGS. */
export const OPEN_FLAGS_ALL: number = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
  O_NONBLOCK | O_DSYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |
  O_CLOEXEC | O_SYNC_BIT | O_PATH | O_TMPFILE_BIT;

// The *at() family.
/** As a directory descriptor: relative to the current directory. */
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** unlinkat(2): remove a directory. */
export const AT_REMOVEDIR = 0x200;
/** faccessat2(2): check with the effective ids; the same bit as AT_REMOVEDIR. */
export const AT_EACCESS = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
/** statx(2): AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, of which at most one may be given. */
export const AT_STATX_SYNC_TYPE = 0x6000;

// access(2): the bits of the mode; none of them (F_OK) asks whether the file exists.
export const X_OK = 1;
export const W_OK = 2;
export const R_OK = 4;

// fcntl(2) commands.
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETLKW = 7;
export const F_SETOWN = 8;
export const F_GETOWN = 9;
export const F_SETSIG = 10;
export const F_GETSIG = 11;
export const F_SETOWN_EX = 15;
export const F_GETOWN_EX = 16;
export const F_GETOWNER_UIDS = 17;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;
export const F_ADD_SEALS = 1033;
export const F_GET_SEALS = 1034;
// struct f_owner_ex: what the owner of a file is.
export const F_OWNER_TID = 0;
export const F_OWNER_PID = 1;
export const F_OWNER_PGRP = 2;
/** The only flag of F_GETFD and F_SETFD. */
export const FD_CLOEXEC = 1;

// `struct flock`: l_type.
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;
/** Bytes of `struct flock`. */
export const FLOCK_BYTES = 32;

// flock(2).
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

// openat2(2): how a path is resolved.
/** Cross no mount: EXDEV. */
export const RESOLVE_NO_XDEV = 0x01;
/** Follow no link of /proc that leads somewhere without a path: ELOOP. */
export const RESOLVE_NO_MAGICLINKS = 0x02;
/** Follow no symbolic link at all: ELOOP. */
export const RESOLVE_NO_SYMLINKS = 0x04;
/** Leave the directory that the path begins at neither by `..` nor by an absolute path: EXDEV. */
export const RESOLVE_BENEATH = 0x08;
/** Take that directory for the root. */
export const RESOLVE_IN_ROOT = 0x10;
/** Only where nothing need be read for it: EAGAIN. */
export const RESOLVE_CACHED = 0x20;
/** All of them. */
export const RESOLVE_ALL = 0x3f;
/** Bytes of `struct open_how` as it first was, and is. */
export const OPEN_HOW_SIZE_VER0 = 24;

// close_range(2).
export const CLOSE_RANGE_UNSHARE = 2;
export const CLOSE_RANGE_CLOEXEC = 4;

// lseek(2).
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

// renameat2(2).
export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
export const RENAME_WHITEOUT = 4;

// fallocate(2).
export const FALLOC_FL_KEEP_SIZE = 0x01;
export const FALLOC_FL_PUNCH_HOLE = 0x02;
export const FALLOC_FL_COLLAPSE_RANGE = 0x08;
export const FALLOC_FL_ZERO_RANGE = 0x10;
export const FALLOC_FL_INSERT_RANGE = 0x20;
export const FALLOC_FL_UNSHARE_RANGE = 0x40;

// utimensat(2), as tv_nsec.
export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;

// splice(2).
export const SPLICE_F_NONBLOCK = 2;
/** SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT. */
export const SPLICE_F_ALL = 15;

// preadv2(2).
export const RWF_HIPRI = 0x01;
export const RWF_DSYNC = 0x02;
export const RWF_SYNC = 0x04;
export const RWF_NOWAIT = 0x08;
export const RWF_APPEND = 0x10;
export const RWF_NOAPPEND = 0x20;

// posix_fadvise(2): the highest advice that riscv64 knows.
export const POSIX_FADV_NOREUSE = 5;

// sync_file_range(2).
export const SYNC_FILE_RANGE_ALL = 7;

// Limits.
/** Bytes in one component of a path, without the NUL. */
export const NAME_MAX = 255;
/** Bytes in a path, with the NUL. */
export const PATH_MAX = 4096;
/** Symbolic links followed in one resolution; one more is ELOOP. */
export const LINKS_MAX = 40;
/** Names of one file. */
export const LINK_MAX = 65000;
/** Buffers of one readv(2). */
export const IOV_MAX = 1024;
/** Bytes moved by one call; more is cut down to this (read(2), NOTES). */
export const RW_BYTES_MAX = 0x7ffff000;
/** Bytes that a write to a pipe moves whole or not at all. */
export const PIPE_BUF = 4096;
/** Bytes a pipe holds when it is made (16 pages). */
export const PIPE_CAPACITY_BYTES = 65536;
/** What F_SETPIPE_SZ grants without CAP_SYS_RESOURCE: /proc/sys/fs/pipe-max-size. */
export const PIPE_CAPACITY_BYTES_MAX = 1048576;
/** The most pages of a pipe: their slots must fit into the 4 MiB that kmalloc gives at most. */
export const PIPE_SLOTS_MAX = 65536;
/** Descriptors a table can hold however high RLIMIT_NOFILE is: /proc/sys/fs/nr_open. */
export const DESCRIPTORS_MAX = 1048576;

// name_to_handle_at(2).
/** A handle that need not be opened again; the same bit as AT_REMOVEDIR. */
export const AT_HANDLE_FID = 0x200;
/** The mount's id that is never given again, of 64 bits. */
export const AT_HANDLE_MNT_ID_UNIQUE = 0x001;
/** The most bytes of a handle. */
export const MAX_HANDLE_SZ = 128;
/** The kind of handle that names an inode by its number and generation: 32 bits of each, or 64. */
export const FILEID_INO32_GEN = 1;
