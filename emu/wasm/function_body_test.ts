// Do memory, control flow, locals and calls do what the statements say?
import fc from "npm:fast-check@4";
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { compileFunctions, type HostFunction, instantiate } from "../testing/compile.ts";
import { type Expression, f32, f64, i32, i64, type V128, v128 } from "./expression.ts";
import { callValue, type FunctionBody, type StoreKind } from "./function_body.ts";
import { ModuleBuilder } from "./module_builder.ts";

type I32 = Expression<"i32">;

/** One exported function of `count` i32 parameters that gives an i32. */
function compile(count: number, write: (body: FunctionBody) => void): HostFunction {
  const module = new ModuleBuilder();
  const parameters = Array.from({ length: count }, () => "i32" as const);
  module.defineFunction({ parameters, results: ["i32"] }, write, "run");
  return instantiate(module)["run"] as HostFunction;
}

const BYTES = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 0x85) & 0xff);

function unsignedAt(address: number, width: number): bigint {
  const bytes = [...BYTES.subarray(address, address + width)].reverse();
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

Deno.test("does every load read its width and sign, at any address and offset?", () => {
  const widths = {
    i32: { load: -32, load8_s: -8, load8_u: 8, load16_s: -16, load16_u: 16 },
    i64: {
      load: -64,
      load8_s: -8,
      load8_u: 8,
      load16_s: -16,
      load16_u: 16,
      load32_s: -32,
      load32_u: 32,
    },
  };
  for (const type of ["i32", "i64"] as const) {
    const loads = (type === "i32" ? i32 : i64) as unknown as Record<
      string,
      (address: I32, offset?: number) => Expression
    >;
    for (const [name, signedBits] of Object.entries(widths[type])) {
      const bits = Math.abs(signedBits);
      for (const offset of [0, 1, 5]) {
        const { memory, call } = compileFunctions({
          load: {
            parameters: ["i32"],
            result: type,
            value: ([at]) => loads[name]!(at as I32, offset),
          },
        });
        memory.set(BYTES);
        for (let address = 0; address < 40; address++) {
          const unsigned = unsignedAt(address + offset, bits / 8);
          const value = signedBits < 0 ? BigInt.asIntN(bits, unsigned) : unsigned;
          assertEquals(call["load"]!(address), type === "i32" ? Number(value) : value);
        }
      }
    }
  }
});

Deno.test("does a float load read the bits of a float?", () => {
  const { memory, call } = compileFunctions({
    single: { parameters: ["i32"], result: "f32", value: ([at]) => f32.load(at as I32, 3) },
    double: { parameters: ["i32"], result: "f64", value: ([at]) => f64.load(at as I32, 3) },
  });
  const view = new DataView(memory.buffer);
  view.setFloat32(8, 1.5, true);
  assertEquals(call["single"]!(5), 1.5);
  view.setFloat64(8, -0.1, true);
  assertEquals(call["double"]!(5), -0.1);
});

Deno.test("does every store write its width and nothing beside it?", () => {
  const value64 = 0x8877_6655_4433_2211n;
  const kinds: Record<StoreKind, [value: Expression, bytes: readonly number[]]> = {
    i32: [i32.const(0x4433_2211), [0x11, 0x22, 0x33, 0x44]],
    i32_8: [i32.const(0x4433_2211), [0x11]],
    i32_16: [i32.const(0x4433_2211), [0x11, 0x22]],
    i64: [i64.const(value64), [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]],
    i64_8: [i64.const(value64), [0x11]],
    i64_16: [i64.const(value64), [0x11, 0x22]],
    i64_32: [i64.const(value64), [0x11, 0x22, 0x33, 0x44]],
    f32: [f32.demote(f64.const(1)), [0, 0, 0x80, 0x3f]],
    f64: [f64.const(1), [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
    v128: [v128.i32x4_splat(i32.const(0x0403_0201)), [
      1,
      2,
      3,
      4,
      1,
      2,
      3,
      4,
      1,
      2,
      3,
      4,
      1,
      2,
      3,
      4,
    ]],
  };
  for (const [kind, [value, bytes]] of Object.entries(kinds) as [StoreKind, typeof kinds.i32][]) {
    for (const offset of [0, 1]) {
      const { memory, call } = compileFunctions({
        store: {
          parameters: ["i32"],
          result: "i32",
          value([at], body) {
            body.store(kind, at as I32, value, offset);
            return i32.const(0);
          },
        },
      });
      memory.fill(0xee, 0, 64);
      call["store"]!(11);
      const expected = new Uint8Array(64).fill(0xee);
      expected.set(bytes, 11 + offset);
      assertEquals(memory.subarray(0, 64), expected, kind);
    }
  }
});

Deno.test("do the vector functions work on four lanes of 32 bits?", () => {
  const word = fc.integer();
  const vector = fc.tuple(word, word, word, word);
  const shuffled = [0, 17, 2, 19, 31, 30, 29, 28, 4, 4, 4, 4, 15, 16, 8, 24];
  const binary = { and: v128.and, or: v128.or, xor: v128.xor, i32x4_add: v128.i32x4_add };
  const names = [...Object.keys(binary), "i32x4_shl", "i32x4_shr_u", "i8x16_shuffle"];
  names.push("load", "load32_splat", "i32x4_splat", "i32x4_extract_lane");
  assertEquals(Object.keys(v128).toSorted(), names.toSorted());

  /** Stores a vector made from those at 0 and 16 to 32. */
  const store = (make: (a: V128, b: V128) => V128) => ({
    parameters: ["i32" as const],
    result: "i32" as const,
    value([count]: readonly Expression[], body: FunctionBody) {
      const at = (address: number) => v128.load(i32.const(address));
      body.store("v128", i32.const(0), make(at(0), at(16)), 32);
      return count as I32;
    },
  });
  const count = (body: number) => i32.load(i32.const(body));
  const { memory, call } = compileFunctions({
    ...Object.fromEntries(Object.entries(binary).map(([name, make]) => [name, store(make)])),
    shl: store((a) => v128.i32x4_shl(a, count(16))),
    shr_u: store((a) => v128.i32x4_shr_u(a, count(16))),
    shuffle: store((a, b) => v128.i8x16_shuffle(a, b, shuffled)),
    load32_splat: store(() => v128.load32_splat(i32.const(0), 8)),
    lane: store((a) => v128.i32x4_splat(v128.i32x4_extract_lane(a, 3))),
  });
  const lanes = new Int32Array(memory.buffer, 0, 12);
  const result = (name: string) => (call[name]!(0), [...lanes.subarray(8)]);
  fc.assert(fc.property(vector, vector, (a, b) => {
    lanes.set([...a, ...b]);
    const bytes = [...memory.subarray(0, 32)];
    assertEquals(result("and"), a.map((lane, i) => lane & b[i]!));
    assertEquals(result("or"), a.map((lane, i) => lane | b[i]!));
    assertEquals(result("xor"), a.map((lane, i) => lane ^ b[i]!));
    assertEquals(result("i32x4_add"), a.map((lane, i) => (lane + b[i]!) | 0));
    assertEquals(result("shl"), a.map((lane) => lane << b[0]));
    assertEquals(result("shr_u"), a.map((lane) => (lane >>> b[0]) | 0));
    assertEquals(result("load32_splat"), [a[2], a[2], a[2], a[2]]);
    assertEquals(result("lane"), [a[3], a[3], a[3], a[3]]);
    result("shuffle");
    assertEquals([...memory.subarray(32, 48)], shuffled.map((lane) => bytes[lane]!));
  }));
});

Deno.test("does a switch take the case of its index, and the last one for what has none?", () => {
  const run = compile(1, (body) => {
    const index = body.parameter(0, "i32");
    const seen = body.local("i32");
    const note = (digit: number) => () =>
      body.set(seen, i32.add(i32.mul(seen, i32.const(10)), i32.const(digit)));
    body.block((out) => {
      body.switch(index, [
        () => (note(1)(), body.branch(out)),
        note(2), // falls through
        () => (note(3)(), body.branch(out)),
        note(4),
      ]);
      note(5)();
    });
    body.return(seen);
  });
  assertEquals([0, 1, 2, 3, 4, 1000, -1].map((index) => run(index)), [1, 23, 3, 45, 45, 45, 45]);
});

Deno.test("do a loop and a block go round and out?", () => {
  const sumUpTo = compile(1, (body) => {
    const n = body.parameter(0, "i32");
    const sum = body.local("i32");
    body.block((out) => {
      body.loop((again) => {
        body.branch(out, i32.eqz(n));
        body.set(sum, i32.add(sum, n));
        body.set(n, i32.sub(n, i32.const(1)));
        body.branch(again);
      });
    });
    body.return(sum);
  });
  for (const n of [0, 1, 2, 100]) assertEquals(sumUpTo(n), n * (n + 1) / 2);
});

Deno.test("does a branch leave exactly the block of its label, however deep it stands?", () => {
  const passed = compile(1, (body) => {
    const which = body.parameter(0, "i32");
    const result = body.local("i32");
    const mark = (bit: number) => body.set(result, i32.or(result, i32.const(bit)));
    body.block((outer) => {
      body.block((middle) => {
        body.block((inner) => {
          body.if(i32.eq(which, i32.const(0)), () => body.branch(outer), () => {
            body.if(i32.eq(which, i32.const(1)), () => body.branch(middle));
            body.branch(inner, i32.eq(which, i32.const(2)));
          });
          mark(1);
        });
        mark(2);
      });
      mark(4);
    });
    mark(8);
    body.return(result);
  });
  assertEquals([0, 1, 2, 3].map((which) => passed(which)), [8, 12, 14, 15]);
});

Deno.test("does a branch table choose by index, and otherwise the last label?", () => {
  const choose = compile(1, (body) => {
    const index = body.parameter(0, "i32");
    body.block((otherwise) => {
      body.block((second) => {
        body.block((first) => {
          body.branchTable(index, [first, second, first], otherwise);
        });
        body.return(i32.const(10));
      });
      body.return(i32.const(20));
    });
    body.return(i32.const(30));
  });
  assertEquals([0, 1, 2, 3, -1].map((index) => choose(index)), [10, 20, 10, 30, 30]);
});

Deno.test("does an if take one of its two sides?", () => {
  const sides = compile(1, (body) => {
    const result = body.local("i32");
    body.if(
      body.parameter(0, "i32"),
      () => body.set(result, i32.const(7)),
      () => body.set(result, i32.const(9)),
    );
    body.return(result);
  });
  assertEquals([sides(1), sides(-5), sides(0)], [7, 7, 9]);
});

Deno.test("do scratch locals hold their values while they are in use, and serve again after?", () => {
  const write = (body: FunctionBody) => {
    const a = body.parameter(0, "i32");
    const result = body.local("i32");
    for (let round = 0; round < 10; round++) {
      body.let(i32.add(a, i32.const(1)), (b) =>
        body.let(i32.mul(b, b), (c) => {
          body.set(result, i32.add(result, i32.sub(c, b)));
        }));
    }
    body.return(result);
  };
  assertEquals(compile(1, write)(6), 10 * (49 - 7));
  const next = (body: FunctionBody) => body.local("i32").index;
  const module = new ModuleBuilder();
  module.defineFunction({ parameters: ["i32"], results: ["i32"] }, (body) => {
    write(body);
    assertEquals(next(body), 4); // behind the parameter, the result and two scratch locals
  });
});

Deno.test("are locals of all types zero at the entry, and apart?", () => {
  const { call } = compileFunctions({
    sum: {
      parameters: ["i64"],
      result: "i64",
      value([parameter], body) {
        const narrow = body.local("i32");
        const wide = body.local("i64");
        const float = body.local("f64");
        const another = body.local("i64");
        body.set(wide, i64.add(wide, parameter as Expression<"i64">));
        body.set(narrow, i32.add(narrow, i32.const(3)));
        const parts = i64.add(i64.extend_u(narrow), i64.reinterpret(float));
        return i64.add(i64.add(wide, another), parts);
      },
    },
  });
  assertEquals(call["sum"]!(100n), 103n);
});

Deno.test("do calls reach functions defined and imported, with and without results?", () => {
  const module = new ModuleBuilder();
  const signature = { parameters: ["i32", "i32"], results: ["i32"] } as const;
  const imported = module.importFunction("host", "subtract", signature);
  const tell = module.importFunction("host", "tell", { parameters: ["i64"], results: [] });
  const factor = module.defineFunction(signature, (body) => {
    body.return(i32.mul(body.parameter(0, "i32"), body.parameter(1, "i32")));
  });
  module.defineFunction(signature, (body) => {
    const [a, b] = [body.parameter(0, "i32"), body.parameter(1, "i32")];
    body.call(tell, [i64.extend_s(a)]);
    body.call(factor, [a, b]); // the result is dropped
    body.return(callValue("i32", imported, [callValue("i32", factor, [a, b]), b]));
  }, "run");
  const told: bigint[] = [];
  const host = { subtract: (a: number, b: number) => a - b, tell: (a: bigint) => told.push(a) };
  const run = instantiate(module, { host })["run"] as HostFunction;
  assertEquals(run(6, 7), 35);
  assertEquals(told, [6n]);
});

Deno.test("does a place that cannot be reached trap?", () => {
  assertThrows(() => compile(0, (body) => body.unreachable())(), WebAssembly.RuntimeError);
});

Deno.test("is a wrong type refused while generating?", () => {
  const module = new ModuleBuilder();
  const signature = { parameters: ["i32"], results: [] } as const;
  const nothing = module.defineFunction(signature, (body) => {
    assertThrows(() => body.parameter(0, "i64"), TypeError, "Parameter 0 is not of type i64");
    assertThrows(() => body.parameter(1, "i32"), TypeError, "Parameter 1 is not of type i32");
  });
  assertThrows(() => callValue("i32", nothing, []), TypeError, "does not return one i32");
});
