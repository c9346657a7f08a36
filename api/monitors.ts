import * as z from 'zod';
import { DRIFT_DEFAULTS } from '#core/drift/index.ts';
import { ALERT_SUBJECTS, MONITOR_STATES, SCAN_STATUSES, SCAN_VERDICTS, scheduleIssue, timezoneIssue } from '#core/monitoring/index.ts';
import { Id, Moment, Name, VersionNumber } from './fields.ts';
import { pageOf, pageQuery } from './page.ts';
import { route } from './route.ts';

const HOURS_A_YEAR = 366 * 24;

/** The log is kept by the hour, so a window begins and ends with one. */
const Hour = Moment.regex(/T\d\d:00:00(\.0+)?Z$/, 'a whole hour in UTC, such as "2001-04-01T00:00:00Z"');

const Window = z
  .strictObject({ from: Hour, to: Hour.describe('Not included.') })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], message: 'a window ends after it begins' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) <= HOURS_A_YEAR * 3_600_000, { path: ['to'], message: 'at most 366 days' });

const Reference = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('training') }),
  z.strictObject({ kind: z.literal('window'), ...Window.shape }).refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'a window ends after it begins',
  }),
]);

const Schedule = z
  .string()
  .max(256)
  .superRefine((expression, issues) => {
    const message = scheduleIssue(expression);
    if (message !== undefined) issues.addIssue({ code: 'custom', message });
  });

const Timezone = z
  .string()
  .max(50)
  .superRefine((timezone, issues) => {
    const message = timezoneIssue(timezone);
    if (message !== undefined) issues.addIssue({ code: 'custom', message });
  });

const Share = z.number().min(0).max(1);
const Threshold = z.number().min(0).max(100);
const { thresholds } = DRIFT_DEFAULTS;

const Drift = z
  .strictObject({
    alpha: z.number().min(1e-6).max(0.5),
    numericEffect: z.enum(['wasserstein_per_sigma', 'psi']),
    categoricalEffect: z.enum(['jensen_shannon', 'psi', 'cramers_v']),
    thresholds: z
      .strictObject({
        wasserstein_per_sigma: Threshold,
        jensen_shannon: Share,
        psi: Threshold,
        cramers_v: Share,
        missing_share: Share,
        prediction: Threshold,
        target: z.number().min(0).max(3.15),
        auc_drop: Share,
      } satisfies Record<keyof typeof thresholds, z.ZodNumber>)
      .partial(),
  })
  .partial()
  .describe(`What differs from the method's own: alpha ${DRIFT_DEFAULTS.alpha}, thresholds ${JSON.stringify(thresholds)}.`);

const Retraining = z.strictObject({
  pipeline: Name,
  cooldownHours: z.number().min(0).max(HOURS_A_YEAR).describe('How long the same cause starts nothing again.'),
  budget: z.strictObject({ executions: z.int().min(1).max(1000), days: z.number().min(1).max(366) }),
});

const settings = {
  reference: Reference.describe('What windows are compared with: what the version saw in training, or a window of the log.'),
  window: z.strictObject({
    hours: z.int().min(1).max(HOURS_A_YEAR),
    startsAt: Hour.describe('Where the first window begins; the others follow without gap.'),
  }),
  latenessHours: z.number().min(0).max(HOURS_A_YEAR).default(0).describe('How long after its end a window waits for what comes late.'),
  clock: z
    .enum(['wall', 'watermark'])
    .default('wall')
    .describe("What now is: the clock on the wall, or the newest event hour of the model's log, for traffic that is replayed."),
  schedule: Schedule.nullable().default(null).describe('rate(…) or cron(…) of EventBridge Scheduler; null: only when somebody asks.'),
  timezone: Timezone.optional().describe('Of a cron. UTC unless said.'),
  minRows: z.int().min(2).max(1e9).default(DRIFT_DEFAULTS.minRows).describe('A window with fewer rows is insufficient and alerts nobody.'),
  drift: Drift.optional(),
  alertOn: z
    .array(z.enum(ALERT_SUBJECTS))
    .max(ALERT_SUBJECTS.length)
    .default([...ALERT_SUBJECTS]),
  retraining: Retraining.nullable().default(null).describe('When drift that alerts may start a pipeline.'),
};

const Monitor = z.object({
  id: Id,
  model: Name,
  name: Name,
  ...z.object(settings).shape,
  timezone: z.string(),
  state: z.enum(MONITOR_STATES),
  revision: z.int(),
  createdBy: z.string(),
  createdAt: Moment,
  updatedAt: Moment,
});

const Finding = z.looseObject({
  column: z.string(),
  verdict: z.enum([...SCAN_VERDICTS, 'empty']),
  test: z.string().nullable(),
  statistic: z.number().nullable(),
  p: z.number().nullable(),
  q: z.number().nullable().describe('After Benjamini–Hochberg over all columns.'),
  effect: z.object({ name: z.string(), value: z.number(), threshold: z.number() }).nullable(),
  n: z.object({ reference: z.int(), current: z.int() }),
  sentence: z.string(),
});

const Scan = z.object({
  id: Id,
  monitor: Name,
  model: Name,
  modelVersion: VersionNumber.nullable().describe('The version that served most rows of the window.'),
  window: z.object({ from: Moment, to: Moment }),
  asOf: Moment,
  status: z.enum(SCAN_STATUSES),
  verdict: z.enum(SCAN_VERDICTS).nullable().describe('drift when anything drifted, whether the monitor alerts on it or not.'),
  headline: z.string().nullable().describe('The verdict in words: what drifted, and what of it alerted nobody.'),
  rows: z.int().nullable(),
  labelled: z.int().nullable(),
  columns: z.array(Finding),
  prediction: Finding.nullable(),
  target: Finding.nullable(),
  performance: z.array(z.looseObject({ day: z.string(), rows: z.int(), labelled: z.int(), auc: z.number().nullable() })),
  decay: z.looseObject({ verdict: z.string(), sentence: z.string() }).nullable().describe('Whether labels show that the model got worse.'),
  alerted: z.boolean().describe('Whether something drifted that the monitor alerts on.'),
  reportUrl: z
    .url()
    .nullable()
    .describe('The report as one page; works for 15 minutes. Null before there is one, and once the policy keeps it no longer.'),
  failure: z.looseObject({ code: z.string() }).nullable(),
  attempts: z.int(),
  startedAt: Moment,
  endedAt: Moment.nullable(),
});

const ScanNow = Scan.extend({
  lateFiles: z
    .int()
    .nullable()
    .describe(
      'Files of the log with rows of the window that came after the scan had read it: they are in no report. A longer latenessHours waits for them.',
    ),
});

const byName = { model: Name, monitor: Name };

export const monitorRoutes = {
  putMonitor: route({
    method: 'PUT',
    path: '/v1/models/{model}/monitors/{monitor}',
    plane: 'operations',
    permission: 'monitors:write',
    summary: 'Makes a monitor or changes it: which windows of the prediction log are compared with what, when, and what follows.',
    request: z.strictObject({ ...byName, ...settings }),
    response: Monitor,
    idempotency: 'natural',
    concurrency: 'if-match',
    refuses: ['not_found', 'retention_too_short'],
  }),
  listMonitors: route({
    method: 'GET',
    path: '/v1/models/{model}/monitors',
    plane: 'operations',
    permission: 'monitors:read',
    summary: 'Monitors of a model by name.',
    request: z.strictObject({ model: Name, ...pageQuery }),
    response: pageOf(Monitor),
    paged: true,
  }),
  findMonitor: route({
    method: 'GET',
    path: '/v1/models/{model}/monitors/{monitor}',
    plane: 'operations',
    permission: 'monitors:read',
    summary: 'One monitor.',
    request: z.strictObject(byName),
    response: Monitor,
    concurrency: 'etag',
    refuses: ['not_found'],
  }),
  pauseMonitor: route({
    method: 'POST',
    path: '/v1/models/{model}/monitors/{monitor}/pause',
    plane: 'operations',
    permission: 'monitors:write',
    summary: 'Stops the schedule; scans can still be asked for.',
    request: z.strictObject(byName),
    response: Monitor,
    idempotency: 'natural',
    refuses: ['not_found'],
  }),
  resumeMonitor: route({
    method: 'POST',
    path: '/v1/models/{model}/monitors/{monitor}/resume',
    plane: 'operations',
    permission: 'monitors:write',
    summary: 'Lets the schedule go on; windows that came due meanwhile are scanned then.',
    request: z.strictObject(byName),
    response: Monitor,
    idempotency: 'natural',
    refuses: ['not_found'],
  }),
  startScans: route({
    method: 'POST',
    path: '/v1/models/{model}/monitors/{monitor}/scans',
    plane: 'operations',
    permission: 'monitors:write',
    summary: 'Scans now: the windows that are due at asOf, or the one that is named. A window that has its report keeps it.',
    request: z.strictObject({
      ...byName,
      asOf: Moment.optional().describe("Now, for a replay; the monitor's clock unless said."),
      window: Window.optional(),
    }),
    response: z.object({ run: Id }),
    status: 202,
    idempotency: 'key',
    refuses: ['not_found'],
  }),
  listScans: route({
    method: 'GET',
    path: '/v1/models/{model}/monitors/{monitor}/scans',
    plane: 'operations',
    permission: 'monitors:read',
    summary: 'Scans of a monitor, newest window first.',
    request: z.strictObject({ ...byName, ...pageQuery }),
    response: pageOf(Scan),
    paged: true,
    refuses: ['not_found'],
  }),
  findScan: route({
    method: 'GET',
    path: '/v1/scans/{scan}',
    plane: 'operations',
    permission: 'monitors:read',
    summary: 'One scan: what it compared and its verdict about every column, the prediction, the target and the performance.',
    request: z.strictObject({ scan: Id }),
    response: ScanNow,
    refuses: ['not_found'],
  }),
};
