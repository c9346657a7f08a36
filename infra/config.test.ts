import { describe, expect, it } from 'vitest';
import { settingsOf } from './config.ts';

describe('settingsOf', () => {
  it.each(['local', 'dev', 'prod'])('knows %s', (stage) => expect(settingsOf(stage).stage).toBe(stage));
  it('names the stages when it is asked for another', () => expect(() => settingsOf('staging')).toThrow(/no stage "staging".*local/s));
  it('keeps the data of production', () => expect(settingsOf('prod').keepData).toBe(true));
});
