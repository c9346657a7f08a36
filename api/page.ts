import * as z from 'zod';

const LARGEST_PAGE = 200;

/** What every list takes beside its own filters. */
export const pageQuery = {
  cursor: z.string().max(500).optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `a limit is a whole number from 1 to ${LARGEST_PAGE}`)
    .transform(Number)
    .pipe(z.int().min(1).max(LARGEST_PAGE))
    .default(50),
};

/** One page; `next` is the cursor of the page after it and absent on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}
