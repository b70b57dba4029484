/**
 * The argument parser of `@std/cli`, for `cli/`.
 *
 * The types are written out by hand beside this file, and `deno.json` maps the specifier to an npm
 * package of the same code, so that nothing here needs the jsr registry to be in reach.
 *
 * @module
 */

// @ts-types="./std_cli.d.ts"
export { parseArgs } from "jsr:@std/cli@^1/parse-args";
