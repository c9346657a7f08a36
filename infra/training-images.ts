import { CfnMapping, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** SageMaker's own images by the name that a pipeline file gives them. */
const IMAGES = { sklearn: { repository: 'sagemaker-scikit-learn', tag: '1.4-2-py312' } } as const;

/** Each region has a registry of its own for them, and a job takes its image from its own region only. */
const REGISTRIES: Readonly<Record<string, string>> = {
  'af-south-1': '510948584623',
  'ap-east-1': '651117190479',
  'ap-northeast-1': '354813040037',
  'ap-northeast-2': '366743142698',
  'ap-northeast-3': '867004704886',
  'ap-south-1': '720646828776',
  'ap-southeast-1': '121021644041',
  'ap-southeast-2': '783357654285',
  'ca-central-1': '341280168497',
  'eu-central-1': '492215442770',
  'eu-north-1': '662702820516',
  'eu-south-1': '978288397137',
  'eu-west-1': '141502667606',
  'eu-west-2': '764974769150',
  'eu-west-3': '659782779980',
  'me-south-1': '801668240914',
  'sa-east-1': '737474898029',
  'us-east-1': '683313688378',
  'us-east-2': '257758044811',
  'us-west-1': '746614075791',
  'us-west-2': '246618743249',
};

export interface TrainingImages {
  /** Address by the name that a pipeline file uses. */
  readonly addresses: Readonly<Record<keyof typeof IMAGES, string>>;
  /** The repositories that jobs pull from. */
  readonly repositoryArns: readonly string[];
}

/** The images of whatever region the stack is deployed to: one assembly fits every region of the table. */
export function trainingImages(scope: Construct): TrainingImages {
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region)) checkTrainingRegion(region);
  const mapping = Object.fromEntries(Object.entries(REGISTRIES).map(([name, account]) => [name, { account }]));
  const account = new CfnMapping(scope, 'ImageRegistries', { mapping }).findInMap(region, 'account');
  const { sklearn } = IMAGES;
  return {
    addresses: { sklearn: `${account}.dkr.ecr.${region}.amazonaws.com/${sklearn.repository}:${sklearn.tag}` },
    repositoryArns: [`arn:aws:ecr:${region}:${account}:repository/${sklearn.repository}`],
  };
}

/** @throws before anything is built when the region has no images; the deployment would only say that a mapping lacks a key */
export function checkTrainingRegion(region: string | undefined): void {
  if (region === undefined || region in REGISTRIES) return;
  throw new Error(
    `No training image is known in region ${region}. Deploy to one of ${Object.keys(REGISTRIES).join(', ')}, or add the region's registry to infra/training-images.ts.`,
  );
}
