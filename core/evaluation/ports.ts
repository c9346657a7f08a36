import type { Estimate, GateVerdict } from './gates.ts';

export interface EvaluationRecord {
  readonly id: string;
  readonly execution: string;
  readonly artifactSha256: string;
  readonly rowsSha256: string;
  readonly rows: number;
  readonly metrics: Readonly<Record<string, Estimate>>;
  readonly details: Readonly<Record<string, unknown>>;
  readonly reportKey: string;
  readonly createdAt: Date;
}

export interface KeptVerdict extends GateVerdict {
  /** Of the policy that was in force when the gate was asked. */
  readonly policyVersion: number;
}

export interface Evaluations {
  /**
   * Stored once per id, and once per execution and artifact: a repeated evaluation answers with the first one, which stays as it
   * was. An id names inputs, so the first one may be another execution's.
   */
  add(evaluation: Omit<EvaluationRecord, 'createdAt'>, now: Date): Promise<EvaluationRecord>;
  find(id: string): Promise<EvaluationRecord | undefined>;
  /** What the gates of an execution said of an evaluation under which policy; deciding again replaces what was said. */
  setVerdicts(
    decided: { readonly execution: string; readonly evaluation: string; readonly policyVersion: number },
    verdicts: readonly GateVerdict[],
    now: Date,
  ): Promise<void>;
  verdictsOf(execution: string): Promise<readonly KeptVerdict[]>;
  /** The evaluation a model version was registered on, with the execution whose gates it passed. */
  ofModelVersion(model: string, version: number): Promise<{ evaluation: EvaluationRecord; execution: string } | undefined>;
}
