// Do programs of a stock compiler see the same Linux here as under QEMU?

import { compareWithQemu } from "./testing/judged.ts";
import { crossLibc, qemuUser, testWith } from "../testing/tools.ts";

const tools = [crossLibc, qemuUser];

testWith(tools, "signals are what QEMU makes of them", async () => {
  await compareWithQemu("signals");
});

testWith(tools, "memory is what QEMU makes of it", async () => {
  await compareWithQemu("memory", { args: ["/tmp/crucible-memory-test"] });
});

testWith(tools, "a process is to itself what it is under QEMU", async () => {
  await compareWithQemu("process", { args: ["one", "", "two words"] });
});

testWith(
  tools,
  "a program with shared libraries starts through the real dynamic linker",
  async () => {
    await compareWithQemu("process", { dynamic: true });
    await compareWithQemu("process", { dynamic: true, flags: ["-no-pie"] });
  },
);
