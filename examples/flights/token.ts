import { regionStatus } from '../../local/region.ts';
import { deployedApp } from '../../setup/deployed-app.ts';
import { identities } from './identities.ts';

/** `npm run token -- growing approver`: a fresh token of one of the story's people, or of its service, for as long as the region is up. */

const root = new URL('../..', import.meta.url).pathname;
const PEOPLE = ['scientist', 'approver', 'admin', 'service'];

const [tenant, who = 'scientist'] = process.argv.slice(2);
if (!tenant || !PEOPLE.includes(who)) {
  console.error(`usage: npm run token -- <tenant> <${PEOPLE.join('|')}>, such as npm run token -- growing approver`);
  process.exit(2);
}
const { region } = await regionStatus(root);
if (!region) {
  console.error('The region is down. Start it with npm start, or npm run region -- up.');
  process.exit(3);
}
const pool = identities(await deployedApp(root, region));
const identity = who === 'service' ? await pool.service() : await pool.person(`${tenant}-${who}`);
console.log(await identity.token());
