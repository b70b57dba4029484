/** What may fail under our hands, a host's file or the last frame, is a refusal like any other. */
import { OutOfFrames } from "../../emu/mod.ts";
import { ENOMEM, SystemError } from "../abi/errno.ts";
import type { Check } from "./check.ts";
import { Refusal } from "./refusal.ts";

/** The refusal for an error of the machine's own, or null for a refusal and for a mistake in here. */
export function refusalOfFailure(check: Check, error: unknown): Refusal | null {
  if (error instanceof SystemError) {
    return Refusal.of({ check, path: "", found: error.message, errno: error.errno });
  }
  if (error instanceof OutOfFrames) {
    return Refusal.of({ check, path: "", found: error.message, errno: ENOMEM });
  }
  return null;
}
