#!/bin/sh
# judge.sh ROOT WORK PROGRAM [ARGUMENTS …]: what a riscv64 program of Debian's does under QEMU's user mode.
#
# It has ROOT as its root, WORK as /home and current directory, a fresh /tmp, and can start further
# programs. To be run in namespaces of its own:
#   unshare --user --map-root-user --mount --pid --fork judge.sh …
set -eu
root=$1
work=$2
shift 2
# The kernel starts riscv64 programs through QEMU, here and nowhere else. F: opened now, outside ROOT.
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf '%s' ':crucible:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xf3\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-riscv64-static:F' \
  > /proc/sys/fs/binfmt_misc/register
mount --bind "$work" "$root/home"
mount -t tmpfs none "$root/tmp"
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
exec timeout --signal=KILL 300 chroot "$root" /usr/bin/env -i -C /home \
  PATH=/usr/bin:/bin HOME=/home TMPDIR=/tmp LC_ALL=C.UTF-8 "$@"
