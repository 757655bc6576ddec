// The simulator's Nightscout, asked to be an old one, keeps the facts that the genuine one proves.
import { NOW, facts } from './lib/nightscout_facts.mjs';
import { start } from './lib/simulator.mjs';

facts(async () => {
  const simulator = await start({ nightscoutVersion: 'old', now: NOW, dateFollowsNow: true });
  const call = async (...request) => {
    const answer = await simulator.nightscout(...request);
    return { ...answer, type: answer.headers.get('content-type') ?? '', body: answer.body ?? null };
  };
  return {
    call,
    profile: async () => (await call('GET', 'profile/current')).body,
    profiles: async () => (await call('GET', 'profile.json')).body.reverse(),
    closeCareportal: () => simulator.set({ careportal: false }),
    denyReading: () => simulator.set({ careportal: true, defaultRole: 'denied' }),
    stop: simulator.stop,
  };
});
