/**
 * What `@std/text` knows about likeness of words, for `cli/`. See `std_cli.ts` for the way of import.
 *
 * @module
 */

// @ts-types="./std_text.d.ts"
export { closestString } from "jsr:@std/text@^1/closest-string";
