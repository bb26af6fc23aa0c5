import { stripVTControlCharacters } from 'node:util';
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** The first line that describes the failure, without the colours of a terminal. */
function reason({ error }: TestResult): string {
  const [line = 'no reason was given'] = stripVTControlCharacters(error?.message ?? '').split('\n');
  return line;
}

/** Says last, so that nobody overlooks it, which tests passed at their second try only: one slow moment of the machine, or a fault that shows seldom. */
export default class SecondTry implements Reporter {
  readonly #failures = new Map<TestCase, TestResult>();

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status !== 'passed' && result.status !== 'skipped' && result.retry === 0) this.#failures.set(test, result);
  }

  async onEnd(_result: FullResult): Promise<void> {
    const flaky = [...this.#failures].filter(([test]) => test.outcome() === 'flaky');
    if (flaky.length === 0) return;
    const tests = flaky.map(([test, result]) => {
      const { file, line } = test.location;
      const files = result.attachments.flatMap(({ path }) => path ?? []);
      return [`  ${file}:${line} ${test.title}`, `    first try: ${reason(result)}`, ...files.map(path => `    ${path}`)].join('\n');
    });
    const count = flaky.length === 1 ? '1 test' : `${flaky.length} tests`;
    console.log(`\nFLAKY: ${count} passed at the second try only. Find out why before you trust the run.\n${tests.join('\n')}\n`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
