import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { expect } from 'vitest';
import { apiClient } from '../../../examples/flights/client.ts';
import { GOOD_ROWS, madeRows } from '../rows.ts';
import { type BadInputStand, type Case, MODEL, refusal } from './stand.ts';

/** What the authorizer grants clocks that differ, and a little. */
const TOLERANCE_MS = 6_000;

/** Callers who are not who they say they are, or say the same thing twice. */
export function badCallers(stand: () => BadInputStand, bad: Case): void {
  const call = (token: string) => {
    const { app, tenant } = stand();
    return apiClient(app.baseUrl, tenant.slug, async () => token).get('/v1/models');
  };

  bad('a token that was tampered with, signed by nobody (alg: none), no token, or an empty one', async () => {
    const token = await stand().tenant.scientist.token();
    const [head, body, signature = ''] = token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`;
    const tampered = [head, body, signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`].join('.');
    for (const forged of [tampered, unsigned, 'nonsense', ''])
      expect(await refusal(call(forged))).toMatchObject({ status: 401, code: 'token_invalid' });
    await call(token);
  });

  bad('an expired token', async () => {
    const token = await briefToken(stand());
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
    await sleep(Math.max(0, exp * 1000 - Date.now()) + TOLERANCE_MS);
    expect(await refusal(call(token))).toMatchObject({ status: 401, code: 'token_expired' });
  });

  bad('a caller who is no member of the tenant', async () => {
    expect(await refusal(call(await stand().stranger.scientist.token()))).toMatchObject({ status: 403, code: 'not_a_member' });
  });

  bad('another tenant’s id', async () => {
    const { live, stranger, predictions } = stand();
    for (const path of [`/v1/executions/${live.id}`, `/v1/models/${MODEL}`, `/v1/models/${MODEL}/versions/1`]) {
      const theirs = await refusal(stranger.asScientist.get(path));
      const nowhere = await refusal(
        stranger.asScientist.get(path.replace(live.id, '01890000-0000-7000-8000-000000000000').replace(MODEL, 'nothing')),
      );
      expect([theirs.status, theirs.code]).toEqual([404, nowhere.code]);
    }
    expect(await refusal(predictions([{}], stranger.asService))).toMatchObject({ status: 404 });
  });

  bad('the same POST twice, at once and with another body', async () => {
    const { tenant, folder, upload } = stand();
    const sha256 = await upload('dataset', await readFile((await madeRows(folder, 'twice', GOOD_ROWS, 500)).path));
    const other = await upload('dataset', await readFile((await madeRows(folder, 'other', GOOD_ROWS, 600)).path));
    const post = (content: string) =>
      tenant.asScientist.post(
        '/v1/datasets/twice/versions',
        { sha256: content, format: 'parquet' },
        { idempotencyKey: 'once-and-for-all' },
      );
    const first = await post(sha256);
    expect(await post(sha256)).toEqual(first);
    for (const again of await Promise.all([post(sha256), post(sha256), post(sha256)])) expect(again).toEqual(first);
    expect(await refusal(post(other))).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(await tenant.asScientist.get('/v1/datasets/twice/versions')).toMatchObject({ items: [{ number: 1 }] });
  });

  bad('other bytes than were announced', async () => {
    const { asScientist } = stand().tenant;
    const announced = Buffer.from('what was announced');
    const sha256 = createHash('sha256').update(announced).digest('hex');
    const asked = { kind: 'dataset', sha256, bytes: announced.byteLength };
    const target = await asScientist.post<{ url: string; headers: Record<string, string> }>('/v1/uploads', asked);
    await fetch(target.url, { method: 'PUT', headers: target.headers, body: 'what was sent here' });
    const registered = asScientist.post('/v1/datasets/announced/versions', { sha256, format: 'parquet' });
    expect(['upload_missing', 'upload_mismatch']).toContain((await refusal(registered)).code);
    expect((await refusal(asScientist.get('/v1/datasets/announced/versions/1'))).status).toBe(404);
  });
}

/** A token of the app's own user pool that lives for a second, as no client of the app would get it. */
async function briefToken({ app, prefix }: BadInputStand): Promise<string> {
  const cognito = new CognitoIdentityProviderClient(app.aws);
  const { UserPoolId } = app.outputs;
  const [username, password] = [`${prefix}brief`, `${randomBytes(12).toString('base64url')}aA1!`];
  await cognito.send(
    new AdminCreateUserCommand({ UserPoolId, Username: username, TemporaryPassword: password, MessageAction: 'SUPPRESS' }),
  );
  await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId, Username: username, Password: password, Permanent: true }));
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: username,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      AccessTokenValidity: 1,
      TokenValidityUnits: { AccessToken: 'seconds' },
    }),
  );
  const { ClientId } = UserPoolClient ?? {};
  try {
    const AuthParameters = { USERNAME: username, PASSWORD: password };
    const signedIn = await cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId, AuthParameters }));
    const token = signedIn.AuthenticationResult?.AccessToken;
    if (!token) throw new Error('the user pool answered without an access token');
    return token;
  } finally {
    await cognito.send(new DeleteUserPoolClientCommand({ UserPoolId, ClientId }));
    cognito.destroy();
  }
}
