import { expect, it } from 'vitest';
import { relativeName } from './channels.ts';

it.each([
  { prefix: 'a/train', key: 'a/train/x/part-0', name: 'x/part-0' },
  { prefix: 'a/train/', key: 'a/train/part-0', name: 'part-0' },
  { prefix: 'a/train', key: 'a/train-1.csv', name: 'train-1.csv' },
  { prefix: 'a/code/source.tar.gz', key: 'a/code/source.tar.gz', name: 'source.tar.gz' },
  { prefix: '', key: 'a/b', name: 'a/b' },
])('under $prefix, $key is $name', ({ prefix, key, name }) => expect(relativeName(key, prefix)).toBe(name));
