/** What the shaders of both languages share of students in whole numbers: floats are exact on them. */
import type { Scale } from '../../../core/scale';
import { FROM_BLUE, FROM_RED, foursOf } from '../../integer/enlargement';
import type { IntegerNetwork } from '../../integer/network';
import { type GpuNetwork, range, type Step, stepsOf } from '../layout';

/** A network of whole numbers. */
export function integersOf(network: IntegerNetwork): GpuNetwork {
  const steps = stepsOf(network, ({ bias, multipliers, below, least, most, shift }) => ({
    rows: [bias, multipliers, below, least, most],
    activation: 'whole',
    shift,
  }));
  return { ...network, steps };
}

/**
 * The statement that makes of a vector of sums what the next layer takes.
 *
 * @param vec the name of the language's vector of four.
 * @param row one of the rows that stand before the step's weights.
 */
export function rescaled(
  { shift }: Pick<Step, 'shift'>,
  sum: string,
  vec: string,
  row: (kind: number) => string,
): string {
  const u = `clamp(floor(${sum} * ${power(shift)}), ${vec}(-32768.), ${vec}(32767.))`;
  const [above, below] = [`max(${sum}, ${vec}(0.))`, `min(${sum}, ${vec}(0.))`];
  const scaled = `${row(1)} * ${above} + ${row(2)} * ${below} + ${vec}(16384.)`;
  return `${sum} = ${u};\n${sum} = clamp(floor((${scaled}) * ${power(15)}), ${row(3)}, ${row(4)});`;
}

/**
 * The statements that enlarge colours in whole numbers: they add to `p0`, `p1`, ... (vectors of three, in
 * 64ths of a byte). The parameters are those of `bicubic`.
 *
 * @param isChroma whether the colours are red and blue without luma: then green is made of them.
 */
export function wholeBicubic(
  scale: Scale,
  pixels: readonly number[],
  isChroma: boolean,
  declare: (name: string, value: string) => string,
  read: (x: number, y: number) => string,
): string {
  const { up } = scale;
  const fours = foursOf(scale).map(({ first, taps }) =>
    taps.map((tap, i) => ({ at: first + i, tap })).filter(({ tap }) => tap !== 0),
  );
  const sum = (four: (typeof fours)[number], value: (at: number) => string, power_: number) => {
    const terms = four.map(({ at, tap }) => `${value(at)} * ${tap}.`).join(' + ');
    return `floor((${terms} + ${2 ** (power_ - 1)}.) * ${power(power_)})`;
  };
  const columns = (four: (typeof fours)[number]) => four.map(({ at }) => at);
  const name = (x: number) => `t${x < 0 ? `m${-x}` : x}`;
  const rows = [...new Set(pixels.map((p) => Math.floor(p / up)))].map((row) => {
    const own = pixels.filter((p) => Math.floor(p / up) === row);
    const used = new Set(own.flatMap((p) => columns(fours[p % up] ?? [])));
    const texts = [...used].map((x) =>
      declare(
        name(x),
        sum(fours[row] ?? [], (y) => read(x, y), 8),
      ),
    );
    for (const p of own) {
      texts.push(declare(`e${p}`, sum(fours[p % up] ?? [], name, 9)));
      const green = `-floor((e${p}.x * ${FROM_RED}. + e${p}.z * ${FROM_BLUE}. + 512.) * ${power(10)})`;
      texts.push(
        isChroma
          ? `p${p}.x += e${p}.x; p${p}.z += e${p}.z; p${p}.y += ${green};`
          : `p${p} += e${p};`,
      );
    }
    return `{\n${texts.join('\n')}\n}`;
  });
  return rows.join('\n');
}

/** A part: two to the power of minus `by`, which floats have exactly. */
export function power(by: number): string {
  return (2 ** -by).toFixed(by || 1);
}

/** The sums of a step. */
export function sumsOf({ vectors }: Step): string[] {
  return range(vectors).map((o) => `a${o}`);
}
