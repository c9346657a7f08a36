import { type Figures, keepFigures, keptFigures } from '../support/figures.ts';

/** Beside what the other files of the matrix counted: one row of the table tells of all. */
export async function addFigures(figures: Figures): Promise<void> {
  await keepFigures('tenant-matrix', { ...(await keptFigures('tenant-matrix'))?.figures, ...figures });
}
