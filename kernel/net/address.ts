/**
 * Addresses of sockets, and the structures that the guest writes them as.
 *
 * ```
 * sockaddr_un    0 family u16   2 name, up to 108 bytes
 * sockaddr_in    0 family u16   2 port, big-endian   4 address                    8 zero
 * sockaddr_in6   0 family u16   2 port, big-endian   4 flow label   8 address    24 scope u32
 * sockaddr_nl    0 family u16   4 port u32   8 groups u32
 * ```
 *
 * Addresses of the Internet are kept as numbers of 128 bits, those of version 4 as ::ffff:a.b.c.d, as
 * sockets of version 6 see them.
 *
 * Source: unix(7), ip(7), ipv6(7), `net/unix/af_unix.c` (`unix_validate_addr`).
 */

import { EAFNOSUPPORT, EINVAL, SystemError } from "../abi/errno.ts";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  SOCKADDR_IN6_BYTES,
  SOCKADDR_IN6_BYTES_MIN,
  SOCKADDR_IN_BYTES,
  SOCKADDR_NL_BYTES,
  SOCKADDR_UN_BYTES,
} from "../abi/socket.ts";

/** Where a local socket is: nowhere, at a path, or under an abstract name. */
export interface UnixAddress {
  /** Tells the families apart. */
  readonly family: typeof AF_UNIX;
  /** Empty for a socket without a name; a path without its NUL; an abstract name with its leading NUL. */
  readonly name: Uint8Array;
}

/** A place in the Internet. */
export interface Endpoint {
  /** See above; 0 … 2^128 - 1. */
  readonly ip: bigint;
  /** 1 … 65535; 0 for none. */
  readonly port: number;
}

/** Where an Internet socket is. */
export interface InetAddress extends Endpoint {
  /** Which of the two structures the guest sees. */
  readonly family: typeof AF_INET | typeof AF_INET6;
}

/** Where a netlink socket is. */
export interface NetlinkAddress {
  /** Tells the families apart. */
  readonly family: typeof AF_NETLINK;
  /** Its port, 0 for the kernel or for none. */
  readonly port: number;
  /** The groups of news that it wants. */
  readonly groups: number;
}

/** Where a socket is. */
export type SocketAddress = UnixAddress | InetAddress | NetlinkAddress;

/** The address of a local socket without a name. */
export const UNNAMED: UnixAddress = { family: AF_UNIX, name: new Uint8Array(0) };

/** Bytes of the family, with which every address begins. */
const FAMILY_BYTES = 2;
/** Where the addresses of version 4 begin: ::ffff:0.0.0.0, which is version 4's "any". */
export const ANY_V4 = 0xffffn << 32n;
/** Version 6's "any". */
export const ANY_V6 = 0n;
/** 127.0.0.1 */
export const LOOPBACK_V4: bigint = ANY_V4 | 0x7f000001n;
/** ::1 */
export const LOOPBACK_V6 = 1n;

/** The family of an address, AF_UNSPEC (0) for one that is too short to say. */
export function familyOf(bytes: Uint8Array): number {
  return bytes.length < FAMILY_BYTES ? 0 : viewOf(bytes).getUint16(0, true);
}

/** The address of a local socket. Throws EINVAL for another family, or a length that is none. */
export function decodeUnixAddress(bytes: Uint8Array): UnixAddress {
  if (bytes.length > SOCKADDR_UN_BYTES || familyOf(bytes) !== AF_UNIX) {
    throw new SystemError(EINVAL);
  }
  const name = bytes.slice(FAMILY_BYTES);
  const nul = name.indexOf(0);
  // A path ends at its NUL; an abstract name is all that follows its own.
  return { family: AF_UNIX, name: nul > 0 ? name.subarray(0, nul) : name };
}

/** A netlink address. Throws EINVAL. */
export function decodeNetlinkAddress(bytes: Uint8Array): NetlinkAddress {
  const isOne = bytes.length >= SOCKADDR_NL_BYTES && familyOf(bytes) === AF_NETLINK;
  if (!isOne) throw new SystemError(EINVAL);
  const view = viewOf(bytes);
  return {
    family: AF_NETLINK,
    port: view.getUint32(4, true),
    groups: view.getUint32(8, true),
  };
}

/** Whether the name is abstract: it begins with a NUL. */
export function isAbstract({ name }: UnixAddress): boolean {
  return name[0] === 0;
}

/** An Internet address as a socket of `family` is given it. Throws EINVAL, EAFNOSUPPORT. */
export function decodeInetAddress(bytes: Uint8Array, family: InetAddress["family"]): Endpoint {
  const isV4 = family === AF_INET;
  if (bytes.length < (isV4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES_MIN)) {
    // A socket of version 6 may be given an address of version 4 to send to, but is told of its length.
    throw new SystemError(EINVAL);
  }
  if (familyOf(bytes) !== family) throw new SystemError(EAFNOSUPPORT);
  const view = viewOf(bytes);
  const port = view.getUint16(2, false);
  if (isV4) return { ip: ANY_V4 | BigInt(view.getUint32(4, false)), port };
  return { ip: (view.getBigUint64(8, false) << 64n) | view.getBigUint64(16, false), port };
}

/** Whether the address is one of version 4. */
export function isV4(ip: bigint): boolean {
  return ip >> 32n === 0xffffn;
}

/** Whether the address stands for all of its machine's. */
export function isAny(ip: bigint): boolean {
  return ip === ANY_V4 || ip === ANY_V6;
}

/** Whether the address is this machine's: 127.0.0.0/8, ::1. */
export function isLoopback(ip: bigint): boolean {
  return ip === LOOPBACK_V6 || (isV4(ip) && (ip >> 24n & 0xffn) === 127n);
}

/** An address as the guest reads it. */
export function encodeAddress(address: SocketAddress): Uint8Array {
  switch (address.family) {
    case AF_UNIX:
      return encodeUnixAddress(address);
    case AF_NETLINK: {
      const bytes = new Uint8Array(SOCKADDR_NL_BYTES);
      viewOf(bytes).setUint16(0, AF_NETLINK, true);
      viewOf(bytes).setUint32(4, address.port, true);
      viewOf(bytes).setUint32(8, address.groups, true);
      return bytes;
    }
    case AF_INET: {
      const bytes = encodeInetHead(address, SOCKADDR_IN_BYTES);
      viewOf(bytes).setUint32(4, Number(address.ip & 0xffffffffn), false);
      return bytes;
    }
    case AF_INET6: {
      const bytes = encodeInetHead(address, SOCKADDR_IN6_BYTES);
      viewOf(bytes).setBigUint64(8, address.ip >> 64n, false);
      viewOf(bytes).setBigUint64(16, address.ip, false);
      return bytes;
    }
  }
}

function encodeUnixAddress({ name }: UnixAddress): Uint8Array {
  const hasNul = name.length > 0 && name[0] !== 0;
  const bytes = new Uint8Array(FAMILY_BYTES + name.length + (hasNul ? 1 : 0));
  viewOf(bytes).setUint16(0, AF_UNIX, true);
  bytes.set(name, FAMILY_BYTES);
  return bytes;
}

function encodeInetHead({ family, port }: InetAddress, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  viewOf(bytes).setUint16(0, family, true);
  viewOf(bytes).setUint16(2, port, false);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
