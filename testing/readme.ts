/** What README.md shows, so that tests can run it. */

/** The text of README.md. */
export function readReadme(): string {
  return Deno.readTextFileSync(new URL("../README.md", import.meta.url));
}

/** The code blocks of README.md in a language, without their fences. */
export function readmeBlocks(language: string): string[] {
  const pattern = new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "gm");
  return Array.from(readReadme().matchAll(pattern), ([, code = ""]) => code);
}
