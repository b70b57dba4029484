/** The packages of Debian's whose programs CI runs: what `deno task guests` is given there. */
export const PACKAGES: readonly string[] = [
  ...["busybox-static", "bash-static"],
  ...["libc6", "libc-bin", "base-passwd", "bash", "dash", "coreutils", "diffutils"],
  ...["grep", "sed", "gawk", "mawk", "findutils", "tar", "gzip", "bc"],
  ...["perl-base", "python3", "sqlite3", "lua5.4"],
  ...["gcc", "libc6-dev", "musl", "musl-tools"],
];
