/** Judges one damaged image: restarts it in a world of its own and looks at what comes back. */
import {
  differencesOf,
  formatDifference,
  type Machine,
  runToEnd,
  type Specimen,
} from "../harness/mod.ts";
import { Refusal } from "../kernel/mod.ts";
import type { Judgement, Verdict } from "./verdict.ts";

/** Restarts an image in a machine and gives the pid; throws `Refusal` to refuse. */
export type Restart = (machine: Machine, image: Uint8Array) => number;

/** Judges images against one specimen. */
export class Judge {
  #world: Machine;
  #before: string;

  /**
   * A judge with a world of its own.
   *
   * @param specimen What the undamaged image is and does.
   * @param restart The restart under test; by default the machine's own.
   */
  constructor(
    readonly specimen: Specimen,
    readonly restart: Restart = (machine, image) => machine.restart(image),
  ) {
    this.#world = specimen.world.fork();
    this.#before = this.#world.fingerprint();
  }

  /** Restarts `image` and judges. */
  judge(image: Uint8Array): Judgement {
    try {
      const pid = this.restart(this.#world, image);
      return this.#judgeRestarted(pid);
    } catch (error) {
      return this.#judgeThrown(error);
    }
  }

  /** Gives the frames back. */
  dispose(): void {
    this.#world.dispose();
  }

  #judgeThrown(error: unknown): Judgement {
    const after = this.#world.fingerprint();
    const left = after === this.#before ? "" : `${this.#before} became ${after}`;
    if (left !== "" || !(error instanceof Refusal)) this.#renew();
    if (!(error instanceof Refusal)) return judgement("crash", String(error));
    if (left !== "") return judgement("leak", left);
    return { verdict: "refused", check: error.check, detail: error.message };
  }

  #judgeRestarted(pid: number): Judgement {
    try {
      return this.#compare(pid);
    } catch (error) {
      return judgement("crash", String(error));
    } finally {
      this.#renew();
    }
  }

  #compare(pid: number): Judgement {
    const world = this.#world;
    if (!world.isAlive(pid)) return judgement("dead", `there is no task ${pid}`);
    const { identity, outcome, instructionsMax, mayRunOn } = this.specimen;
    const [changed] = differencesOf(identity, world.identity());
    if (changed !== undefined) return judgement("changed", formatDifference(changed));
    const ended = runToEnd(world, instructionsMax);
    if (!ended && !mayRunOn) return judgement("hang", `no end in ${instructionsMax} instructions`);
    const [diverged] = differencesOf(outcome, world.outcome(pid));
    if (diverged !== undefined) return judgement("diverged", formatDifference(diverged));
    return judgement("same", "identity and output are those of the undamaged image");
  }

  #renew(): void {
    this.#world.dispose();
    this.#world = this.specimen.world.fork();
    this.#before = this.#world.fingerprint();
  }
}

function judgement(verdict: Verdict, detail: string): Judgement {
  return { verdict, check: "", detail };
}
