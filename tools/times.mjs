// How long the tests of each area ran, and which files ran longest: for whoever makes npm test quicker.
import { relative } from "node:path";

/** Lines of a table. @param report what jest wrote with --json @param folder where the areas are */
export function timesOf(report, folder) {
  const files = report.testResults
    .map(({ name, startTime, endTime }) => ({ name: relative(folder, name), seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds);
  const areas = new Map();
  for (const { name, seconds } of files) {
    const [area] = name.split("/");
    areas.set(area, (areas.get(area) ?? 0) + seconds);
  }
  const line = ([name, seconds]) => `${seconds.toFixed(1).padStart(8)} s  ${name}`;
  return [
    "Seconds of each area; files of several ran at once:",
    ...[...areas].sort(([, a], [, b]) => b - a).map(line),
    "The slowest files:",
    ...files.slice(0, 25).map(({ name, seconds }) => line([name, seconds])),
  ];
}
