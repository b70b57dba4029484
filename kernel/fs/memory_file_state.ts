/** What an image says of memory that can be shared, besides what it says of every file without a name. */
import {
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_NAME_MAX,
} from "../abi/memfd.ts";
import { flags, padding, record, text } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { byteLength } from "./byte_string.ts";

/** How memory of memfd_create(2) is named. */
const MEMFD = "memfd:";
/** How shared anonymous memory is named. */
const ANONYMOUS = "dev/zero";

const SEALS = {
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_GROW,
  F_SEAL_WRITE,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_EXEC,
} as const;

/** The name and the seals of memory. */
export const MEMORY = record("MEMORY", CKPT_HDR.MEMORY, {
  doc:
    "Of memory that can be shared: what it was made for, and what nobody may do with it any more.",
  fields: {
    seals: flags(SEALS, { doc: "seals, as F_GET_SEALS tells" }),
    _pad: padding(4),
    name: text({
      doc:
        `how /proc shows it, after the slash: ${ANONYMOUS}, or ${MEMFD} and the program's name for it`,
      min: 1,
      max: MEMFD.length + MFD_NAME_MAX,
    }),
  },
  relations: {
    name_known: {
      field: "name",
      text: `${ANONYMOUS}, or ${MEMFD} and at most ${MFD_NAME_MAX} bytes`,
      holds: ({ name }) =>
        name === ANONYMOUS ||
        (name.startsWith(MEMFD) && byteLength(name) <= MEMFD.length + MFD_NAME_MAX),
    },
    sealable: {
      field: "seals",
      text: `F_SEAL_SEAL and no more for ${ANONYMOUS}`,
      holds: ({ name, seals }) => name !== ANONYMOUS || seals === F_SEAL_SEAL,
    },
  },
});
