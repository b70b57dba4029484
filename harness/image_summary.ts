/** What an image consists of, in brief. */
import { inspectImage } from "../kernel/mod.ts";
import type { ImageSummary } from "./scenario.ts";

/** Size and records of an image. */
export function summarizeImage(name: string, image: Uint8Array): ImageSummary {
  const records: Record<string, number> = {};
  for (const { type } of inspectImage(image).records) records[type] = (records[type] ?? 0) + 1;
  return { name, bytes: image.length, records };
}
