// Reads a list of simulations as JSON, writes a list of verdicts: runSimulation of each, in order.
import { readFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";

const verdicts = [];
for (const simulation of JSON.parse(readFileSync(0, "utf8"))) {
  const { errors, overallResult, result } = await runSimulation(simulation, {});
  const ignored = result?.ignoredContextKeys ?? [];
  verdicts.push({ errors: errors ?? null, result: overallResult ?? null, ignored });
}
process.stdout.write(JSON.stringify(verdicts));
