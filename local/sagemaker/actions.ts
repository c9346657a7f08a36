import type { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { assertChannelsExist } from './channels.ts';
import { parse, parseCreateTrainingJob, TagList } from './create-training-job.ts';
import { describeTrainingJob } from './describe-training-job.ts';
import { type ImageManifest, matchImage } from './images.ts';
import type { JobQueue } from './job-queue.ts';
import type { JobStore } from './job-store.ts';
import { listTrainingJobs } from './list-training-jobs.ts';
import { ServiceError } from './service-error.ts';
import { enter, isOver, now, type Tag, type TrainingJob } from './training-job.ts';

export interface ActionsProps {
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly s3: S3Client;
  readonly manifests: readonly ImageManifest[];
  readonly region: string;
  readonly account: string;
  /** As an account's quota: unfinished jobs at a time. */
  readonly mostUnfinished: number;
}

export type Actions = Readonly<Record<string, (body: unknown) => Promise<object> | object>>;

const ByName = z.object({ TrainingJobName: z.string().min(1) });
const ByArn = z.object({ ResourceArn: z.string().min(1).max(256) });

/** The actions of the SageMaker API that there are, by their wire name. */
export function actions(props: ActionsProps): Actions {
  const { store, queue } = props;
  const byArn = (arn: string): string => {
    const job = store.all().find((candidate) => candidate.arn === arn);
    if (!job) throw new ServiceError('ResourceNotFound', `There is no training job ${arn}.`);
    return job.request.TrainingJobName;
  };
  const setTags = async (arn: string, change: (tags: readonly Tag[]) => readonly Tag[]) => {
    const { tags } = await store.update(byArn(arn), (job) => ({ ...job, tags: change(job.tags) }));
    return tags;
  };
  return {
    CreateTrainingJob: (body) => createTrainingJob(props, body),
    DescribeTrainingJob: (body) => describeTrainingJob(findJob(store, parse(ByName, body).TrainingJobName)),
    ListTrainingJobs: (body) => listTrainingJobs(store.all(), body),
    async StopTrainingJob(body) {
      const job = findJob(store, parse(ByName, body).TrainingJobName);
      if (isOver(job)) {
        throw new ServiceError('ValidationException', `The request was rejected because the training job is in status ${job.status}.`);
      }
      await queue.stop(job.request.TrainingJobName);
      return {};
    },
    async AddTags(body) {
      const { ResourceArn, Tags } = parse(ByArn.extend({ Tags: TagList }), body);
      return { Tags: await setTags(ResourceArn, (tags) => withTags(tags, Tags)) };
    },
    ListTags: (body) => ({ Tags: store.find(byArn(parse(ByArn, body).ResourceArn))?.tags ?? [] }),
    async DeleteTags(body) {
      const { ResourceArn, TagKeys } = parse(ByArn.extend({ TagKeys: z.array(z.string()).min(1).max(50) }), body);
      await setTags(ResourceArn, (tags) => tags.filter(({ Key }) => !TagKeys.includes(Key)));
      return {};
    },
  };
}

async function createTrainingJob({ store, queue, s3, manifests, region, account, mostUnfinished }: ActionsProps, body: unknown) {
  const request = parseCreateTrainingJob(body);
  const name = request.TrainingJobName;
  const image = request.AlgorithmSpecification.TrainingImage;
  if (!matchImage(manifests, image)) {
    const known = manifests.map(({ example }) => example).join(', ');
    throw new ServiceError('ValidationException', `There is no environment for the training image ${image}. Known images: ${known}.`);
  }
  if (store.all().filter((job) => !isOver(job)).length >= mostUnfinished) {
    throw new ServiceError(
      'ResourceLimitExceeded',
      `At most ${mostUnfinished} training jobs may be unfinished. Wait for one to end or stop one.`,
    );
  }
  await assertChannelsExist(s3, request, region);
  const arn = `arn:aws:sagemaker:${region}:${account}:training-job/${name.toLowerCase()}`;
  const at = now();
  const job: TrainingJob = {
    request,
    arn,
    tags: request.Tags,
    status: 'InProgress',
    secondary: 'Pending',
    transitions: [],
    createdAt: at,
    modifiedAt: at,
  };
  if (!(await store.add(enter(job, 'Pending')))) {
    const reason = 'Training job names must be unique within an AWS account and region, and a training job with this name already exists';
    throw new ServiceError('ResourceInUse', `${reason} (${arn})`);
  }
  queue.submit(name);
  return { TrainingJobArn: arn };
}

/** SageMaker answers a missing training job with a ValidationException, whatever its reference says. */
function findJob(store: JobStore, name: string): TrainingJob {
  const job = store.find(name);
  if (!job) throw new ServiceError('ValidationException', 'Requested resource not found.');
  return job;
}

function withTags(tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = [...new Map([...tags, ...added].map((tag) => [tag.Key, tag])).values()];
  if (merged.length > 50) throw new ServiceError('ResourceLimitExceeded', 'A training job has at most 50 tags.');
  return merged;
}
