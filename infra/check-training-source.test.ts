import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkTrainingSource } from './check-training-source.ts';

it.each([
  { name: 'the wheels of the images', packed: '3.12', wanted: '3.12', refusal: undefined },
  { name: 'another Python', packed: '3.11', wanted: '3.12', refusal: /packed for Python 3\.11.*build\.py --python-version 3\.12/ },
  { name: 'nothing', packed: undefined, wanted: '3.12', refusal: /not packed.*build\.py --python-version 3\.12/ },
  { name: 'whatever the machine runs, where the executor does too', packed: '3.11', wanted: undefined, refusal: undefined },
])('a tarball with $name', ({ packed, wanted, refusal }) => {
  const root = mkdtempSync(join(tmpdir(), 'training-source-'));
  try {
    mkdirSync(join(root, 'training', 'dist'), { recursive: true });
    if (packed) writeFileSync(join(root, 'training', 'dist', 'sourcedir.tar.json'), JSON.stringify({ python: packed }));
    const check = () => checkTrainingSource(root, { stage: 'dev', ...(wanted ? { trainingPython: wanted } : {}) });
    if (refusal) expect(check).toThrow(refusal);
    else expect(check).not.toThrow();
  } finally {
    rmSync(root, { recursive: true });
  }
});
