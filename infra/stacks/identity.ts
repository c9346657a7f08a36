import { CfnOutput, Duration } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  type UserPoolClient,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { checkIssuers } from '../check-issuers.ts';
import type { Issuer } from '../config.ts';
import { dataRemoval } from '../removal.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

/** Whose word about a caller is taken: a user pool of our own unless the stage brings issuers only. What a caller may do is not said here but in the memberships. */
export class IdentityStack extends SluiceStack {
  readonly issuers: readonly Issuer[];

  constructor(scope: Construct, id: string, props: SluiceStackProps) {
    super(scope, id, props);
    const { settings } = props;
    if (!settings.ownUserPool && settings.issuers.length === 0)
      throw new Error(`Stage ${settings.stage} accepts nobody: set ownUserPool or name issuers.`);
    checkIssuers(settings.issuers, settings.ownUserPool);
    this.issuers = [...settings.issuers, ...(settings.ownUserPool ? [this.#ownPool()] : [])];
  }

  #ownPool(): Issuer {
    const pool = new UserPool(this, 'Users', {
      selfSignUpEnabled: false,
      signInAliases: { username: true, email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: { minLength: 14, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      featurePlan: FeaturePlan.ESSENTIALS,
      removalPolicy: dataRemoval(this.settings),
      deletionProtection: this.settings.keepData,
    });
    acknowledge(pool, {
      'AwsSolutions-COG2': 'People may add a second factor; a company that demands one brings its own issuer, which enforces it.',
      'AwsSolutions-COG8': 'The Plus plan is priced per user and buys nothing that this pool uses.',
    });
    const use = new ResourceServerScope({ scopeName: 'use', scopeDescription: 'Call the API as a service' });
    const server = pool.addResourceServer('Api', { identifier: 'sluice', scopes: [use] });
    pool.addDomain('Domain', { cognitoDomain: { domainPrefix: `sluice-${this.settings.stage}-${this.account}` } });
    const people = pool.addClient('People', {
      authFlows: { userPassword: true, userSrp: true },
      generateSecret: false,
      disableOAuth: true,
      preventUserExistenceErrors: true,
      accessTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(30),
    });
    const services = servicesClient(pool, server, use);
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId });
    new CfnOutput(this, 'UserClientId', { value: people.userPoolClientId });
    new CfnOutput(this, 'ServiceClientId', { value: services.userPoolClientId });
    return {
      issuer: `https://cognito-idp.${this.region}.amazonaws.com/${pool.userPoolId}`,
      audiences: [people.userPoolClientId, services.userPoolClientId],
    };
  }
}

/** One client for a first service; each further service gets its own, so that each is its own principal. */
function servicesClient(pool: UserPool, server: UserPoolResourceServer, use: ResourceServerScope): UserPoolClient {
  return pool.addClient('Services', {
    generateSecret: true,
    oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(server, use)] },
    accessTokenValidity: Duration.hours(1),
  });
}
