/** One small picture of numbers: a line or bars, in the colours of the theme, with a sentence for screen readers. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { eachOnce, t } from './words';

interface ChartProps {
  kind: 'line' | 'bars';
  /** Name of a theme colour. */
  color: string;
  values: (number | null)[];
  /** Words under the picture, by position. */
  label: (index: number) => string;
  format: (value: number) => string;
  /** What the picture says. */
  summary: string;
  /** Changes with the theme of the editor. */
  theme: string;
}

const HEIGHT = 110;
/** A text of the axis needs this much room, CSS pixels. */
const LABEL_ROOM = 64;

export function Chart(props: ChartProps) {
  return props.values.some((value) => value !== null) ? (
    <Painting {...props} />
  ) : (
    <p class="quiet">{t`Nothing yet.`}</p>
  );
}

function Painting(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;

  // Painted anew for another theme or kind only; data goes in below.
  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const width = (): number => Math.max(element.clientWidth, 100);
    const made = new uPlot(optionsOf(latest, width()), dataOf(props.values), element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: width(), height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [props.theme, props.kind]);
  useEffect(() => plot.current?.setData(dataOf(props.values)), [props.values]);

  return <div class="chart" ref={place} role="img" aria-label={props.summary} />;
}

const dataOf = (values: (number | null)[]): uPlot.AlignedData => [values.map((_, index) => index), values];

function optionsOf(props: { current: ChartProps }, width: number): uPlot.Options {
  const { kind, color } = props.current;
  const style = getComputedStyle(document.body);
  const themed = (name: string, instead: string): string =>
    style.getPropertyValue(`--vscode-${name}`).trim() || style.getPropertyValue(`--vscode-${instead}`).trim() || '#888';
  const ink = themed(color, 'foreground');
  const text = themed('descriptionForeground', 'foreground');
  const axis: uPlot.Axis = {
    stroke: text,
    font: `11px ${style.getPropertyValue('--vscode-font-family') || 'sans-serif'}`,
    ticks: { show: false },
    grid: { show: false },
  };
  const grid = { show: true, stroke: themed('widget-border', 'contrastBorder'), width: 1, dash: [2, 3] };
  const padding = kind === 'bars' ? 0.6 : 0.2;
  const series: uPlot.Series = { stroke: ink, width: 1.5, points: { show: true, size: 4, fill: ink } };
  if (kind === 'bars') {
    series.fill = ink;
    series.width = 0;
    series.points = { show: false };
    series.paths = (uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory)({ size: [0.7, 40] });
  } else series.spanGaps = true;
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 22, 0, 0],
    scales: {
      x: { time: false, range: (_, min, max) => [(min ?? 0) - padding, (max ?? 0) + padding] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 6,
        splits: ({ width: canvas }, _, min, max) => {
          const [first, last] = [Math.ceil(min), Math.floor(max)];
          const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, canvas / devicePixelRatio / LABEL_ROOM)));
          const at: number[] = [];
          for (let index = last; index >= first; index -= step) at.unshift(index);
          return at;
        },
        values: (_, splits) => eachOnce(splits.map((index) => props.current.label(index))),
      },
      {
        ...axis,
        grid,
        space: 28,
        size: 54,
        gap: 4,
        values: (_, splits) => eachOnce(splits.map((value) => props.current.format(value))),
      },
    ],
    series: [{}, series],
  };
}
