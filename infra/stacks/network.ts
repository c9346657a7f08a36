import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Place } from '../constructs/sluice-function.ts';
import { dataRemoval } from '../removal.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

/**
 * Two zones of isolated subnets. There is no NAT gateway and no way to the internet: functions in here reach the databases,
 * S3 and DynamoDB through their gateways, and Secrets Manager through its endpoint.
 */
export class NetworkStack extends SluiceStack {
  readonly vpc: Vpc;
  /** Worn by every function of the VPC; the databases let it in. */
  readonly functions: SecurityGroup;

  constructor(scope: Construct, id: string, props: SluiceStackProps) {
    super(scope, id, props);
    const { vpcCidr, logRetentionDays, endpointZones } = props.settings;
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(vpcCidr),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
      gatewayEndpoints: {
        s3: { service: GatewayVpcEndpointAwsService.S3 },
        dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    this.vpc.addFlowLog('Flows', {
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', { retention: logRetentionDays, removalPolicy: dataRemoval(props.settings) }),
      ),
    });
    this.functions = new SecurityGroup(this, 'Functions', {
      vpc: this.vpc,
      description: 'Functions that use the databases',
      // The isolated subnets have no way out; the group need not repeat it.
      allowAllOutbound: true,
    });
    const secrets = new SecurityGroup(this, 'Secrets', { vpc: this.vpc, description: 'Secrets Manager endpoint', allowAllOutbound: false });
    secrets.addIngressRule(Peer.ipv4(vpcCidr), Port.tcp(443), 'from inside the VPC');
    this.vpc.addInterfaceEndpoint('SecretsManager', {
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      securityGroups: [secrets],
      subnets: { subnets: this.vpc.isolatedSubnets.slice(0, endpointZones) },
      open: false,
    });
  }

  get place(): Place {
    return { vpc: this.vpc, securityGroup: this.functions };
  }
}
