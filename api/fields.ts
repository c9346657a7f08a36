import * as z from 'zod';

/** Names of datasets, pipelines, models, aliases and experiments. */
export const Name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a name is 1 to 63 of a–z, 0–9, "-" and "_", and begins with a letter');
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in 64 lower-case hexadecimal digits');
export const Id = z.uuid('an id is a UUID');
export const RunId = z.string().regex(/^[0-9a-f]{32}$/, 'a run id is 32 hexadecimal digits');
export const LARGEST_VERSION = 2 ** 31 - 1;
/** A version's number in a body. */
export const VersionNumber = z.int().min(1).max(LARGEST_VERSION);
/** A version's number in a path or a query, where everything is text. */
export const VersionInPath = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'a version is a whole number from 1')
  .transform(Number)
  .pipe(VersionNumber);
/** A policy's number; 0 is the built-in one. */
export const PolicyNumber = z.int().min(0).max(LARGEST_VERSION);
export const Moment = z.iso.datetime();
export const Label = z.string().trim().min(1).max(100);
const MOST_TAGS = 50;
export const Tags = z
  .record(z.string().min(1).max(100), z.string().max(1000))
  .refine((tags) => Object.keys(tags).length <= MOST_TAGS, `at most ${MOST_TAGS} tags`);
/** What the identity provider calls the principal: the `sub` of its tokens. */
export const PrincipalId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'a principal is named by the "sub" of its tokens');
/** A tenant in headers and orders. */
export const Slug = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/, 'a slug is 3 to 40 of a–z, 0–9 and "-", begins with a letter and does not end in "-"');
