/**
 * The ports of a protocol in a network namespace: who is bound to what, and what closed connections keep.
 *
 * Source: `net/ipv4/inet_connection_sock.c` (`inet_csk_get_port`), `net/ipv4/udp.c`; ip(7), socket(7).
 */

import { EADDRINUSE, EAGAIN, SystemError } from "../abi/errno.ts";
import { EPHEMERAL_PORT_MAX, EPHEMERAL_PORT_MIN } from "../abi/socket.ts";
import { ANY_V6, type Endpoint, isAny, isV4 } from "./address.ts";

/** What a port is asked for with. */
export interface PortClaim {
  /** The address it is bound to. */
  readonly ip: bigint;
  /** SO_REUSEADDR. */
  readonly reusesAddress: boolean;
  /** SO_REUSEPORT. */
  readonly reusesPort: boolean;
  /** Its owner. */
  readonly uid: number;
  /** Whether a version 6 socket leaves version 4 alone. */
  readonly isV6Only: boolean;
  /** Whether nobody can share its address, whatever he says: a TCP socket that listens. */
  readonly isListening: boolean;
}

/** A port that a closed connection keeps. */
interface Remnant {
  readonly claim: PortClaim;
  readonly port: number;
  /** Monotonic ns until which. */
  readonly until_ns: bigint;
}

/** Whoever holds a port. */
export interface PortHolder {
  /** What it has asked for, as it is now. */
  readonly claim: PortClaim;
  /** Unique in the machine. */
  readonly ino: number;
}

/** The ports of one protocol. */
export class PortTable<T extends PortHolder> {
  readonly #holders = new Map<number, T[]>();
  #remnants: readonly Remnant[] = [];
  #next = EPHEMERAL_PORT_MIN;

  /** Those that are bound to a port, in the order in which they came. */
  at(port: number): readonly T[] {
    return this.#holders.get(port) ?? [];
  }

  /** Gives a holder a port, one that is free for 0; answers which. Throws EADDRINUSE, EAGAIN. */
  bind(holder: T, port: number, now_ns: bigint): number {
    const taken = port === 0 ? this.#freePort(holder, now_ns) : port;
    if (!this.#isFree(holder, taken, now_ns)) throw new SystemError(EADDRINUSE);
    this.enter(holder, taken);
    return taken;
  }

  /** Whether a holder could listen at its port beside the others there. */
  mayListen(holder: T, port: number): boolean {
    const { claim } = holder;
    return this.at(port).every((other) => other === holder || !conflicts(claim, other.claim));
  }

  /** Enters a holder whose right to the port is beyond question: an accepted connection, a clone. */
  enter(holder: T, port: number): void {
    this.#holders.set(port, [...this.at(port), holder]);
  }

  /** Takes a holder out. */
  leave(holder: T, port: number): void {
    const left = this.at(port).filter((other) => other !== holder);
    if (left.length > 0) this.#holders.set(port, left);
    else this.#holders.delete(port);
  }

  /** Keeps the port of a closed connection for a while. */
  keep(claim: PortClaim, port: number, until_ns: bigint, now_ns: bigint): void {
    const current = this.#remnants.filter((remnant) => remnant.until_ns > now_ns);
    this.#remnants = [...current, { claim, port, until_ns }];
  }

  /** The table of a clone, without the holders, which enter by themselves. */
  clone(): PortTable<T> {
    const copy = new PortTable<T>();
    copy.#remnants = this.#remnants;
    copy.#next = this.#next;
    return copy;
  }

  #freePort(holder: T, now_ns: bigint): number {
    const count = EPHEMERAL_PORT_MAX - EPHEMERAL_PORT_MIN + 1;
    for (let tried = 0; tried < count; tried++) {
      const port = this.#next;
      this.#next = port < EPHEMERAL_PORT_MAX ? port + 1 : EPHEMERAL_PORT_MIN;
      if (this.#isFree(holder, port, now_ns)) return port;
    }
    throw new SystemError(EAGAIN);
  }

  #isFree({ claim }: T, port: number, now_ns: bigint): boolean {
    const isKept = this.#remnants.some((remnant) =>
      remnant.port === port && remnant.until_ns > now_ns && conflicts(claim, remnant.claim)
    );
    return !isKept && this.at(port).every((other) => !conflicts(claim, other.claim));
  }
}

/** Whether two cannot be bound to the same port. */
function conflicts(one: PortClaim, other: PortClaim): boolean {
  if (!overlaps(one, other)) return false;
  if (one.reusesPort && other.reusesPort && one.uid === other.uid) return false;
  return !(one.reusesAddress && other.reusesAddress) || other.isListening;
}

/** Whether there is an address that both are bound to. */
function overlaps(one: PortClaim, other: PortClaim): boolean {
  if (one.ip === other.ip) return true;
  return covers(one, other.ip) || covers(other, one.ip);
}

/** Whether a holder's address stands for another one too. */
function covers({ ip, isV6Only }: PortClaim, other: bigint): boolean {
  if (!isAny(ip)) return false;
  return ip === ANY_V6 ? !isV6Only || !isV4(other) : isV4(other);
}

/** How well a holder's address fits a destination: 2 for the very address, 1 for any, 0 for not at all. */
export function fitness({ claim }: PortHolder, { ip }: Endpoint): number {
  if (claim.ip === ip) return 2;
  return covers(claim, ip) ? 1 : 0;
}
