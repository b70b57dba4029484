/**
 * Constants of mounts.
 *
 * Source: `include/uapi/linux/mount.h`, `include/linux/fs.h`; mount(2), umount2(2).
 */

/** Nothing can be changed through it, or in the file system. */
export const MS_RDONLY = 1;
/** Set-id bits are ignored. */
export const MS_NOSUID = 2;
/** Devices cannot be opened. */
export const MS_NODEV = 4;
/** Programs cannot be executed. */
export const MS_NOEXEC = 8;
/** Writes are at once: nothing to do here. */
export const MS_SYNCHRONOUS = 16;
/** Changes what is mounted. */
export const MS_REMOUNT = 32;
/** Mandatory locks, which Linux no longer has. */
export const MS_MANDLOCK = 64;
/** Changes of directories are at once. */
export const MS_DIRSYNC = 128;
/** Symbolic links are not followed. */
export const MS_NOSYMFOLLOW = 256;
/** Reads are not noted. */
export const MS_NOATIME = 1024;
/** Reads of directories are not noted. */
export const MS_NODIRATIME = 2048;
/** Shows what is somewhere else already. */
export const MS_BIND = 4096;
/** Puts a mount somewhere else. */
export const MS_MOVE = 8192;
/** With what lies below. */
export const MS_REC = 16384;
/** Says less in the kernel's log. */
export const MS_SILENT = 32768;
/** Cannot be shown somewhere else. */
export const MS_UNBINDABLE = 0x20000;
/** Gets and sends no mounts. */
export const MS_PRIVATE = 0x40000;
/** Gets mounts and sends none. */
export const MS_SLAVE = 0x80000;
/** Gets and sends mounts. */
export const MS_SHARED = 0x100000;
/** Reads are noted where they tell more than the last change. */
export const MS_RELATIME = 0x200000;
/** Every read is noted. */
export const MS_STRICTATIME = 0x1000000;
/** Times are written late. */
export const MS_LAZYTIME = 0x2000000;
/** A mount of the kernel's own: nobody may ask for one. */
export const MS_NOUSER = 0x80000000;
/** What old programs have in the upper half of the flags. */
export const MS_MGC_VAL = 0xc0ed0000;
/** Where they have it. */
export const MS_MGC_MSK = 0xffff0000;

/** Even if that loses something: of network file systems only. */
export const MNT_FORCE = 1;
/** Out of sight at once, and gone when nobody uses it. */
export const MNT_DETACH = 2;
/** Only when it was not used since it was asked for last. */
export const MNT_EXPIRE = 4;
/** A symbolic link at the end of the path is not followed. */
export const UMOUNT_NOFOLLOW = 8;
