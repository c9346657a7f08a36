import { describe, expect, it } from 'vitest';
import { evaluate, evaluateSegment } from './evaluate.ts';
import { evaluationReport, type ReportFacts } from './report.ts';

const HOSTILE = `"><script>alert('x')</script>&`;
const labels = Uint8Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 1 : 0));
const scores = Float32Array.from({ length: 400 }, (_, row) => ((row * 37) % 100) / 100 / (row % 4 === 0 ? 1 : 2));
const result = evaluate(labels, scores, { threshold: 0.3, resamples: 50, confidence: 0.95, seed: 7 });

function facts(change: Partial<ReportFacts> = {}): ReportFacts {
  return {
    pipeline: 'flights',
    pipelineVersion: 1,
    dataset: 'flights',
    datasetVersion: 2,
    execution: 'e',
    runId: 'r',
    algorithm: 'gradient_boosting',
    testRows: '2001-03-15 to 2001-03-31',
    modelSha256: 'a'.repeat(64),
    createdAt: '2026-11-20T00:00:00Z',
    confidence: 0.95,
    resamples: 50,
    threshold: 0.3,
    seed: 7,
    champion: null,
    gates: [{ gate: 'auc at least', threshold: 0.6, observed: 0.7, passed: true, reason: 'auc 0.71, lower bound 0.7: is at least 0.6' }],
    ...change,
  };
}

describe('the evaluation report', () => {
  it('is one page that asks nothing of anybody', () => {
    const page = evaluationReport(facts(), result, result.metrics, []);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('Every gate is open');
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|@import|url\(/);
  });

  it('lets nothing a person wrote become markup', () => {
    const gates = [{ gate: HOSTILE, threshold: 1, observed: null, passed: false, reason: HOSTILE }];
    const values = Array.from(labels, (_, row) => (row % 2 === 0 ? HOSTILE : 'B'));
    const hostile = facts({ pipeline: HOSTILE, dataset: HOSTILE, algorithm: HOSTILE, execution: HOSTILE, testRows: HOSTILE, gates });
    const page = evaluationReport(
      hostile,
      result,
      { ...result.metrics, [HOSTILE]: { value: 1 } },
      evaluateSegment(HOSTILE, values, labels, scores, 0.3),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain(HOSTILE);
    expect(page).toContain('1 of 1 gates shut');
  });

  it('shows the challenger beside the champion, or says why it does not', () => {
    const version = { version: 3, artifactSha256: 'a'.repeat(64) };
    const auc = { challenger: 0.69, champion: 0.67, difference: 0.02, low: 0.012, high: 0.028 };
    const log_loss = { challenger: 0.5, champion: 0.49, difference: 0.01, low: 0.004, high: 0.016 };
    const f1 = { challenger: 0.4, champion: 0.41, difference: -0.01, low: -0.02, high: 0.01 };
    const both = evaluationReport(
      facts({ champion: { ...version, comparable: true, differences: { auc, log_loss, f1 } } }),
      result,
      {},
      [],
    );
    expect(both).toMatch(/auc.*0\.69.*0\.67.*\+0\.02.*\+0\.012 … \+0\.028.*better/);
    expect(both).toMatch(/log_loss.*pill bad">worse.*f1.*undecided/s);
    const apart = evaluationReport(facts({ champion: { ...version, comparable: false, reason: HOSTILE } }), result, {}, []);
    expect(apart).toContain('cannot be asked about these rows');
    expect(apart).not.toContain(HOSTILE);
    expect(evaluationReport(facts(), result, {}, [])).toContain('no champion yet');
  });

  it('tells of one class without a curve', () => {
    const flat = evaluate(new Uint8Array(20), new Float32Array(20).fill(0.2), { threshold: 0.5, resamples: 50, confidence: 0.95, seed: 1 });
    expect(evaluationReport(facts({ gates: [] }), flat, flat.metrics, [])).toContain('one class only');
  });
});
