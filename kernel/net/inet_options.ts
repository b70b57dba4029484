/**
 * Options of ip(7), ipv6(7) and tcp(7) that are kept and told. They change nothing in a machine whose only
 * network is itself; options that would change something are not here, and refused.
 */

import { EINVAL, ENOPROTOOPT, SystemError } from "../abi/errno.ts";
import {
  IP_BIND_ADDRESS_NO_PORT,
  IP_FREEBIND,
  IP_MTU_DISCOVER,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_LOOP,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  TCP_CORK,
  TCP_DEFER_ACCEPT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_LINGER2,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_QUICKACK,
  TCP_SYNCNT,
  TCP_USER_TIMEOUT,
} from "../abi/socket.ts";

/** An option: what it begins with, and what it may be. */
interface KnownOption {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Whether anything but 0 becomes 1. */
  readonly isTruth?: boolean;
}

const INT_MAX = 2 ** 31 - 1;
const truth = (initial: number): KnownOption => ({
  initial,
  min: -INT_MAX - 1,
  max: INT_MAX,
  isTruth: true,
});
const range = (initial: number, min: number, max: number): KnownOption => ({ initial, min, max });

const OPTIONS: ReadonlyMap<number, ReadonlyMap<number, KnownOption>> = new Map([
  [
    IPPROTO_TCP,
    new Map([
      [TCP_NODELAY, truth(0)],
      [TCP_MAXSEG, range(536, 88, 32767)],
      [TCP_CORK, truth(0)],
      [TCP_KEEPIDLE, range(7200, 1, 32767)],
      [TCP_KEEPINTVL, range(75, 1, 32767)],
      [TCP_KEEPCNT, range(9, 1, 127)],
      [TCP_SYNCNT, range(6, 1, 127)],
      [TCP_LINGER2, range(60, -1, 120)],
      [TCP_DEFER_ACCEPT, range(0, 0, INT_MAX)],
      [TCP_QUICKACK, truth(1)],
      [TCP_USER_TIMEOUT, range(0, 0, INT_MAX)],
    ]),
  ],
  [
    IPPROTO_IP,
    new Map([
      [IP_TOS, range(0, 0, 255)],
      [IP_TTL, range(64, 1, 255)],
      [IP_MTU_DISCOVER, range(1, 0, 5)],
      [IP_FREEBIND, truth(0)],
      [IP_BIND_ADDRESS_NO_PORT, truth(0)],
      [IP_MULTICAST_TTL, range(1, 0, 255)],
      [IP_MULTICAST_LOOP, truth(1)],
    ]),
  ],
  [
    IPPROTO_IPV6,
    new Map([
      [IPV6_V6ONLY, truth(0)],
      [IPV6_UNICAST_HOPS, range(64, -1, 255)],
      [IPV6_MULTICAST_HOPS, range(1, -1, 255)],
      [IPV6_MULTICAST_LOOP, range(1, 0, 1)],
      [IPV6_TCLASS, range(0, -1, 255)],
    ]),
  ],
]);

const INT_BYTES = 4;

/** The options of one socket. */
export class InetOptions {
  /** Those that were set, by level and name. */
  readonly #values = new Map<string, number>();

  /** What an option is. Throws ENOPROTOOPT. */
  get(level: number, name: number): number {
    return this.#values.get(`${level} ${name}`) ?? known(level, name).initial;
  }

  /** Sets an option, of which a byte is enough. Throws ENOPROTOOPT, EINVAL. */
  set(level: number, name: number, bytes: Uint8Array): void {
    const option = known(level, name);
    const isByte = level === IPPROTO_IP && bytes.length < INT_BYTES;
    if (bytes.length === 0 || (bytes.length < INT_BYTES && !isByte)) throw new SystemError(EINVAL);
    const value = isByte ? bytes[0] ?? 0 : new DataView(bytes.buffer).getInt32(0, true);
    if (value < option.min || value > option.max) throw new SystemError(EINVAL);
    this.#values.set(`${level} ${name}`, option.isTruth && value !== 0 ? 1 : value);
  }

  /** Takes over what another socket has set: accept(2), a clone. */
  takeFrom(other: InetOptions): void {
    for (const [key, value] of other.#values) this.#values.set(key, value);
  }
}

function known(level: number, name: number): KnownOption {
  const option = OPTIONS.get(level)?.get(name);
  if (option === undefined) throw new SystemError(ENOPROTOOPT);
  return option;
}
