/** Frames, page tables, and the map of the linear memory. */
export {
  EXECUTE,
  PAGE_SHIFT,
  PAGE_SIZE,
  READ,
  SHARED,
  USER_ADDRESS_LIMIT,
  USER_PAGES,
  WRITE,
} from "./layout.ts";
export { PageTable, type TranslationListener } from "./page_table.ts";
export { OutOfFrames, PhysicalMemory } from "./physical_memory.ts";
