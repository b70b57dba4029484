/**
 * Descriptors in flight: local sockets that lie in each other's queues and that nobody can reach any more.
 *
 * A socket whose every reference is in flight may still be received by somebody, or may lie in a queue that
 * only itself leads to. The latter are garbage, and are found as Linux does: of the sockets that are held by
 * queues alone, those live that a queue outside of them holds, and what is in the queues of the living.
 *
 * Source: `net/unix/garbage.c` (before version 6.10).
 */

import type { OpenFile } from "../fs/open_file.ts";
import type { SocketTable } from "./network.ts";
import { UnixSocket } from "./unix_socket.ts";

/** With so many sockets in flight, sending more looks for garbage first: UNIX_INFLIGHT_TRIGGER_GC. */
const SOCKETS_IN_FLIGHT_MANY = 16000;

/** Files of a user have got into a queue. */
export function noteSent(sockets: SocketTable, files: readonly OpenFile[], uid: number): void {
  const count = countSockets(files);
  sockets.inFlight += count;
  sockets.sentSinceCollection += count;
  noteFiles(sockets, files.length, uid);
  const isTime = sockets.sentSinceCollection * STEPS_PER_CLOSE >= sockets.inFlight;
  if (count > 0 && isTime && sockets.inFlight > SOCKETS_IN_FLIGHT_MANY) collectGarbage(sockets);
}

/** Files of a user have left a queue. */
export function noteTaken(sockets: SocketTable, files: readonly OpenFile[], uid: number): void {
  sockets.inFlight -= countSockets(files);
  noteFiles(sockets, -files.length, uid);
}

function noteFiles({ filesInFlight }: SocketTable, more: number, uid: number): void {
  const count = (filesInFlight.get(uid) ?? 0) + more;
  if (count > 0) filesInFlight.set(uid, count);
  else filesInFlight.delete(uid);
}

/** How many of the files are local sockets. */
function countSockets(files: readonly OpenFile[]): number {
  return files.filter(({ object }) => object instanceof UnixSocket).length;
}

/** Looking for garbage may take as many steps as this times the sockets that were closed meanwhile. */
const STEPS_PER_CLOSE = 4;

/** A local socket was closed: looks for garbage, not so often that it would cost more than it is worth. */
export function noteClosed(sockets: SocketTable): void {
  sockets.closedSinceCollection++;
  if (sockets.closedSinceCollection * STEPS_PER_CLOSE >= sockets.inFlight) collectGarbage(sockets);
}

/** Closes the sockets that only garbage leads to. */
export function collectGarbage(sockets: SocketTable): void {
  sockets.closedSinceCollection = 0;
  sockets.sentSinceCollection = 0;
  if (sockets.inFlight === 0) return;
  const flights = countFlights(sockets);
  const candidates = new Map(
    [...flights].filter(([file, { count }]) => file.references === count),
  );
  // How often the candidates' own queues hold each candidate: no more than that is no sign of life.
  const inner = new Map<OpenFile, number>();
  for (const [, { socket }] of candidates) {
    for (const file of filesIn(socket)) inner.set(file, (inner.get(file) ?? 0) + 1);
  }
  const living = [...candidates].filter(([file, { count }]) => count > (inner.get(file) ?? 0))
    .map(([file]) => file);
  for (const file of living) {
    const candidate = candidates.get(file);
    if (candidate === undefined) continue;
    candidates.delete(file);
    living.push(...filesIn(candidate.socket));
  }
  for (const [, { socket }] of candidates) socket.purgeFiles();
}

/** A local socket in flight. */
interface Flight {
  readonly socket: UnixSocket;
  /** How many times. */
  count: number;
}

function countFlights(sockets: SocketTable): Map<OpenFile, Flight> {
  const flights = new Map<OpenFile, Flight>();
  for (const holder of sockets.open) {
    if (!(holder instanceof UnixSocket)) continue;
    for (const file of filesIn(holder)) {
      const { object: socket } = file;
      if (!(socket instanceof UnixSocket)) continue;
      const flight = flights.get(file);
      if (flight === undefined) flights.set(file, { socket, count: 1 });
      else flight.count++;
    }
  }
  return flights;
}

function filesIn(socket: UnixSocket): OpenFile[] {
  return socket.messages.flatMap(({ files }) => [...files]);
}
