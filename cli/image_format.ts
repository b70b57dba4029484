/**
 * `deno task image_format`: compares docs/image_format.md with what the schema says now; `--write`
 * writes it anew.
 *
 * @module
 */
import { imageFormatDocument } from "../kernel/mod.ts";
import { exitWith } from "./command.ts";
import { compareOrWrite } from "./generated_file.ts";

const FILE = {
  task: "image_format",
  path: "docs/image_format.md",
  source: "the image's schema",
  generate: imageFormatDocument,
};

/** Runs the command; returns its exit status. */
export const main = (args: readonly string[]): number => compareOrWrite(FILE, args);

if (import.meta.main) await exitWith(FILE.task, main);
