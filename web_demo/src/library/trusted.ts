/** The part of the Trusted Types API that is used here. */
type Policy = { createScriptURL(url: string): string };
type Factory = { createPolicy(name: string, rules: Policy): Policy };

/** Names of this project's scripts, also with a bundler's hash in them; and workers made of text. */
const OWN =
  /^blob:|^(https?|file|[\w-]+-extension):\/\/[^?#]*\/(half-?size|engine|models|samples|gif)[\w.-]*\.m?js(\?[^/]*)?$/;

let created: Policy | undefined;

/**
 * An address of a script, as pages with Trusted Types take it: from a named policy, which gives out
 * the addresses of this project's scripts alone.
 *
 * @param name of the policy: each script has one, because a page may allow each name once.
 * @throws TypeError where the page forbids the policy.
 */
export function trusted(url: string, name = 'halfsize'): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Factory };
  created ??= trustedTypes?.createPolicy(name, { createScriptURL: own });
  return created ? created.createScriptURL(url) : url;
}

/** Addresses of this project's scripts to which a bundler has given names of its own. */
export const renamed = new Set<string>();

function own(url: string): string {
  if (OWN.test(url) || renamed.has(url)) return url;
  throw new TypeError(`${url} is not a script of halfsize`);
}
