package spendlogs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/cli"
	"github.com/tokengate/tokengate/internal/spendlogs"
	"github.com/tokengate/tokengate/internal/traffic"
)

// TestAddress needs no server: these addresses are refused before anything is connected.
func TestAddress(t *testing.T) {
	for _, c := range []struct{ dsn, summary, hint string }{
		{"postgres://u:s3cret%zz@h/db", "the address of the database cannot be read", "PGPASSWORD"},
		{"postgres://u:s3cret/?#x@h/db", "the address of the database cannot be read", "PGPASSWORD"},
		{"mysql://u:s3cret@h/db", "the address of the database cannot be read", "postgres://"},
		{"postgres://u:s3cret@h/db?sslmode=s3cret", "refused by the driver", "sslmode"},
		{"postgres://u:s3cret@h/db?from=yesterday", "from=yesterday is not a time", "2026-05-01"},
		{"postgres://u:s3cret@h/db?to=", "to= is not a time", "2026-05-01"},
		{"postgres://u:s3cret@h/db?from=2026-06-01&to=2026-06-01", "the window from 2026-06-01 to 2026-06-01 holds no time", "first moment after"},
	} {
		_, err := spendlogs.Open(t.Context(), c.dsn, spendlogs.Options{})
		var e *spendlogs.Error
		if !errors.As(err, &e) || !e.Wrong || !strings.Contains(e.Summary, c.summary) || !strings.Contains(e.Hint, c.hint) || strings.Contains(e.Summary+e.Hint, "s3cret") {
			t.Errorf("%s: %v", c.dsn, err)
		}
	}
}

// TestNobodyListens needs no server either.
func TestNobodyListens(t *testing.T) {
	dsn := "postgres://u:s3cret@/db?port=5432&host=" + t.TempDir()
	_, err := spendlogs.Open(t.Context(), dsn, spendlogs.Options{})
	var e *spendlogs.Error
	if !errors.As(err, &e) || e.Wrong || !strings.Contains(e.Summary, "cannot connect to postgres://") || !strings.Contains(e.Summary, "no such file") || strings.Contains(e.Summary, "s3cret") {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	p := running(t)
	for _, c := range []struct {
		name, dsn     string
		wrong         bool
		summary, hint string
	}{
		{"wrong password", p.dsnOf("gate", "wr0ng/pass:word"), false, "the database refuses the password (password authentication failed for user \"gate\")", "PGPASSWORD"},
		{"no such user", p.dsnOf("ghost", "wr0ng/pass:word"), false, "the database refuses the password", ""},
		{"no such database", strings.Replace(p.dsn(), "/postgres?", "/litellm?", 1), false, "the database does not exist", "after the host"},
		{"misspelt parameter", p.dsn("form=2026-05-01"), false, `(unrecognized configuration parameter "form")`, "others go to the server"},
		{"daily sums", p.dsn("table=LiteLLM_DailyTagSpend"), true, "holds no spend logs: it has no request_id, startTime, model, prompt_tokens, completion_tokens", "daily sums cannot be replayed"},
		{"misspelt table", p.dsn("table=LiteLLM_SpendLog"), true, "there is no table LiteLLM_SpendLog",
			`did you mean "LiteLLM_SpendLogs"?; of LiteLLM there are public.LiteLLM_DailyTagSpend, first.LiteLLM_SpendLogs, policed.LiteLLM_SpendLogs, public.LiteLLM_SpendLogs`},
		{"other case", p.dsn("table=litellm_spendlogs"), true, "there is no table litellm_spendlogs", `did you mean "LiteLLM_SpendLogs"?`},
		{"not on the search path", p.dsn("options=-csearch_path%3Dpg_catalog"), true, "there is no table LiteLLM_SpendLogs", "table=first.LiteLLM_SpendLogs"},
		{"no such schema", p.dsn("table=second.LiteLLM_SpendLogs"), true, "there is no table second.LiteLLM_SpendLogs", "table=first.LiteLLM_SpendLogs"},
		{"no permission", p.dsnOf("nobody", "nothing to see"), false, `the user may not read "request_id", "call_type", "status"`, `ON "public"."LiteLLM_SpendLogs" TO "nobody"`},
		{"permission for some columns", p.dsnOf("nobody", "nothing to see", "table=first.LiteLLM_SpendLogs"), false, `the user may not read "call_type"`, `GRANT SELECT ("call_type", "model_id"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := spendlogs.Open(t.Context(), c.dsn, spendlogs.Options{})
			var e *spendlogs.Error
			if !errors.As(err, &e) || e.Wrong != c.wrong || !strings.Contains(e.Summary, c.summary) || !strings.Contains(e.Hint, c.hint) {
				t.Fatalf("%v\n%+v", err, e)
			}
			for _, secret := range []string{password, "wr0ng", "nothing to see", "s3cret"} {
				if strings.Contains(e.Summary+e.Hint, secret) {
					t.Error("shows the password:", e.Summary, e.Hint)
				}
			}
		})
	}
}

// TestRowSecurity holds that rows which a policy hides from the user are an error, not fewer rows.
func TestRowSecurity(t *testing.T) {
	p := running(t)
	table := open(t, p.dsnOf("nobody", "nothing to see", "table=policed.LiteLLM_SpendLogs"), spendlogs.Options{})
	_, _, err := traffic.Read(source(table), traffic.Options{})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Error(err)
	}
}

func source(table *spendlogs.Table) []traffic.Source {
	return []traffic.Source{{FS: table, Path: spendlogs.File, Name: table.Name(), Dialect: traffic.LiteLLM}}
}

// TestStreams holds that 200,000 rows come whole, and that the first is there long before the last.
func TestStreams(t *testing.T) {
	p := running(t)
	rec, diags, err := traffic.Read(source(open(t, p.dsn("table=many"), spendlogs.Options{})), traffic.Options{})
	if err != nil || diags.HasErrors() || len(rec.Calls) != 200_000 {
		t.Fatal(len(rec.Calls), diags, err)
	}
}

// killer kills the server's process that sends the rows. What is left of Postgres restarts itself.
func (p *postgres) killer(t *testing.T) func() {
	return sync.OnceFunc(func() {
		pid, err := p.value(`SELECT pid FROM pg_stat_activity WHERE application_name = 'tokengate' AND query LIKE 'SELECT pg_catalog.row_to_json%'`)
		n, bad := strconv.Atoi(pid)
		if err != nil || bad != nil {
			t.Error("nobody sends rows:", pid, err)
			return
		}
		if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	})
}

// TestLostHalfWay kills the server's process amid the rows: that is an error of the reading, neither its end nor a
// diagnostic, and it stays one.
func TestLostHalfWay(t *testing.T) {
	p := running(t)
	table := open(t, p.dsn("table=many"), spendlogs.Options{})
	kill := p.killer(t)
	rec, _, err := traffic.Read(source(table), traffic.Options{Progress: func(n, _ int64) {
		if n > 1<<20 {
			kill()
		}
	}})
	var e *spendlogs.Error
	if rec != nil || !errors.As(err, &e) || e.Wrong || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(e.Summary, " rows: the connection to the database was lost") {
		t.Errorf("a recording: %v, %v", rec != nil, err)
	}
	if err := p.ready(); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Open(spendlogs.File); err == nil || !strings.Contains(err.Error(), "snapshot") {
		t.Error("the snapshot is gone with the server:", err)
	}
}

// TestErrorStays holds that a reader which asks again after an error is not told that the rows have ended.
func TestErrorStays(t *testing.T) {
	p := running(t)
	ctx, cancel := context.WithCancel(t.Context())
	table, err := spendlogs.Open(ctx, p.dsn("table=many"), spendlogs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	f, err := table.Open(spendlogs.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cancel()
	_, first := io.Copy(io.Discard, f)
	n, second := f.Read(make([]byte, 10))
	if first == nil || n != 0 || !errors.Is(second, first) {
		t.Error(first, n, second)
	}
}

// TestCheckLostHalfWay is the same through the command: exit code 4, a clear line, and no report.
func TestCheckLostHalfWay(t *testing.T) {
	p := running(t)
	if err := p.ready(); err != nil { // after the loss that another test made
		t.Fatal(err)
	}
	dir := t.TempDir()
	save := filepath.Join(dir, "report.json")
	var out, errs bytes.Buffer
	stopped := make(chan struct{})
	go func() { // once rows are on their way and the server waits amid them
		defer close(stopped)
		for range 200 {
			if n, err := p.value(`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tokengate' AND query LIKE 'SELECT pg_catalog.row_to_json%' AND wait_event = 'PgSleep'`); err == nil && n == "1" {
				p.killer(t)()
				return
			}
		}
	}()
	env := cli.Env{In: strings.NewReader(""), Out: &out, Err: &errs, Now: func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }}
	code := cli.Main([]string{"check", "-C", dir, "--base", "none", "--recording", p.dsn("table=pausing"), "--save", save}, env)
	<-stopped
	if code != 4 || out.Len() > 0 || !strings.Contains(errs.String(), "postgres/pausing: after ") || strings.Contains(errs.String(), "s3cret") {
		t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
	}
	if _, err := os.Stat(save); !errors.Is(err, os.ErrNotExist) {
		t.Error("a report was written:", err)
	}
	if err := p.ready(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckReads reads the table through the command, and shows what it was read from without the password.
func TestCheckReads(t *testing.T) {
	p := running(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "CLAUDE.md"), []byte("# Be brief\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dsn  string
		code int
		want string
	}{
		{p.dsn("to=2026-05-02"), 3, "LiteLLM_SpendLogs?to=2026-05-02"},
		{p.dsn("table=nothing"), 2, "there is no table nothing"},
		{p.dsnOf("gate", "s3cretly wrong"), 4, "hint: check it"},
	} {
		var out bytes.Buffer
		env := cli.Env{In: strings.NewReader(""), Out: &out, Err: &out, Now: func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }}
		code := cli.Main([]string{"check", "-C", dir, "--base", "none", "--format", "json", "--recording", c.dsn}, env)
		if code != c.code || !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), "s3cret") {
			t.Errorf("exit %d, want %d with %q\n%s", code, c.code, c.want, out.String())
		}
	}
}
