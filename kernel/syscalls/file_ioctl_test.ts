import { assertEquals } from "../../std_assert.ts";
import { F_GETFD, F_GETFL, O_CREAT, O_LARGEFILE, O_NONBLOCK, O_RDWR } from "../abi/fcntl.ts";
import {
  FIOCLEX,
  FIONBIO,
  FIONREAD,
  TCGETS,
  TCSETS,
  TIOCGPGRP,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCSPGRP,
  TIOCSWINSZ,
} from "../abi/ioctl.ts";
import { NOWHERE, withGuest } from "./testing/file_guest.ts";

Deno.test("does a program learn that it talks to a terminal, and how large it is?", () => {
  withGuest((guest) => {
    const buffer = guest.room(64);
    assertEquals(guest.call("ioctl", 0, TCGETS, buffer), 0);
    const termios = guest.view(buffer, 36);
    assertEquals(termios.getUint32(12, true) & 0o12, 0o12);
    assertEquals([termios.getUint8(17), termios.getUint8(17 + 4)], [3, 4]);
    assertEquals(guest.call("ioctl", 0, TCSETS, buffer), 0);
    guest.task.mm.user.writeU32(buffer + 12, 0);
    assertEquals(guest.call("ioctl", 0, TCSETS, buffer), 0);
    assertEquals(guest.kernel.streams[0]?.tty?.termios.lflag, 0);
    assertEquals(guest.call("ioctl", 0, TIOCGWINSZ, buffer), 0);
    assertEquals([
      guest.view(buffer, 8).getUint16(0, true),
      guest.view(buffer, 8).getUint16(2, true),
    ], [
      24,
      80,
    ]);
    assertEquals(guest.call("ioctl", 0, TIOCSWINSZ, guest.words(0x0050_0030)), 0);
    assertEquals(guest.kernel.streams[0]?.tty?.window, {
      rows: 48,
      columns: 80,
      width: 0,
      height: 0,
    });
    assertEquals(guest.call("ioctl", 0, TIOCGPGRP, buffer), 0);
    assertEquals(guest.view(buffer, 4).getInt32(0, true), 2);
    assertEquals(guest.call("ioctl", 0, TIOCSPGRP, guest.words(2)), 0);
    assertEquals(guest.call("ioctl", 0, TIOCSPGRP, guest.words(77)), "ESRCH");
    assertEquals(guest.call("ioctl", 0, TIOCGSID, buffer), 0);
    assertEquals(guest.call("ioctl", 0, 0x5499, buffer), "ENOTTY");
    assertEquals(guest.call("ioctl", 0, TIOCGWINSZ, NOWHERE), "EFAULT");
    const tty = guest.open("/dev/tty");
    assertEquals(guest.call("ioctl", tty, TCGETS, buffer), 0);
  }, { terminal: true });
});

Deno.test("what is asked of files that are no terminals?", () => {
  withGuest((guest) => {
    const buffer = guest.room(8);
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    guest.must("write", fd, "12345", 5);
    guest.must("lseek", fd, 2, 0);
    for (const one of [0, fd]) assertEquals(guest.call("ioctl", one, TCGETS, buffer), "ENOTTY");
    assertEquals(guest.call("ioctl", fd, FIONREAD, buffer), 0);
    assertEquals(guest.view(buffer, 4).getInt32(0, true), 3);
    guest.kernel.streams[0]?.push(Uint8Array.of(1, 2));
    assertEquals(guest.call("ioctl", 0, FIONREAD, buffer), 0);
    assertEquals(guest.view(buffer, 4).getInt32(0, true), 2);
    assertEquals(guest.call("ioctl", fd, FIONBIO, guest.words(1)), 0);
    assertEquals(guest.call("fcntl", fd, F_GETFL, 0), O_RDWR | O_LARGEFILE | O_NONBLOCK);
    assertEquals(guest.call("ioctl", fd, FIOCLEX, 0), 0);
    assertEquals(guest.call("fcntl", fd, F_GETFD, 0), 1);
    assertEquals(guest.call("ioctl", 99, TCGETS, buffer), "EBADF");
    assertEquals(guest.call("ioctl", guest.open("/dev/null"), FIONREAD, buffer), "ENOTTY");
  });
});
