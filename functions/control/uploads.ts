import type { Uploads } from '#adapters/s3/uploads.ts';
import type { uploadRoutes } from '#api/uploads.ts';
import { uploadKey } from '#core/data/index.ts';
import type { Handlers } from '#functions/_http/serve.ts';

export function uploadHandlers(uploads: Uploads): Handlers<typeof uploadRoutes> {
  return {
    createUpload: async ({ tenant, now }, { kind, sha256, bytes }) => {
      const key = uploadKey(tenant, kind, sha256);
      const [stored, { expiresAt, ...target }] = await Promise.all([uploads.find(key), uploads.presign(key, { sha256, bytes }, now)]);
      return { ...target, expiresAt: expiresAt.toISOString(), alreadyThere: stored !== undefined };
    },
  };
}
