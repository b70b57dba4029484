/**
 * The fuzzer: damages images, restarts them, and judges what comes back.
 *
 * @module
 */
export {
  Campaign,
  type CampaignOptions,
  type Replay,
  replayCase,
  type Violation,
} from "./campaign.ts";
export { type Case, CaseError, formatCase, parseCase } from "./case.ts";
export { Judge, type Restart } from "./judge.ts";
export {
  applyMutation,
  applyMutations,
  isDamage,
  type Mutation,
  MUTATION_KINDS,
  type MutationKind,
  proposeMutation,
} from "./mutation.ts";
export { Statistics, type StatisticsData } from "./statistics.ts";
export { isViolation, type Judgement, signatureOf, type Verdict, VERDICTS } from "./verdict.ts";
