import { assertEquals } from "../../std_assert.ts";
import {
  CLOSE_RANGE_CLOEXEC,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETLK,
  F_SETPIPE_SZ,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_LARGEFILE,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_WRONLY,
  SEEK_CUR,
} from "../abi/fcntl.ts";
import { NOWHERE, withGuest } from "./testing/file_guest.ts";

Deno.test("do dup, dup3 and F_DUPFD give which descriptor, and share the offset?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    assertEquals(fd, 3);
    assertEquals(guest.call("dup", fd), 4);
    assertEquals(guest.call("dup3", fd, 9, O_CLOEXEC), 9);
    assertEquals(guest.call("fcntl", fd, F_DUPFD, 6), 6);
    assertEquals(guest.call("fcntl", fd, F_DUPFD_CLOEXEC, 9), 10);
    assertEquals([4, 9, 6, 10].map((one) => guest.call("fcntl", one, F_GETFD, 0)), [0, 1, 0, 1]);
    guest.must("write", 10, "abc", 3);
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), 3);
    assertEquals(guest.call("dup3", fd, fd, 0), "EINVAL");
    assertEquals(guest.call("dup3", fd, 7, 1), "EINVAL");
    assertEquals(guest.call("dup3", fd, -1, 0), "EBADF");
    assertEquals(guest.call("dup3", fd, 1024, 0), "EBADF");
    assertEquals(guest.call("dup3", 99, 7, 0), "EBADF");
    assertEquals(guest.call("dup", 99), "EBADF");
    assertEquals(guest.call("fcntl", fd, F_DUPFD, 1024), "EINVAL");
    assertEquals(guest.call("fcntl", fd, F_DUPFD, -1), "EINVAL");
    assertEquals(guest.call("close", fd), 0);
    assertEquals(guest.call("close", fd), "EBADF");
    assertEquals(guest.call("write", 4, "d", 1), 1);
  });
});

Deno.test("which flags can be changed after opening?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_WRONLY);
    const flags = () => guest.call("fcntl", fd, F_GETFL, 0);
    assertEquals(guest.call("fcntl", fd, F_SETFL, O_APPEND | O_NONBLOCK | O_RDWR | O_CREAT), 0);
    assertEquals(flags(), O_APPEND | O_NONBLOCK | O_WRONLY | O_LARGEFILE);
    assertEquals(guest.call("fcntl", fd, F_SETFL, 0), 0);
    assertEquals(flags(), O_WRONLY | O_LARGEFILE);
    assertEquals(guest.call("fcntl", fd, F_SETFL, O_ASYNC), 0);
    assertEquals(flags(), O_WRONLY | O_LARGEFILE);
    assertEquals(guest.call("fcntl", fd, F_SETFD, 3), 0);
    assertEquals(guest.call("fcntl", fd, F_GETFD, 0), 1);
    const named = guest.open("/tmp/f", O_PATH);
    assertEquals(guest.call("fcntl", named, F_GETFL, 0), O_PATH);
    assertEquals(guest.call("fcntl", named, F_SETFL, 0), "EBADF");
    assertEquals(guest.call("fcntl", 99, F_GETFL, 0), "EBADF");
    // A read lock on a file that is only written.
    assertEquals(guest.call("fcntl", fd, F_SETLK, guest.room(32)), "EBADF");
    guest.task.credentials.setResuid(5, 5, 5);
    assertEquals(guest.call("fcntl", fd, F_SETFL, O_NOATIME), "EPERM");
  });
});

Deno.test("what can be asked of a pipe?", () => {
  withGuest((guest) => {
    const ends = guest.room(8);
    assertEquals(guest.call("pipe2", ends, O_NONBLOCK | O_CLOEXEC), 0);
    const [reader, writer] = [
      guest.view(ends, 8).getInt32(0, true),
      guest.view(ends, 8).getInt32(4, true),
    ];
    assertEquals([reader, writer], [3, 4]);
    assertEquals(guest.call("fcntl", reader, F_GETFL, 0), O_NONBLOCK);
    assertEquals(guest.call("fcntl", writer, F_GETFL, 0), O_NONBLOCK | O_WRONLY);
    assertEquals(guest.call("fcntl", writer, F_GETFD, 0), 1);
    assertEquals(guest.call("read", reader, ends, 1), "EAGAIN");
    assertEquals(guest.call("fcntl", reader, F_GETPIPE_SZ, 0), 65536);
    assertEquals(guest.call("fcntl", writer, F_SETPIPE_SZ, 5000), 8192);
    assertEquals(guest.call("fcntl", writer, F_SETPIPE_SZ, 2 ** 29), "ENOMEM");
    assertEquals(guest.call("fcntl", 1, F_GETPIPE_SZ, 0), "EBADF");
    assertEquals(guest.call("fsync", reader), "EINVAL");
    assertEquals(guest.call("pipe2", ends, O_DIRECT), "EINVAL");
    assertEquals(guest.call("pipe2", NOWHERE, 0), "EFAULT");
    assertEquals(guest.task.files.size, 5);
  });
});

Deno.test("what does close_range close?", () => {
  withGuest((guest) => {
    for (const to of [5, 7, 9]) guest.must("dup3", 0, to, 0);
    assertEquals(guest.call("close_range", 6, 8, 0), 0);
    assertEquals(guest.call("close_range", 8, 2 ** 32 - 1, CLOSE_RANGE_CLOEXEC), 0);
    assertEquals(guest.task.files.entries().map(([fd, { closeOnExec }]) => [fd, closeOnExec]), [
      [0, false],
      [1, false],
      [2, false],
      [5, false],
      [9, true],
    ]);
    assertEquals(guest.call("close_range", 9, 8, 0), "EINVAL");
    assertEquals(guest.call("close_range", 9, 9, 1), "EINVAL");
  });
});
