import type { Method, Plane } from '#api/route.ts';

/** What infra reads of a route; the schemas stay the functions' business. */
export interface HttpRoute {
  readonly method: Method;
  readonly path: string;
  readonly plane: Plane;
  readonly permission: string;
}
export type RouteTable = Readonly<Record<string, Pick<HttpRoute, 'method' | 'path' | 'plane'> & { readonly permission?: string }>>;

/** The routes as the gateway needs them. Throws on one that nobody guards and on two that want the same door. */
export function httpRoutes(table: RouteTable): ReadonlyMap<string, HttpRoute> {
  const doors = new Map<string, string>();
  const routes = new Map<string, HttpRoute>();
  for (const [name, { method, path, plane, permission }] of Object.entries(table)) {
    const door = `${method} ${path}`;
    if (!permission) throw new Error(`The route ${name} (${door}) names no permission. Give it one; "public" if everyone may call it.`);
    const taken = doors.get(door);
    if (taken) throw new Error(`The routes ${taken} and ${name} are both ${door}.`);
    doors.set(door, name);
    routes.set(name, { method, path, plane, permission });
  }
  if (routes.size === 0) throw new Error('The API has no routes.');
  return routes;
}
