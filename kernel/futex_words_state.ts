/** How the words are saved at which futex_waitv(2) waits: behind its restart block. */
import { EINVAL } from "./abi/errno.ts";
import { FUTEX_WAITV_MAX } from "./abi/futex.ts";
import { defineCheck } from "./checkpoint/check.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import { padding, record, type RecordValue, restArray, size64, u32 } from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { TASK_SIZE } from "./mm/layout.ts";
import type { Wait } from "./wait.ts";

const ONE_OF_THEM = defineCheck("FUTEX_WORDS.words/index", EINVAL, "a word for the one woken");

/** Far beyond every place in a queue. */
const TICKETS_MAX = 2 ** 52 - 1;
const WORD_BYTES = 4;

/** The words of a futex_waitv(2). */
export const FUTEX_WORDS = record("FUTEX_WORDS", CKPT_HDR.FUTEX_WORDS, {
  doc: "The words at which a FUTEX_WAITV waits, in the order in which they were given.",
  fields: {
    words: restArray({
      address: size64({
        doc: "user address",
        max: TASK_SIZE - WORD_BYTES,
        multipleOf: WORD_BYTES,
        show: "hex",
      }),
      ticket: size64({ doc: "place in the queue", max: TICKETS_MAX }),
      private: u32({ doc: "whether only one address space meets there", max: 1 }),
      _pad: padding(4),
    }, { doc: "the words", max: FUTEX_WAITV_MAX }),
  },
  relations: {
    some: { field: "words", text: "at least one word", holds: ({ words }) => words.length > 0 },
  },
});

/** Saves the words that a task waits at, if it is in a futex_waitv(2). */
export function saveFutexWords(wait: Wait | null): RecordValue<typeof FUTEX_WORDS> | null {
  if (wait?.kind !== "futexes") return null;
  const words = wait.words.map(({ address, ticket, isPrivate }) => ({
    address,
    ticket,
    private: isPrivate ? 1 : 0,
  }));
  return { words };
}

/** A wait of futex_waitv(2) with its words; any other as it is. */
export function withFutexWords(
  context: RestartContext,
  wait: Wait | null,
  saved: RecordValue<typeof FUTEX_WORDS> | null,
): Wait | null {
  if (wait?.kind !== "futexes" || saved === null) return wait;
  const words = saved.words.map(({ address, ticket, private: isPrivate }) => ({
    address,
    ticket,
    isPrivate: isPrivate === 1,
  }));
  if (wait.index >= words.length) {
    context.refuse(ONE_OF_THEM, saved, "words", `${wait.index} of ${words.length}`);
  }
  return { ...wait, words };
}
