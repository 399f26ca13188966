export function unitTests(): string[];
export function serverTests(): string[];
