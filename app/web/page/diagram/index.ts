export { Diagram } from './diagram.tsx';
export { StepsTable } from './steps-table.tsx';
