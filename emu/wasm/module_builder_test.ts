// Is what a module builder encodes a module, with the parts that it was given?
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { type HostFunction, instantiate } from "../testing/compile.ts";
import { i32, i64 } from "./expression.ts";
import { ModuleBuilder } from "./module_builder.ts";

Deno.test("is an empty module a module?", () => {
  assertEquals(Object.keys(instantiate(new ModuleBuilder())), []);
});

Deno.test("are imports and exports those that were declared?", () => {
  const module = new ModuleBuilder();
  module.importMemory("environment", "memory", 3);
  module.importFunction("host", "ask", { parameters: ["i32"], results: ["i64"] });
  module.defineFunction({ parameters: [], results: [] }, () => {}, "nothing");
  module.defineFunction({ parameters: [], results: [] }, () => {});
  const compiled = new WebAssembly.Module(module.encode());
  assertEquals(WebAssembly.Module.imports(compiled), [
    { module: "environment", name: "memory", kind: "memory" },
    { module: "host", name: "ask", kind: "function" },
  ]);
  assertEquals(WebAssembly.Module.exports(compiled), [{ name: "nothing", kind: "function" }]);
});

Deno.test("does a module see the memory that it imports, and want it large enough?", () => {
  const module = new ModuleBuilder();
  module.importMemory("host", "memory", 2);
  module.defineFunction(
    { parameters: [], results: ["i32"] },
    (body) => body.return(i32.load(i32.const(65536))),
    "run",
  );
  const memory = new WebAssembly.Memory({ initial: 2 });
  new DataView(memory.buffer).setInt32(65536, 1234, true);
  const run = instantiate(module, { host: { memory } })["run"] as HostFunction;
  assertEquals(run(), 1234);
  const small = new WebAssembly.Memory({ initial: 1 });
  assertThrows(() => instantiate(module, { host: { memory: small } }), WebAssembly.LinkError);
});

Deno.test("is a memory of its own exported, and as large as asked?", () => {
  const module = new ModuleBuilder();
  module.ownMemory("mine", 3);
  const { mine } = instantiate(module);
  assert(mine instanceof WebAssembly.Memory);
  assertEquals(mine.buffer.byteLength, 3 * 65536);
});

Deno.test("do many functions with the same and with other signatures stay apart?", () => {
  const module = new ModuleBuilder();
  for (let i = 0; i < 300; i++) {
    if (i % 2 === 0) {
      module.defineFunction({ parameters: ["i32"], results: ["i32"] }, (body) => {
        body.return(i32.add(body.parameter(0, "i32"), i32.const(i)));
      }, `f${i}`);
    } else {
      module.defineFunction({ parameters: ["i64", "i64"], results: ["i64"] }, (body) => {
        body.return(i64.add(body.parameter(1, "i64"), i64.const(BigInt(i))));
      }, `f${i}`);
    }
  }
  const exports = instantiate(module);
  for (let i = 0; i < 300; i++) {
    const run = exports[`f${i}`] as HostFunction;
    assertEquals(
      i % 2 === 0 ? run(1000) : run(5n, 1000n),
      i % 2 === 0 ? 1000 + i : 1000n + BigInt(i),
    );
  }
});

Deno.test("is a function body longer than one LEB byte says, and than its first buffer, whole?", () => {
  const module = new ModuleBuilder();
  module.defineFunction({ parameters: ["i32"], results: ["i32"] }, (body) => {
    const sum = body.local("i32");
    for (let i = 0; i < 5000; i++) body.set(sum, i32.add(sum, body.parameter(0, "i32")));
    body.return(sum);
  }, "run");
  assertEquals((instantiate(module)["run"] as HostFunction)(3), 15000);
});

Deno.test("is an import behind a defined function refused?", () => {
  const module = new ModuleBuilder();
  module.defineFunction({ parameters: [], results: [] }, () => {});
  assertThrows(
    () => module.importFunction("host", "late", { parameters: [], results: [] }),
    Error,
    "Imports must precede defined functions",
  );
});

Deno.test("does encoding twice give the same bytes?", () => {
  const module = new ModuleBuilder();
  module.ownMemory("memory", 1);
  module.defineFunction({ parameters: [], results: [] }, (body) => body.unreachable(), "run");
  assertEquals(module.encode(), module.encode());
});
