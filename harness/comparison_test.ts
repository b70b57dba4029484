import { assertEquals } from "../std_assert.ts";
import { compareFacts, factCount, formatDifference } from "./comparison.ts";

const facts = (values: Record<string, string>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

Deno.test("are changed, missing and additional facts all differences?", () => {
  const was = facts({ "file 1 offset": "120", "file 2 offset": "0", "task pid": "2" });
  const is = facts({ "file 1 offset": "0", "task pid": "2", "task wait": "none" });
  const comparison = compareFacts("identity", was, is);
  assertEquals(comparison.differences.map(formatDifference), [
    "file 1 offset: 120 → 0",
    "file 2 offset: 0 → (absent)",
    "task wait: (absent) → none",
  ]);
  assertEquals(comparison.groups, { file: 2, task: 1 });
  assertEquals(factCount(comparison), 3);
});

Deno.test("are equal facts in another order equal?", () => {
  const comparison = compareFacts("x", facts({ a: "1", b: "2" }), facts({ b: "2", a: "1" }));
  assertEquals(comparison.differences, []);
});
