/**
 * Lets the time limit of a test be noticed. It is a timer, and no timer runs while a test computes: a test that never waits passes however
 * long it takes. For tests that a slow way would keep busy for minutes.
 */
export async function noticeLimit(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
