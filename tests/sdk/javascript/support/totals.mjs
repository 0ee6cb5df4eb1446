// A reporter for the last line of a run: how many tests passed and failed, and why any was skipped.
export default async function* totals(events) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (!["test:pass", "test:fail"].includes(type) || data.details?.type === "suite") continue;
    if (data.skip !== undefined) {
      count.skipped += 1;
      yield `skipped: ${data.name}: ${data.skip}\n`;
    } else {
      count[type === "test:pass" ? "passed" : "failed"] += 1;
    }
  }
  const skipped = count.skipped ? `, ${count.skipped} skipped` : "";
  yield `JavaScript SDKs: ${count.passed} passed, ${count.failed} failed${skipped}\n`;
}
