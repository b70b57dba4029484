// Ten million random instruction words: do the table and objdump decode them alike?
import { assertEquals } from "../../std_assert.ts";
import { testWith } from "../../testing/tools.ts";
import { Random } from "../testing/random.ts";
import { gnuAs, gnuObjcopy, gnuObjdump } from "./testing/gnu.ts";
import { compareWithObjdump, randomWords } from "./testing/objdump.ts";

const WORDS = 10_000_000;
const BATCH = 250_000;

testWith([gnuAs, gnuObjcopy, gnuObjdump], `${WORDS} random words are decoded alike`, async () => {
  for (let seed = 1; seed <= WORDS / BATCH; seed++) {
    const words = randomWords(new Random(seed), BATCH);
    const result = await compareWithObjdump(words, seed % 2 === 0);
    assertEquals(result, { lines: BATCH, differences: [] }, `seed ${seed}`);
  }
});
