// Loaded into Nightscout and its database before their own code.
'use strict';

// Nightscout 0.12.8 refuses a node that it does not know.
Object.defineProperty(process, 'version', { value: 'v12.22.12' });

// The test that started us holds the other end of standard input: when it is gone, so are we.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();

// NIGHTSCOUT_CLOCK: the moment that Nightscout takes for now when it starts; from there its clock runs on. Node's own
// Date header keeps telling the machine's time.
if (process.env.NIGHTSCOUT_CLOCK) {
  const RealDate = Date;
  const shift = RealDate.parse(process.env.NIGHTSCOUT_CLOCK) - RealDate.now();
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      super(...(parts.length ? parts : [RealDate.now() + shift]));
    }

    static now() {
      return RealDate.now() + shift;
    }
  };
}
