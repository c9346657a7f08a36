import * as z from 'zod';

const Wanting = z.object({ endpoints: z.array(z.uuid()) });
const Found = z.object({ endpoint: z.object({ url: z.string(), secret: z.string() }).nullable() });

/** Who is told, through the function that lives beside the database. */
export function askWebhookBook(invoke: (request: object) => Promise<unknown>) {
  return {
    endpointsWanting: async (tenant: string, wanting: string) => Wanting.parse(await invoke({ tenant, wanting })).endpoints,
    endpointOf: async (tenant: string, endpoint: string) => Found.parse(await invoke({ tenant, endpoint })).endpoint ?? undefined,
    forget: async (tenant: string, gone: string) => void (await invoke({ tenant, gone })),
  };
}
