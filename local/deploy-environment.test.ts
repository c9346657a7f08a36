import { expect, it } from 'vitest';
import { deployEnvironment } from './deploy-environment.ts';

it('keeps the caller’s settings except those that lead to a real account', () => {
  const outer = { PATH: '/bin', AWS_PROFILE: 'production', AWS_SESSION_TOKEN: 'secret', AWS_ACCESS_KEY_ID: 'AKIA', HOME: undefined };
  const environment = deployEnvironment({ endpoint: 'http://127.0.0.1:20000' }, outer);
  expect(environment).toMatchObject({ PATH: '/bin', AWS_ENDPOINT_URL: 'http://127.0.0.1:20000', AWS_ACCESS_KEY_ID: '000000000000' });
  expect(Object.keys(environment)).not.toContain('AWS_PROFILE');
  expect(Object.keys(environment)).not.toContain('AWS_SESSION_TOKEN');
  expect(Object.keys(environment)).not.toContain('HOME');
});
