/**
 * RV64C (with F and D): each compressed instruction as the base instruction that it stands for.
 *
 * An entry reads: name, encoding, operands in assembly, expansion. In an expansion `rd=rd` names
 * the compressed field that gives the base field, `rd=x2` a register or `imm=0` a value implied.
 * Hints are no entries of their own: they are the instruction with x0 as its destination, which
 * changes nothing. Reserved encodings match no entry. Behind the expansion may stand a register
 * with which the word is another instruction.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapter "C", tables of the three quadrants.
 */
import { type FieldName, parseEncoding } from "./encoding.ts";
import type { BaseInstruction, CompressedInstruction, Expansion } from "./instruction.ts";

/** A register with which the word is another instruction. */
type FieldValue = readonly [name: FieldName, value: number];
type Row = readonly [
  name: string,
  encoding: string,
  operands: string,
  expansion: string,
  excluded?: FieldValue,
];

const ROWS: readonly Row[] = [
  // Quadrant 0
  [
    "c.addi4spn",
    "000 nzuimm[5:4|9:6|2|3] rd' 00",
    "rd, sp, imm",
    "addi rd=rd rs1=x2 imm=imm",
  ],
  ["c.fld", "001 uimm[5:3] rs1' uimm[7:6] fd' 00", "fd, imm(rs1)", "fld fd=fd rs1=rs1 imm=imm"],
  ["c.lw", "010 uimm[5:3] rs1' uimm[2|6] rd' 00", "rd, imm(rs1)", "lw rd=rd rs1=rs1 imm=imm"],
  ["c.ld", "011 uimm[5:3] rs1' uimm[7:6] rd' 00", "rd, imm(rs1)", "ld rd=rd rs1=rs1 imm=imm"],
  ["c.fsd", "101 uimm[5:3] rs1' uimm[7:6] fs2' 00", "fs2, imm(rs1)", "fsd fs2=fs2 rs1=rs1 imm=imm"],
  ["c.sw", "110 uimm[5:3] rs1' uimm[2|6] rs2' 00", "rs2, imm(rs1)", "sw rs2=rs2 rs1=rs1 imm=imm"],
  ["c.sd", "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", "rs2, imm(rs1)", "sd rs2=rs2 rs1=rs1 imm=imm"],
  // Quadrant 1
  ["c.nop", "000 imm[5] 00000 imm[4:0] 01", "imm", "addi rd=x0 rs1=x0 imm=imm"],
  ["c.addi", "000 imm[5] rd imm[4:0] 01", "rd, imm", "addi rd=rd rs1=rd imm=imm", ["rd", 0]],
  ["c.addiw", "001 imm[5] rd imm[4:0] 01", "rd, imm", "addiw rd=rd rs1=rd imm=imm", ["rd", 0]],
  ["c.li", "010 imm[5] rd imm[4:0] 01", "rd, imm", "addi rd=rd rs1=x0 imm=imm"],
  [
    "c.addi16sp",
    "011 nzimm[9] 00010 nzimm[4|6|8:7|5] 01",
    "sp, imm",
    "addi rd=x2 rs1=x2 imm=imm",
  ],
  ["c.lui", "011 nzimm[17] rd nzimm[16:12] 01", "rd, upper", "lui rd=rd imm=imm", ["rd", 2]],
  ["c.srli", "100 uimm[5] 00 rd' uimm[4:0] 01", "rd, imm", "srli rd=rd rs1=rd imm=imm"],
  ["c.srai", "100 uimm[5] 01 rd' uimm[4:0] 01", "rd, imm", "srai rd=rd rs1=rd imm=imm"],
  ["c.andi", "100 imm[5] 10 rd' imm[4:0] 01", "rd, imm", "andi rd=rd rs1=rd imm=imm"],
  ["c.sub", "100 0 11 rd' 00 rs2' 01", "rd, rs2", "sub rd=rd rs1=rd rs2=rs2"],
  ["c.xor", "100 0 11 rd' 01 rs2' 01", "rd, rs2", "xor rd=rd rs1=rd rs2=rs2"],
  ["c.or", "100 0 11 rd' 10 rs2' 01", "rd, rs2", "or rd=rd rs1=rd rs2=rs2"],
  ["c.and", "100 0 11 rd' 11 rs2' 01", "rd, rs2", "and rd=rd rs1=rd rs2=rs2"],
  ["c.subw", "100 1 11 rd' 00 rs2' 01", "rd, rs2", "subw rd=rd rs1=rd rs2=rs2"],
  ["c.addw", "100 1 11 rd' 01 rs2' 01", "rd, rs2", "addw rd=rd rs1=rd rs2=rs2"],
  ["c.j", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", "target", "jal rd=x0 imm=imm"],
  ["c.beqz", "110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1, target", "beq rs1=rs1 rs2=x0 imm=imm"],
  ["c.bnez", "111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1, target", "bne rs1=rs1 rs2=x0 imm=imm"],
  // Quadrant 2
  ["c.slli", "000 uimm[5] rd uimm[4:0] 10", "rd, imm", "slli rd=rd rs1=rd imm=imm"],
  ["c.fldsp", "001 uimm[5] fd uimm[4:3|8:6] 10", "fd, imm(sp)", "fld fd=fd rs1=x2 imm=imm"],
  ["c.lwsp", "010 uimm[5] rd uimm[4:2|7:6] 10", "rd, imm(sp)", "lw rd=rd rs1=x2 imm=imm", [
    "rd",
    0,
  ]],
  ["c.ldsp", "011 uimm[5] rd uimm[4:3|8:6] 10", "rd, imm(sp)", "ld rd=rd rs1=x2 imm=imm", [
    "rd",
    0,
  ]],
  ["c.jr", "100 0 rs1 00000 10", "rs1", "jalr rd=x0 rs1=rs1 imm=0", ["rs1", 0]],
  ["c.mv", "100 0 rd rs2 10", "rd, rs2", "add rd=rd rs1=x0 rs2=rs2", ["rs2", 0]],
  ["c.ebreak", "100 1 00000 00000 10", "", "ebreak"],
  ["c.jalr", "100 1 rs1 00000 10", "rs1", "jalr rd=x1 rs1=rs1 imm=0", ["rs1", 0]],
  ["c.add", "100 1 rd rs2 10", "rd, rs2", "add rd=rd rs1=rd rs2=rs2", ["rs2", 0]],
  ["c.fsdsp", "101 uimm[5:3|8:6] fs2 10", "fs2, imm(sp)", "fsd fs2=fs2 rs1=x2 imm=imm"],
  ["c.swsp", "110 uimm[5:2|7:6] rs2 10", "rs2, imm(sp)", "sw rs2=rs2 rs1=x2 imm=imm"],
  ["c.sdsp", "111 uimm[5:3|8:6] rs2 10", "rs2, imm(sp)", "sd rs2=rs2 rs1=x2 imm=imm"],
];

/** The compressed instructions over a table of base instructions. */
export function compressedInstructions(base: readonly BaseInstruction[]): CompressedInstruction[] {
  return ROWS.map(([name, pattern, operands, expansion, excluded]) => {
    const encoding = parseEncoding(pattern);
    return {
      name,
      extension: "C",
      operands,
      ...encoding,
      length: 2,
      expansion: parseExpansion(expansion, base),
      reserved: encoding.fields.flatMap((field) => {
        if (field.nonZero) return [{ field, value: 0 }];
        return field.name === excluded?.[0] ? [{ field, value: excluded[1] }] : [];
      }),
      excludes: (fields) => excluded !== undefined && fields[excluded[0]] === excluded[1],
    };
  });
}

function parseExpansion(text: string, base: readonly BaseInstruction[]): Expansion {
  const [name, ...assignments] = text.split(" ");
  const instruction = base.find((candidate) => candidate.name === name);
  if (instruction === undefined) throw new Error(`Expansion '${text}' names no instruction`);
  const implied: Partial<Record<FieldName, number>> = {};
  const from: Partial<Record<FieldName, FieldName>> = {};
  for (const assignment of assignments) {
    const [field, source = ""] = assignment.split("=") as [FieldName, string?];
    const value = /^x?(\d+)$/.exec(source)?.[1];
    if (value === undefined) from[field] = source as FieldName;
    else implied[field] = Number(value);
  }
  return { instruction, implied, from };
}
