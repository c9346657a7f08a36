/** How the pipeline.yaml of the fixture's model begins: what test/fixtures/delays.onnx takes, and what trains it. */
export const DELAYS = `
pipeline: delays
dataset: delays
schema:
  distance: { type: integer, min: 1, max: 10000 }
  delay: { type: number, nullable: true }
  origin: { type: category, nullable: true }
  weekend: { type: boolean }
  date: { type: datetime }
  late: { type: boolean, role: target }
training: { algorithm: gradient_boosting }
`;

/** That pipeline up to its deployment, with gates that the fixture's model passes unless the environment is `strict`; `alone` asks nobody. */
export const GATED_DELAYS = `${DELAYS}split: { by: time, column: date, shares: { train: 0.6, validation: 0.2, test: 0.2 } }
evaluation: { resamples: 50, segments: [origin] }
gates:
  - { metric: auc, atLeast: 0.6 }
  - { metric: latency_p95_ms, atMost: 100 }
deployment: { model: delays }
environments:
  strict:
    gates: [{ metric: auc, atLeast: 0.999 }]
  alone:
    approval: { required: false }
`;

/** Rows of its dataset, whose answer the fixture's model partly knows. */
export const DELAYS_ROWS = `
  select (200 + hash(i) % 2000)::integer as distance,
         case when i % 50 = 0 then null else (hash(i, 1) % 40)::double end as delay,
         case when i % 70 = 0 then null when i % 3 = 0 then 'SFO' else 'ATL' end as origin,
         i % 7 < 2 as weekend,
         timestamp '2001-01-01' + interval (i) minute as date,
         (hash(i, 1) % 40) + (hash(i, 2) % 40) > 40 as late
  from range(2000) t(i)`;
