/** One version that serves, and its share of the units. */
export interface Arm {
  readonly versionId: string;
  readonly version: number;
  readonly artifactKey: string;
  readonly signatureKey: string;
  /** ≥ 0; a share of the sum of all weights. */
  readonly weight: number;
}

/** What serves under a model's name. The first fields name the version that is live; `arms` says who gets which share. */
export interface RoutingEntry {
  readonly tenant: string;
  readonly model: string;
  readonly modelId: string;
  readonly versionId: string;
  readonly version: number;
  readonly artifactKey: string;
  readonly signatureKey: string;
  readonly revision: number;
  readonly arms: readonly Arm[];
}

/** How an arm is called in answers, records and reports. */
export function armName(arm: Pick<Arm, 'version'>): string {
  return `v${arm.version}`;
}

/**
 * The arm of one unit: the same unit meets the same arm for as long as the weights stay, on every machine. Raising the last
 * arm's share moves units to it and none away from it.
 *
 * @param salt keeps the draws of two models independent of each other
 * @throws {RangeError} no arm has a weight above 0
 */
export function assignArm(arms: readonly Arm[], unit: string, salt: string): Arm {
  const serving = arms.filter((arm) => arm.weight > 0);
  const total = serving.reduce((sum, arm) => sum + arm.weight, 0);
  const last = serving.at(-1);
  if (!last || !Number.isFinite(total)) throw new RangeError('no arm has a finite weight above 0');
  if (serving.length === 1) return last;
  let left = share(`${salt}\0${unit}`) * total;
  for (const arm of serving) {
    left -= arm.weight;
    if (left < 0) return arm;
  }
  return last;
}

/** A number in [0, 1), evenly spread over texts: FNV-1a over UTF-16 units, stirred by MurmurHash3's finaliser. */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
