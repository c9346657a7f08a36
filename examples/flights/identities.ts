import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  InitiateAuthCommand,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { DeployedApp } from '../../setup/deployed-app.ts';

export interface Identity {
  /** The `sub` of the tokens: what memberships are given to. */
  readonly principal: string;
  readonly displayName: string;
  readonly kind: 'user' | 'service';
  /** A token that is good for a while yet. */
  token(): Promise<string>;
}

const RENEW_BEFORE_MS = 60_000;

/** People and services of the user pool that the app made, signed in as their own software would. */
export function identities({ outputs, aws }: DeployedApp) {
  const cognito = new CognitoIdentityProviderClient(aws);
  const { UserPoolId, UserClientId, ServiceClientId } = outputs;

  return {
    async person(username: string): Promise<Identity> {
      const password = `${randomBytes(12).toString('base64url')}aA1!`;
      try {
        await cognito.send(
          new AdminCreateUserCommand({ UserPoolId, Username: username, TemporaryPassword: password, MessageAction: 'SUPPRESS' }),
        );
      } catch (error) {
        if (!(error instanceof UsernameExistsException)) throw error;
      }
      await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId, Username: username, Password: password, Permanent: true }));
      const user = await cognito.send(new AdminGetUserCommand({ UserPoolId, Username: username }));
      const principal = user.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value;
      if (!principal) throw new Error(`user ${username} of pool ${UserPoolId} has no sub`);
      const token = renewed(async () => {
        const signedIn = await cognito.send(
          new InitiateAuthCommand({
            AuthFlow: 'USER_PASSWORD_AUTH',
            ClientId: UserClientId,
            AuthParameters: { USERNAME: username, PASSWORD: password },
          }),
        );
        return signedIn.AuthenticationResult?.AccessToken;
      });
      return { principal, displayName: username, kind: 'user', token };
    },

    async service(): Promise<Identity> {
      const { UserPoolClient: client } = await cognito.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId: ServiceClientId }));
      const secret = client?.ClientSecret;
      if (!secret) throw new Error(`client ${ServiceClientId} has no secret`);
      const token = renewed(async () => {
        const answer = await fetch(`${aws.endpoint}/oauth2/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${Buffer.from(`${ServiceClientId}:${secret}`).toString('base64')}` },
          body: new URLSearchParams({ grant_type: 'client_credentials', client_id: ServiceClientId }),
        });
        return ((await answer.json()) as { access_token?: string }).access_token;
      });
      return { principal: ServiceClientId, displayName: 'flight-desk', kind: 'service', token };
    },
  };
}

function renewed(signIn: () => Promise<string | undefined>): () => Promise<string> {
  let current: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (current && current.until - Date.now() > RENEW_BEFORE_MS) return current.token;
    const token = await signIn();
    if (!token) throw new Error('the user pool answered without an access token');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    current = { token, until: claims.exp * 1000 };
    return token;
  };
}
