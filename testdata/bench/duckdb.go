package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// duckVersion is the release of DuckDB's client for node that is installed into .bin.
const duckVersion = "1.5.6-r.1"

// duckDB runs DuckDB in node.
type duckDB struct{ script string }

// newDuck installs the client where it is missing.
func newDuck(root, dir string) (*duckDB, error) {
	home, err := filepath.Abs(filepath.Join(root, ".bin", "duckdb"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(home, "node_modules", "@duckdb", "node-api")); err != nil {
		if err := os.MkdirAll(home, 0o755); err != nil {
			return nil, err
		}
		if msg, err := exec.Command("npm", "install", "--silent", "--no-save", "--prefix", home, "@duckdb/node-api@"+duckVersion).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm install: %w\n%s", err, msg)
		}
	}
	script := filepath.Join(dir, "aggregate.cjs")
	return &duckDB{script}, os.WriteFile(script, []byte(fmt.Sprintf(aggregate, filepath.Join(home, "node_modules", "@duckdb", "node-api"))), 0o600)
}

// aggregate reads only the columns it needs, of types it is told.
const aggregate = `
const { DuckDBInstance } = require(%q);
(async () => {
  const db = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const wall = process.hrtime.bigint(), cpu = process.cpuUsage();
  const once = process.argv[3] === 'once';
  const rows = await (await db.runAndReadAll(` + "`" + `
    SELECT ts[:10] AS day, track, model, count(*) AS calls, sum(usage.input), sum(usage.cache_read), sum(usage.cache_write_5m),
      sum(usage.cache_write_1h), sum(usage.output), sum(usage.reasoning), quantile_cont(latency_ms, [0.5, 0.95])
    FROM ${once ? '(SELECT DISTINCT ON (id) * FROM ' : ''}read_json('${process.argv[2]}', format='newline_delimited', maximum_object_size=16777216, columns={${once ? "id:'VARCHAR', " : ''}ts:'VARCHAR', track:'VARCHAR', model:'VARCHAR', latency_ms:'DOUBLE',
      usage:'STRUCT("input" BIGINT, cache_read BIGINT, cache_write_5m BIGINT, cache_write_1h BIGINT, "output" BIGINT, reasoning BIGINT)'})${once ? ')' : ''}
    GROUP BY ALL` + "`" + `)).getRows();
  const used = process.cpuUsage(cpu);
  console.log(JSON.stringify({ wall: Number(process.hrtime.bigint() - wall) / 1e9, cpu: (used.user + used.system) / 1e6, peak: process.resourceUsage().maxRSS / 1024, groups: rows.length }));
})().catch(e => { console.error(e); process.exit(1); });
`

// aggregate sums a recording; once counts each id once, as the product does.
func (d *duckDB) aggregate(glob, once string) (usage, error) {
	out, err := exec.Command("node", d.script, glob, once).Output()
	if err != nil {
		return usage{}, fmt.Errorf("DuckDB: %w", err)
	}
	var u struct{ Wall, CPU, Peak, Groups float64 }
	if err := json.Unmarshal(out, &u); err != nil {
		return usage{}, err
	}
	if u.Groups == 0 {
		return usage{}, fmt.Errorf("DuckDB read nothing of %s", glob)
	}
	return usage{u.Wall, u.CPU, u.Peak}, nil
}
