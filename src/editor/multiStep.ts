/** One input of several in a row: with its place in the row and a way back, which showInputBox has not. */
import { QuickInputButtons, window } from 'vscode';

export const BACK = Symbol('back');

export interface StepInput {
  title: string;
  prompt: string;
  /** Absent: it stands alone, without a way back. */
  step?: { at: number; of: number };
  value?: string;
  valueSelection?: [number, number] | undefined;
  placeholder?: string;
  password?: boolean;
  /** Why the text cannot be taken; undefined: it can. */
  problem?(text: string): string | undefined;
}

/** The text as typed, BACK, or undefined when it was left. */
export function askStep(input: StepInput): Promise<string | typeof BACK | undefined> {
  const box = window.createInputBox();
  box.title = input.title;
  box.prompt = input.prompt;
  box.value = input.value ?? '';
  box.valueSelection = input.valueSelection;
  box.placeholder = input.placeholder;
  box.password = input.password ?? false;
  box.ignoreFocusOut = true;
  if (input.step) {
    box.step = input.step.at;
    box.totalSteps = input.step.of;
    box.buttons = [QuickInputButtons.Back];
  }
  const check = (): boolean => {
    box.validationMessage = input.problem?.(box.value);
    return box.validationMessage === undefined;
  };
  return new Promise<string | typeof BACK | undefined>((resolve) => {
    box.onDidChangeValue(check);
    box.onDidAccept(() => {
      if (check()) resolve(box.value);
    });
    box.onDidTriggerButton(() => resolve(BACK));
    box.onDidHide(() => resolve(undefined));
    box.show();
  }).finally(() => box.dispose());
}
