export { type Anomaly, findAnomalies } from './anomalies.ts';
export { Diagram, type DiagramProps } from './diagram.tsx';
export { explain } from './explain.ts';
export { StepsTable } from './steps-table.tsx';
