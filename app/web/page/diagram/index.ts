export { Diagram } from './diagram.tsx';
export { StepsTable } from './render/steps-table.tsx';
