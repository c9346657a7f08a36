import { describe, expect, it } from 'vitest';
import { httpRoutes, type RouteTable } from './http-routes.ts';

const me = { method: 'GET', path: '/v1/me', plane: 'control', permission: 'member' } as const;

describe('httpRoutes', () => {
  it('keeps what the gateway needs', () => expect([...httpRoutes({ me })]).toEqual([['me', me]]));

  it.each<[string, RouteTable, RegExp]>([
    [
      'a route without a permission',
      { me: { method: 'GET', path: '/v1/me', plane: 'control' } },
      /me \(GET \/v1\/me\) names no permission/,
    ],
    ['an empty permission', { me: { ...me, permission: '' } }, /names no permission/],
    ['two routes behind one door', { me, again: me }, /me and again are both GET \/v1\/me/],
    ['no routes at all', {}, /no routes/],
  ])('refuses %s', (_, table, message) => expect(() => httpRoutes(table)).toThrow(message));
});
