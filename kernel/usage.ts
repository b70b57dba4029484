/** What getrusage(2) and wait4(2) tell of the resources that processes have used. */

import { RUSAGE_BYTES } from "./abi/resource.ts";
import { NSEC_PER_SEC, NSEC_PER_USEC } from "./abi/time.ts";

/** A `struct rusage` with `time_ns` of CPU time, 0 … 2^53 - 1; nothing else is counted. */
export function encodeUsage(time_ns: number): Uint8Array {
  const bytes = new Uint8Array(RUSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(time_ns) / NSEC_PER_SEC, true);
  view.setBigInt64(8, (BigInt(time_ns) % NSEC_PER_SEC) / NSEC_PER_USEC, true);
  return bytes;
}
