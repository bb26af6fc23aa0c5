const ROWS = [0, 1, 2, 3, 4, 5, 6];

/** The outline of the page while its parts are on their way; `index.html` begins with the same. */
export function Shell() {
  return (
    <div className="shell" aria-hidden="true">
      <div>
        {ROWS.map(row => (
          <i key={row} />
        ))}
      </div>
    </div>
  );
}
