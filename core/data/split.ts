import { DomainError } from '#core/kernel/index.ts';

export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

export interface PartProfile {
  readonly rows: number;
  readonly positives: number;
  /** First and last moment of the split's time column, RFC 3339; null for a random split. */
  readonly from: string | null;
  readonly until: string | null;
}

/** A part without rows, or with one class only, cannot do its work: refused with where the boundary lay. */
export function checkParts(parts: Readonly<Record<Part, PartProfile>>, boundaries: readonly string[] | null): void {
  for (const part of PARTS) {
    const { rows, positives } = parts[part];
    const where = boundaries ? ` (boundaries ${boundaries.join(' and ')})` : '';
    if (rows === 0) throw new DomainError({ code: 'split_empty', part, reason: `no rows fall into ${part}${where}` });
    if (positives === 0 || positives === rows) {
      throw new DomainError({ code: 'split_empty', part, reason: `all ${rows} rows of ${part} are of one class${where}` });
    }
  }
}
