import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Uploads } from '#adapters/s3/uploads.ts';

/** What routes need that show a caller where the files of a thing are. */
export interface ReadingDeps {
  readonly plane: ControlPlane;
  /** An address that downloads the object for a quarter of an hour. */
  readonly downloadUrl: (key: string) => Promise<string>;
  readonly findObject: Uploads['find'];
}
