/** Every notice of the ledger to a person: budgets of client keys, prices that are not known, a log that cannot be written. */
import { catalogue, type Said, textOf, type Words } from '../said';

export const say = catalogue('ledger', {
  budgetSpent: (key: string, spent: string, budget: Said) =>
    `The key "${key}" has spent ${spent} of its budget of ${budget.text}.`,
  budgetSpentResets: (key: string, spent: string, budget: Said, when: Said) =>
    `The key "${key}" has spent ${spent} of its budget of ${budget.text}. It resets ${when.text}.`,
  aDay: (sum: string) => `${sum} a day`,
  aWeek: (sum: string) => `${sum} a week`,
  aMonth: (sum: string) => `${sum} a month`,
  inTotal: (sum: string) => `${sum} in total`,
  today: (time: string) => `today at ${time}`,
  tomorrow: (time: string) => `tomorrow at ${time}`,
  onDay: (day: string, time: string) => `on ${day} at ${time}`,
  unpriced: (model: string, key: string) =>
    `No price is known for ${model}: its requests do not count towards the budget of the key "${key}". Give the model a price in the settings, with zeros if it is free.`,
  notWritten: (folder: string, why: Words) =>
    `The usage log in ${folder} cannot be written (${textOf(why)}). Records wait in memory; free some space or check the permissions of the folder.`,
  diskFull: 'the disk is full',
  notKept: (folder: string, why: string) =>
    `The usage log cannot be kept in ${folder}: ${why}. Choose another data directory or correct its permissions.`,
  notRead: (folder: string, why: string) => `The usage log in ${folder} cannot be read: ${why}.`,
});
