package spendlogs

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// defaultTable is the table's name in LiteLLM's schema.
const defaultTable = "LiteLLM_SpendLogs"

// connectTimeout bounds what no reading may hang on, unless the address says connect_timeout.
const connectTimeout = 20 * time.Second

// address is where the rows are and which of them are wanted.
type address struct {
	config   *pgconn.Config
	table    string
	from, to time.Time
	text     bool
	secrets  []string // spellings of the password
}

// IsAddress tells whether a word is the address of a Postgres database rather than a path.
func IsAddress(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// parse reads a connection URL as libpq takes it, with PG* variables, ~/.pgpass and service files for what it does not
// say. The parameters table, from and to are ours. The parsers' own errors quote the URL, and so the password: they are
// not passed on.
func parse(dsn string, opts Options) (address, error) {
	a := address{table: cmp.Or(opts.Table, defaultTable), from: opts.From, to: opts.To, text: opts.Text}
	u, err := url.Parse(dsn)
	if err != nil || !IsAddress(dsn) {
		return a, &Error{Summary: "the address of the database cannot be read", Wrong: true,
			Hint: "write postgres://user@host:5432/database; in a password, escape / ? # @ : and % as %2F %3F %23 %40 %3A %25, or set PGPASSWORD"}
	}
	query := u.Query()
	if err := a.take(query); err != nil {
		return a, err
	}
	u.RawQuery = query.Encode()
	if a.config, err = pgconn.ParseConfig(u.String()); err != nil {
		return a, &Error{Summary: "the address of the database is refused by the driver", Wrong: true,
			Hint: "check host, port and the parameters after ?, such as sslmode=require; and PG* variables, if any are set"}
	}
	a.config.RuntimeParams["application_name"] = cmp.Or(a.config.RuntimeParams["application_name"], "tokengate")
	a.config.ConnectTimeout = cmp.Or(a.config.ConnectTimeout, connectTimeout)
	for _, s := range []string{a.config.Password, url.QueryEscape(a.config.Password), url.PathEscape(a.config.Password)} {
		if len(s) > 2 {
			a.secrets = append(a.secrets, s)
		}
	}
	return a, nil
}

// take reads our parameters and removes them, since the server would refuse them.
func (a *address) take(query url.Values) error {
	a.table = cmp.Or(query.Get("table"), a.table)
	for name, to := range map[string]*time.Time{"from": &a.from, "to": &a.to} {
		if !query.Has(name) {
			continue
		}
		at, err := parseTime(query.Get(name))
		if err != nil {
			return &Error{Summary: fmt.Sprintf("%s=%s is not a time", name, query.Get(name)), Hint: "write 2026-05-01 or 2026-05-01T12:00:00Z", Wrong: true}
		}
		*to = at
	}
	if !a.from.IsZero() && !a.to.IsZero() && !a.from.Before(a.to) {
		return &Error{Summary: fmt.Sprintf("the window from %s to %s holds no time", stamp(a.from), stamp(a.to)), Hint: "to is the first moment after the window", Wrong: true}
	}
	for _, name := range []string{"table", "from", "to"} {
		query.Del(name)
	}
	return nil
}

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}

// stamp writes a time as short as it can be written.
func stamp(t time.Time) string {
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

// String gives the address without what is secret.
func (a address) String() string {
	host := a.config.Host
	if !strings.HasPrefix(host, "/") {
		host = net.JoinHostPort(host, strconv.Itoa(int(a.config.Port)))
	}
	s := "postgres://" + strings.TrimPrefix(host, "/") + "/" + a.config.Database + "/" + a.table
	var window []string
	if !a.from.IsZero() {
		window = append(window, "from="+stamp(a.from))
	}
	if !a.to.IsZero() {
		window = append(window, "to="+stamp(a.to))
	}
	if len(window) > 0 {
		s += "?" + strings.Join(window, "&")
	}
	return s
}
