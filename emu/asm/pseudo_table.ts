/**
 * The table of pseudo-instructions, and of what GNU as prefers where an instruction can be written
 * in more than one way. Beside the instruction table this is the only place that names instructions.
 *
 * ```text
 * mv rd, rs1    = addi rd, rs1, 0        assembles so, and is what the disassembler calls it
 * bgt …        -> blt …                  assembles so
 * li rd, imm   <- addi rd, x0, imm       is what the disassembler calls it
 * ```
 *
 * Operands are in the notation of syntax.ts; on the right they may be registers, numbers and names too.
 * A register that is named twice on the left must be the same one.
 * `!` in front of an instruction keeps it at 32 bits. A row whose right side is a compressed
 * instruction is passed over where that cannot hold the operands. Where several rows fit, the first
 * one counts; the disassembler's order is that of objdump.
 */

const loads = ["lb", "lh", "lw", "ld", "lbu", "lhu", "lwu"].map((name) =>
  `${name} rd, symbol -> auipc rd, %pcrel_hi(symbol); !${name} rd, %pcrel_lo(symbol)(rd)`
);
const stores = ["sb", "sh", "sw", "sd"].map((name) =>
  `${name} rs2, symbol, rt -> auipc rt, %pcrel_hi(symbol); !${name} rs2, %pcrel_lo(symbol)(rt)`
);
const floatTransfers = ["w", "d"].flatMap((width) => [
  `fl${width} fd, symbol, rt -> auipc rt, %pcrel_hi(symbol); fl${width} fd, %pcrel_lo(symbol)(rt)`,
  `fs${width} fs2, symbol, rt -> auipc rt, %pcrel_hi(symbol); fs${width} fs2, %pcrel_lo(symbol)(rt)`,
]);
const immediateForms = [
  ["and", "andi"],
  ["or", "ori"],
  ["xor", "xori"],
  ["slt", "slti"],
  ["sltu", "sltiu"],
  ["sll", "slli"],
  ["srl", "srli"],
  ["sra", "srai"],
  ["addw", "addiw"],
  ["sllw", "slliw"],
  ["srlw", "srliw"],
  ["sraw", "sraiw"],
].map(([name, base]) => `${name} rd, rs1, imm -> ${base} rd, rs1, imm`);
const floats = ["s", "d"].flatMap((format) => [
  `fmv.${format} fd, fs1 = fsgnj.${format} fd, fs1, fs1`,
  `fneg.${format} fd, fs1 = fsgnjn.${format} fd, fs1, fs1`,
  `fabs.${format} fd, fs1 = fsgnjx.${format} fd, fs1, fs1`,
  `fgt.${format} rd, fs1, fs2 -> flt.${format} rd, fs2, fs1`,
  `fge.${format} rd, fs1, fs2 -> fle.${format} rd, fs2, fs1`,
]);
const extensions = [["sext.b", "srai", 56], ["sext.h", "srai", 48], ["zext.h", "srli", 48], [
  "zext.w",
  "srli",
  32,
]].map(([name, shift, count]) =>
  `${name} rd, rs1 -> slli rd, rs1, ${count}; ${shift} rd, rd, ${count}`
);

/** The pseudo-instructions. */
export const PSEUDO_INSTRUCTIONS: readonly string[] = [
  // Moves and constants
  "nop = addi x0, x0, 0",
  "li rd, constant -> <constant>",
  "li rd, imm <- addi rd, x0, imm",
  "mv rd, rs1 = c.mv rd, rs1",
  "mv rd, rs1 = !addi rd, rs1, 0",
  "move rd, rs1 -> c.mv rd, rs1",
  "move rd, rs1 -> !addi rd, rs1, 0",
  "la rd, constant -> <address>",
  "lla rd, constant -> <address>",
  "la rd, symbol -> auipc rd, %pcrel_hi(symbol); addi rd, rd, %pcrel_lo(symbol)",
  "lla rd, symbol -> auipc rd, %pcrel_hi(symbol); addi rd, rd, %pcrel_lo(symbol)",
  // Arithmetic
  "not rd, rs1 = xori rd, rs1, -1",
  "neg rd, rs2 = sub rd, x0, rs2",
  "negw rd, rs2 = subw rd, x0, rs2",
  "sext.w rd, rs1 = addiw rd, rs1, 0",
  "zext.b rd, rs1 = andi rd, rs1, 255",
  ...extensions,
  "seqz rd, rs1 = sltiu rd, rs1, 1",
  "snez rd, rs2 = sltu rd, x0, rs2",
  "sltz rd, rs1 = slt rd, rs1, x0",
  "sgtz rd, rs2 = slt rd, x0, rs2",
  "sgt rd, rs1, rs2 -> slt rd, rs2, rs1",
  "sgtu rd, rs1, rs2 -> sltu rd, rs2, rs1",
  // GNU as compresses this spelling of addi less than the other.
  "add rd, rd, imm -> c.addi rd, imm",
  "add rd, sp, imm -> c.addi4spn rd, sp, imm",
  "add sp, sp, imm -> c.addi16sp sp, imm",
  "add rd, rs1, imm -> !addi rd, rs1, imm",
  ...immediateForms,
  // Branches and jumps
  "beqz rs1, target = beq rs1, x0, target",
  "bnez rs1, target = bne rs1, x0, target",
  "bltz rs1, target = blt rs1, x0, target",
  "bgtz rs2, target = blt x0, rs2, target",
  "blez rs2, target = bge x0, rs2, target",
  "bgez rs1, target = bge rs1, x0, target",
  "bgt rs1, rs2, target -> blt rs2, rs1, target",
  "ble rs1, rs2, target -> bge rs2, rs1, target",
  "bgtu rs1, rs2, target -> bltu rs2, rs1, target",
  "bleu rs1, rs2, target -> bgeu rs2, rs1, target",
  "j target -> c.j target",
  "j target = jal x0, target",
  "jal target = jal x1, target",
  "ret -> c.jr x1",
  "ret = jalr x0, 0(x1)",
  "jr rs1 -> c.jr rs1",
  "jr rs1 = jalr x0, 0(rs1)",
  "jr imm(rs1) = jalr x0, imm(rs1)",
  "jr rs1, imm -> jalr x0, imm(rs1)",
  "jalr rs1 -> c.jalr rs1",
  "jalr rs1 = jalr x1, 0(rs1)",
  "jalr imm(rs1) = jalr x1, imm(rs1)",
  "jalr rs1, imm -> jalr x1, imm(rs1)",
  "jalr rd, rs1 = jalr rd, 0(rs1)",
  "jalr rd, rs1, imm -> jalr rd, imm(rs1)",
  "call symbol -> auipc x1, %pcrel_hi(symbol); jalr x1, %pcrel_lo(symbol)(x1)",
  "call rd, symbol -> auipc x6, %pcrel_hi(symbol); jalr rd, %pcrel_lo(symbol)(x6)",
  "tail symbol -> auipc x6, %pcrel_hi(symbol); jalr x0, %pcrel_lo(symbol)(x6)",
  "jump symbol, rt -> auipc rt, %pcrel_hi(symbol); jalr x0, %pcrel_lo(symbol)(rt)",
  // Memory
  ...loads,
  ...stores,
  ...floatTransfers,
  // System
  "scall -> ecall",
  "sbreak -> ebreak",
  "fence = fence iorw, iorw",
  "fence.tso = fence 0x833",
  "pause = fence 0x010",
  // What is guaranteed to be illegal
  "c.unimp -> <zero>",
  "unimp -> <zero>",
  "unimp = csrrw x0, cycle, x0",
  // CSRs
  "frflags rd = csrrs rd, fflags, x0",
  "fsflags rs1 = csrrw x0, fflags, rs1",
  "fsflags rd, rs1 = csrrw rd, fflags, rs1",
  "fsflagsi zimm -> csrrwi x0, fflags, zimm",
  "fsflagsi rd, zimm = csrrwi rd, fflags, zimm",
  "frrm rd = csrrs rd, frm, x0",
  "fsrm rs1 = csrrw x0, frm, rs1",
  "fsrm rd, rs1 = csrrw rd, frm, rs1",
  "fsrmi zimm -> csrrwi x0, frm, zimm",
  "fsrmi rd, zimm = csrrwi rd, frm, zimm",
  "frcsr rd = csrrs rd, fcsr, x0",
  "frsr rd -> csrrs rd, fcsr, x0",
  "fscsr rs1 = csrrw x0, fcsr, rs1",
  "fscsr rd, rs1 = csrrw rd, fcsr, rs1",
  "fssr rs1 -> csrrw x0, fcsr, rs1",
  "fssr rd, rs1 -> csrrw rd, fcsr, rs1",
  "rdcycle rd = csrrs rd, cycle, x0",
  "rdtime rd = csrrs rd, time, x0",
  "rdinstret rd = csrrs rd, instret, x0",
  "csrr rd, csr = csrrs rd, csr, x0",
  "csrw csr, rs1 = csrrw x0, csr, rs1",
  "csrs csr, rs1 = csrrs x0, csr, rs1",
  "csrc csr, rs1 = csrrc x0, csr, rs1",
  "csrwi csr, zimm = csrrwi x0, csr, zimm",
  "csrsi csr, zimm = csrrsi x0, csr, zimm",
  "csrci csr, zimm = csrrci x0, csr, zimm",
  "csrw csr, zimm -> csrrwi x0, csr, zimm",
  "csrs csr, zimm -> csrrsi x0, csr, zimm",
  "csrc csr, zimm -> csrrci x0, csr, zimm",
  "csrrw rd, csr, zimm -> csrrwi rd, csr, zimm",
  "csrrs rd, csr, zimm -> csrrsi rd, csr, zimm",
  "csrrc rd, csr, zimm -> csrrci rd, csr, zimm",
  // Floats
  ...floats,
  "fmv.x.s rd, fs1 -> fmv.x.w rd, fs1",
  "fmv.s.x fd, rs1 -> fmv.w.x fd, rs1",
];

/** The instructions that `li` and `la` of a number are made of. */
export const CONSTANT_STEPS = {
  add: "addi rd, rs1, imm",
  add32: "addiw rd, rs1, imm",
  loadUpper: "lui rd, upper",
  shiftLeft: "slli rd, rs1, imm",
} as const;

/** The jump with which a branch reaches far. */
export const FAR_JUMP = "jal x0, target";

/** The instructions that fill gaps in code: one of each length. */
export const FILLERS = ["c.nop 0", "addi x0, x0, 0"] as const;

/** What a last operand is when it is left out, where that is not the dynamic rounding mode. */
export const OMITTED_OPERAND: Readonly<Record<string, number>> = {
  // Conversions that never round: the assembler writes rne.
  "fcvt.d.s": 0,
  "fcvt.d.w": 0,
  "fcvt.d.wu": 0,
  "c.nop": 0,
};

/** Compressed forms that GNU as prefers to those that an instruction's own expansion gives. */
export const COMPRESSED_INSTEAD: readonly (readonly [written: string, compressed: string])[] = [
  ["addi rd, rs1, 0", "c.mv rd, rs1"],
  ["add rd, rs1, rd", "c.add rd, rs1"],
  ["addw rd, rs1, rd", "c.addw rd, rs1"],
  ["and rd, rs1, rd", "c.and rd, rs1"],
  ["or rd, rs1, rd", "c.or rd, rs1"],
  ["xor rd, rs1, rd", "c.xor rd, rs1"],
];

/** What GNU as leaves at 32 bits although a compressed form exists. */
export const NEVER_COMPRESSED: readonly string[] = [
  "slli rd, rs1, 0",
  "srli rd, rs1, 0",
  "srai rd, rs1, 0",
  "jal rd, target",
  "jalr rd, imm(rs1)",
];
