import { assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { byteLength, decodeBytes, encodeString, isText } from "./byte_string.ts";

Deno.test("does every sequence of bytes come back from its string?", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const text = decodeBytes(bytes);
    assertEquals(encodeString(text), Uint8Array.from(bytes));
    assertEquals(byteLength(text), bytes.length);
  }));
});

Deno.test("is valid UTF-8 the text that everybody else reads in it?", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const bytes = new TextEncoder().encode(text);
    assertEquals(decodeBytes(bytes), text);
    assertEquals(encodeString(text), bytes);
    assertEquals(isText(text), true);
  }));
});

Deno.test("are overlong forms, surrogates and cut sequences kept as single bytes?", () => {
  const cases = [[0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]];
  for (const bytes of [...cases, [0xe2, 0x82], [0xff], [0x80, 0x41]]) {
    const text = decodeBytes(Uint8Array.from(bytes));
    assertEquals(text.length, bytes.length);
    assertEquals(isText(text), false);
    assertEquals([...encodeString(text)], bytes);
  }
});
