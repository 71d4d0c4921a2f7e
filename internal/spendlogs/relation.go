package spendlogs

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// relation is the table as this server has it.
type relation struct {
	schema, name string
	columns      map[string]column
}

type column struct {
	kind     string // such as jsonb, or timestamp without time zone
	readable bool
}

// Which columns there are depends on the version of LiteLLM; the catalogue says. information_schema would not do: it
// hides what the user may not read, and a table without permission must not seem to be missing.
const (
	sqlFind = `SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1 AND CASE WHEN $2 = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $2 END`
	sqlColumns = `SELECT attname, pg_catalog.format_type(atttypid, NULL), has_column_privilege(attrelid, attnum, 'SELECT')
FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped`
	sqlSeen = `SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND lower(c.relname) LIKE 'litellm\_%' AND n.nspname NOT LIKE 'pg\_%' ORDER BY c.relname COLLATE "C", n.nspname COLLATE "C"`
)

// required are the columns without which a row is no call.
var required = []string{"request_id", "startTime", "model", "prompt_tokens", "completion_tokens"}

// find looks the table up as it was asked for: "schema.table", or a name that may hold dots itself.
func (t *Table) find() (relation, error) {
	schema, name, dotted := strings.Cut(t.addr.table, ".")
	tries := [][2]string{{t.addr.table, ""}}
	if dotted {
		tries = [][2]string{{name, schema}, tries[0]}
	}
	for _, try := range tries {
		found, err := t.rows(t.keeper, sqlFind, []byte(try[0]), []byte(try[1]))
		if err != nil {
			return relation{}, err
		}
		if len(found) > 0 {
			return t.describe(found[0][0], relation{schema: found[0][1], name: found[0][2], columns: map[string]column{}})
		}
	}
	return relation{}, t.missing()
}

func (t *Table) describe(oid string, r relation) (relation, error) {
	rows, err := t.rows(t.keeper, sqlColumns, []byte(oid))
	if err != nil {
		return r, err
	}
	for _, row := range rows {
		r.columns[row[0]] = column{kind: row[1], readable: row[2] == "t"}
	}
	var lacking, denied []string
	for _, name := range required {
		if _, ok := r.columns[name]; !ok {
			lacking = append(lacking, name)
		}
	}
	for _, name := range r.wanted(t.addr.text) {
		if !r.columns[name].readable {
			denied = append(denied, quote(name))
		}
	}
	switch {
	case len(lacking) > 0:
		return r, &Error{Wrong: true, Summary: fmt.Sprintf("%s: the table holds no spend logs: it has no %s", t.addr, strings.Join(lacking, ", ")),
			Hint: "daily sums cannot be replayed; name the table of rows with table=" + defaultTable}
	case len(denied) > 0:
		return r, &Error{Summary: fmt.Sprintf("%s: the user may not read %s", t.addr, strings.Join(denied, ", ")),
			Hint: fmt.Sprintf("GRANT SELECT (%s) ON %s.%s TO %s", strings.Join(denied, ", "), quote(r.schema), quote(r.name), quote(t.addr.config.User))}
	}
	return r, nil
}

// missing says which tables of LiteLLM there are instead.
func (t *Table) missing() error {
	rows, err := t.rows(t.keeper, sqlSeen)
	if err != nil {
		return err
	}
	var seen, bare, same []string
	asked := t.addr.table
	if _, name, dotted := strings.Cut(asked, "."); dotted {
		asked = name
	}
	for _, r := range rows {
		seen, bare = append(seen, r[0]+"."+r[1]), append(bare, r[1])
		if r[1] == asked {
			same = append(same, "table="+r[0]+"."+r[1])
		}
	}
	e := &Error{Wrong: true, Summary: fmt.Sprintf("%s: there is no table %s", t.addr, t.addr.table)}
	switch {
	case len(seen) == 0:
		e.Hint = "no table of LiteLLM is in this database; check the database, or name the table with table=schema.name"
	case len(same) > 0:
		e.Hint = "name its schema: " + strings.Join(same, ", or ")
	default:
		e.Hint = source.DidYouMean(asked, bare, "name it with table=schema.name") + "; of LiteLLM there are " + strings.Join(seen, ", ")
	}
	return e
}
