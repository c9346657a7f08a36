import { registerHooks } from 'node:module';
import process from 'node:process';
import { PLANTS } from './plants.ts';

/** Imported before a worker's own modules: changes the product's source as it is loaded. The plant's name is the worker's argument. */
const plant = PLANTS[process.argv[2] ?? ''];
if (!plant) throw new Error(`there is no plant ${process.argv[2]}`);
const { file, changes } = plant;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!new URL(url).pathname.endsWith(`/${file}`)) return loaded;
    let source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    for (const [there, instead] of changes) {
      if (!source.includes(there)) throw new Error(`${file} has no place for the plant any more: ${there}`);
      source = source.replace(there, () => instead);
    }
    return { ...loaded, source };
  },
});
