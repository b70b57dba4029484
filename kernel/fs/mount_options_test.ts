// Are the options of file systems read as Linux reads them?

import { assertEquals } from "../../std_assert.ts";
import { parseOptions, tmpfsSettings } from "./mount_options.ts";
import { errnoOf } from "./testing/environment.ts";

const FRAMES = 1000;

const settings = (text: string) => tmpfsSettings(parseOptions(text).own, FRAMES);

Deno.test("what any file system can be told is not among the options of one", () => {
  assertEquals(parseOptions(""), { readOnly: null, own: new Map() });
  assertEquals(parseOptions("ro,sync,,=x,size=1=2,rw,flag"), {
    readOnly: false,
    own: new Map([["size", "1=2"], ["flag", null]]),
  });
});

Deno.test("numbers have units, bases and no bound where they are 0", () => {
  assertEquals(settings("size=1m,nr_inodes=2k"), { pagesMax: 256, inodesMax: 2048 });
  assertEquals(settings("size=1"), { pagesMax: 1 });
  assertEquals(settings("size=50%"), { pagesMax: 500 });
  assertEquals(settings("nr_blocks=0x10,nr_inodes=010"), { pagesMax: 16, inodesMax: 8 });
  assertEquals(settings("size=0,nr_inodes=0"), { pagesMax: Infinity, inodesMax: Infinity });
  assertEquals(settings("mode=17755,uid=7,gid=8"), { mode: 0o7755, uid: 7, gid: 8 });
  assertEquals(settings("inode64,noswap,huge=never"), {});
});

Deno.test("what is no option of a tmpfs, or has no such value, is refused", () => {
  const wrong = ["x", "size", "size=", "size=1q", "size=1mm", "mode=8", "uid=-1", "uid=4294967296"];
  for (const text of [...wrong, "huge=always", "inode64=1", "nr_inodes=1%"]) {
    assertEquals(errnoOf(() => settings(text)), "EINVAL", text);
  }
});
