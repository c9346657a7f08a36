import { describe, expect, it } from 'vitest';
import { parsePredictionMessage } from './parse-message.ts';

const good = {
  schema: 'sluice.predictions.v1',
  tenant: '0190a',
  model: 'flights',
  types: { distance: 'integer' },
  predictions: [{ id: '1', eventTime: '2001-04-01T10:00:00Z' }],
};

describe('a message of predictions', () => {
  it('is read as it was sent', () => expect(parsePredictionMessage(JSON.stringify(good))).toEqual(good));

  it.each([
    { name: 'no JSON', body: 'hello', says: 'JSON' },
    { name: 'null', body: 'null', says: 'not a message' },
    { name: 'another schema', body: JSON.stringify({ ...good, schema: 'v0' }), says: 'not a message' },
    { name: 'a tenant that is a path', body: JSON.stringify({ ...good, tenant: '../other' }), says: 'plain name' },
    { name: 'no model', body: JSON.stringify({ ...good, model: undefined }), says: 'plain name' },
    { name: 'no predictions', body: JSON.stringify({ ...good, predictions: {} }), says: 'no predictions' },
    { name: 'no types', body: JSON.stringify({ ...good, types: 'none' }), says: 'no types' },
    { name: 'an event time that is none', body: JSON.stringify({ ...good, predictions: [{ eventTime: 'soon' }] }), says: 'event time' },
  ])('is refused: $name', ({ body, says }) => expect(() => parsePredictionMessage(body)).toThrow(says));
});
