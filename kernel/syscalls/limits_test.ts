// What does each resource limit refuse, and how?

import { assertEquals } from "../../std_assert.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import {
  MAP_ANONYMOUS,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from "../abi/mman.ts";
import {
  RLIMIT_AS,
  RLIMIT_DATA,
  RLIMIT_MEMLOCK,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_RTPRIO,
  RLIMIT_SIGPENDING,
} from "../abi/resource.ts";
import { signalBit } from "../abi/signal.ts";
import { type Guest, MEMORY, MEMORY_BYTES, withGuest } from "./testing/file_guest.ts";

const READ_WRITE = PROT_READ | PROT_WRITE;
const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

function mmap(guest: Guest, bytes: number, flags: number): number | string {
  const result = guest.call("mmap", 0, bytes, READ_WRITE, ANONYMOUS | flags, -1, 0);
  return typeof result === "string" ? result : "mapped";
}

function withLimited(limits: Readonly<Record<number, number>>, use: (guest: Guest) => void): void {
  withGuest((guest) => {
    for (const [resource, most] of Object.entries(limits)) {
      const limit = { soft: BigInt(most), hard: BigInt(most) };
      guest.task.limits.set(Number(resource), limit, true);
    }
    guest.task.credentials.setResuid(1000, 1000, 1000);
    use(guest);
  });
}

Deno.test("RLIMIT_AS and RLIMIT_DATA: no mapping beyond them", () => {
  withLimited({ [RLIMIT_AS]: MEMORY_BYTES + 2 * PAGE_SIZE }, (guest) => {
    assertEquals(mmap(guest, 3 * PAGE_SIZE, 0), "ENOMEM");
    assertEquals(mmap(guest, 2 * PAGE_SIZE, 0), "mapped");
    assertEquals(mmap(guest, PAGE_SIZE, MAP_NORESERVE), "ENOMEM");
  });
  withLimited({ [RLIMIT_DATA]: MEMORY_BYTES + PAGE_SIZE }, (guest) => {
    assertEquals(mmap(guest, 2 * PAGE_SIZE, 0), "ENOMEM");
    assertEquals(guest.must("mmap", 0, 2 * PAGE_SIZE, PROT_READ, ANONYMOUS, -1, 0) > 0, true);
    assertEquals(mmap(guest, PAGE_SIZE, 0), "mapped");
  });
});

Deno.test("more than there is at once: only with MAP_NORESERVE", () => {
  withGuest((guest) => {
    const all = guest.kernel.memory.framesMax * PAGE_SIZE;
    assertEquals(mmap(guest, all + PAGE_SIZE, 0), "ENOMEM");
    assertEquals(mmap(guest, all, 0), "mapped");
    assertEquals(mmap(guest, all, 0), "mapped");
    assertEquals(mmap(guest, 4 * all, MAP_NORESERVE), "mapped");
  });
});

Deno.test("RLIMIT_MEMLOCK: ENOMEM for mlock, EAGAIN for mmap, EPERM for nothing at all", () => {
  withLimited({ [RLIMIT_MEMLOCK]: 3 * PAGE_SIZE }, (guest) => {
    assertEquals(guest.call("mlock", MEMORY, 4 * PAGE_SIZE), "ENOMEM");
    assertEquals(guest.call("mlock", MEMORY, 2 * PAGE_SIZE), 0);
    assertEquals(mmap(guest, 2 * PAGE_SIZE, MAP_LOCKED), "EAGAIN");
    assertEquals(mmap(guest, PAGE_SIZE, MAP_LOCKED), "mapped");
    assertEquals(guest.call("mlockall", 1), "ENOMEM");
  });
  withLimited({ [RLIMIT_MEMLOCK]: 0 }, (guest) => {
    assertEquals(guest.call("mlock", MEMORY, PAGE_SIZE), "EPERM");
    assertEquals(mmap(guest, PAGE_SIZE, MAP_LOCKED), "EPERM");
  });
});

Deno.test("RLIMIT_SIGPENDING: EAGAIN for a signal with a value, the plain one still comes", () => {
  withLimited({ [RLIMIT_SIGPENDING]: 2 }, (guest) => {
    guest.task.signals.blocked = signalBit(40) | signalBit(41);
    const info = guest.words(...Array<number>(16).fill(0));
    guest.task.mm.user.writeU32(info + 8, 0xffff_ffff);
    const queue = (signo: number) => guest.call("rt_sigqueueinfo", guest.task.pid, signo, info);
    assertEquals([queue(40), queue(40), queue(40), queue(41)], [0, 0, "EAGAIN", "EAGAIN"]);
    assertEquals(guest.call("kill", guest.task.pid, 41), 0);
    assertEquals(guest.call("timer_create", 1, 0, info), 0);
  });
});

Deno.test("RLIMIT_NOFILE: EMFILE for all that makes a descriptor", () => {
  withLimited({ [RLIMIT_NOFILE]: 4 }, (guest) => {
    const two = guest.room(8);
    assertEquals(guest.call("pipe2", two, 0), "EMFILE");
    assertEquals(guest.call("socketpair", 1, 1, 0, two), "EMFILE");
    assertEquals(guest.call("dup", 0), 3);
    for (
      const [name, ...args] of [
        ["dup", 0],
        ["fcntl", 0, 0, 0],
        ["openat", -100, "/dev/null", 0],
        ["epoll_create1", 0],
        ["eventfd2", 0, 0],
        ["timerfd_create", 1, 0],
        ["memfd_create", "m", 0],
        ["socket", 1, 1, 0],
        ["inotify_init1", 0],
        ["pidfd_open", 2, 0],
      ] as const
    ) assertEquals(guest.call(name, ...args), "EMFILE", name);
    assertEquals(guest.call("dup3", 0, 4, 0), "EBADF");
    assertEquals(guest.call("fcntl", 0, 0, 4), "EINVAL");
  });
});

Deno.test("RLIMIT_NICE and RLIMIT_RTPRIO: how far one may raise oneself", () => {
  withLimited({ [RLIMIT_NICE]: 25, [RLIMIT_RTPRIO]: 10 }, (guest) => {
    assertEquals(guest.call("setpriority", 0, 0, -6), "EACCES");
    assertEquals(guest.call("setpriority", 0, 0, -5), 0);
    const priority = (value: number) => guest.call("sched_setscheduler", 0, 1, guest.words(value));
    assertEquals(priority(11), "EPERM");
    assertEquals(priority(10), 0);
  });
});
