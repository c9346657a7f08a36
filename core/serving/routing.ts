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
  /** ≥ 0, beside the arms' weights: the share of the units that nobody serves yet, while a model's first version is rolled out. */
  readonly unserved: number;
  /** The version that serves already, then the one that is to take over. None when a first version was rolled back. */
  readonly arms: readonly Arm[];
}

/** How an arm is called in answers, records and reports. */
export function armName(arm: Pick<Arm, 'version'>): string {
  return `v${arm.version}`;
}

/**
 * The arm of one unit: the same unit meets the same arm for as long as the weights stay, on every machine. Raising the last
 * arm's share moves units to it and none away from it, be it another arm that gives way or those whom nobody served.
 *
 * @returns undefined when nobody serves the unit
 * @throws {RangeError} a weight is no finite number
 */
export function assignArm({ arms, modelId, unserved }: Pick<RoutingEntry, 'arms' | 'modelId' | 'unserved'>, unit: string): Arm | undefined {
  const serving = arms.filter((arm) => arm.weight > 0);
  const total = serving.reduce((sum, arm) => sum + arm.weight, unserved);
  if (!Number.isFinite(total)) throw new RangeError('an arm has a weight that is no finite number');
  const last = serving.at(-1);
  if (!(unserved > 0) && serving.length <= 1) return last;
  // The model's id keeps the draws of two models independent of each other.
  let left = share(`${modelId}\0${unit}`) * total - unserved;
  if (left < 0) return undefined;
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
