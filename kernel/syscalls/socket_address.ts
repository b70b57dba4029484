/**
 * Addresses between the guest's memory and sockets.
 *
 * Source: `net/socket.c` (`move_addr_to_kernel`, `move_addr_to_user`).
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { ADDRESS_BYTES_MAX } from "../abi/socket.ts";
import { encodeAddress, type SocketAddress } from "../net/address.ts";
import { int, pointer, register } from "./arguments.ts";
import type { Call } from "./group.ts";

/** The address at arguments `index` and `index` + 1. Throws EINVAL, EFAULT. */
export function addressAt(call: Call, index: number): Uint8Array {
  return readAddress(call, pointer(call, index), int(call, index + 1));
}

/** The address of so many bytes in the guest's memory. Throws EINVAL, EFAULT. */
export function readAddress(call: Call, address: number, length: number): Uint8Array {
  if (length < 0 || length > ADDRESS_BYTES_MAX) throw new SystemError(EINVAL);
  return call.task.mm.user.read(address, length);
}

/**
 * Writes an address, `null` for none, to the pointer at argument `index`, and its length over the room that
 * the pointer behind it leads to. What finds no room is cut; the length tells. Throws EINVAL, EFAULT.
 */
export function writeAddress(call: Call, index: number, address: SocketAddress | null): void {
  const { user } = call.task.mm;
  const lengthAt = register(call, index + 1);
  const room = user.readS32(lengthAt);
  if (room < 0) throw new SystemError(EINVAL);
  const bytes = address === null ? new Uint8Array(0) : encodeAddress(address);
  user.write(pointer(call, index), bytes.subarray(0, room));
  user.writeU32(lengthAt, bytes.length);
}
