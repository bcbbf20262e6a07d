// node:test in a browser: tests are gathered, then run one after the other.
const gathered = [];
export const test = (name, run) => gathered.push({name, run});

// What went wrong, by the names of the tests, and how many there are.
export const runAll = async () => {
  const failures = [];
  for (const {name, run} of gathered) {
    try { await run(); } catch (error) { failures.push(`${name}: ${error.message}`); }
  }
  return {count: gathered.length, failures};
};
