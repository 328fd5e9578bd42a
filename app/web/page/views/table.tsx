import './table.css';

/** The head of a table: the title of each column, and its class if it has one. */
export function Head({ of: columns }: { of: readonly (string | readonly [title: string, look: string])[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const [title, look] = typeof column === 'string' ? [column] : column;
          return (
            <th key={title} scope="col" class={look}>
              {title}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
