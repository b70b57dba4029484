/**
 * The conformance programs: each file in `programs/` is one C program which asks one question of the
 * kernel and prints the answer, an answer that does not depend on the machine it runs on.
 */

/** One program. */
export interface ConformanceProgram {
  /** The file's name without `.c`. */
  readonly name: string;
  /** What it asks: the comment in its first line. */
  readonly question: string;
  /** Its source. */
  readonly source: URL;
}

const FOLDER = new URL("../programs/", import.meta.url);
const QUESTION = /^\/\* (.*\?) \*\/$/;

/** All programs, by name. Throws when one does not begin with its question. */
export function conformancePrograms(): ConformanceProgram[] {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) =>
    name.endsWith(".c")
  );
  return names.sort().map((file) => {
    const source = new URL(file, FOLDER);
    const [first = ""] = Deno.readTextFileSync(source).split("\n", 1);
    const question = QUESTION.exec(first)?.[1];
    if (question === undefined) {
      throw new Error(`${file} must begin with its question: a line /* …? */, not ${first}`);
    }
    return { name: file.replace(/\.c$/, ""), question, source };
  });
}
