package spendlogs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokengate/tokengate/internal/spendlogs"
	"github.com/tokengate/tokengate/internal/traffic"
)

func open(t *testing.T, dsn string, opts spendlogs.Options) *spendlogs.Table {
	t.Helper()
	table, err := spendlogs.Open(t.Context(), dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	return table
}

func content(t *testing.T, table *spendlogs.Table) string {
	t.Helper()
	b, err := fs.ReadFile(table, spendlogs.File)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func read(t *testing.T, root fs.FS, path string) *traffic.Recording {
	t.Helper()
	rec, diags, err := traffic.Read([]traffic.Source{{FS: root, Path: path, Name: "rows"}}, traffic.Options{Text: true})
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags)
	}
	return rec
}

// TestSameAsFile holds the table against the same rows as a file: calls, their order, what is skipped and why. With text,
// the prompts are the same as well.
func TestSameAsFile(t *testing.T) {
	p := running(t)
	want := read(t, os.DirFS("testdata"), "rows.jsonl")
	if len(want.Calls) != 6 || want.Lines != 8 || len(want.Skipped) != 2 {
		t.Fatalf("the file holds %d calls in %d lines, and skips %v", len(want.Calls), want.Lines, want.Skipped)
	}
	for _, c := range []struct {
		table string
		text  bool
	}{{"", true}, {"", false}, {"public.LiteLLM_SpendLogs", true}, {"Spend.Logs", true}, {"moved.Spend.Logs", true}} {
		t.Run(fmt.Sprint(c.table, c.text), func(t *testing.T) {
			dsn := p.dsn("options=-csearch_path%3Dpublic,moved")
			got := read(t, open(t, dsn, spendlogs.Options{Table: c.table, Text: c.text}), spendlogs.File)
			ignore := cmp.Options{cmpopts.IgnoreFields(traffic.Recording{}, "Files")}
			if !c.text {
				ignore = append(ignore, cmpopts.IgnoreFields(traffic.Call{}, "Prompt"), cmpopts.IgnoreFields(traffic.Recording{}, "Lacks"))
			}
			if diff := cmp.Diff(want, got, ignore); diff != "" {
				t.Error("file against table:", diff)
			}
		})
	}
}

// TestTextStays holds that prompts, answers and tracebacks do not leave the database unless they are asked for.
func TestTextStays(t *testing.T) {
	p := running(t)
	if got := content(t, open(t, p.dsn(), spendlogs.Options{})); strings.Contains(got, "UNSEEN") || strings.Count(got, "\n") != 8 {
		t.Error(got)
	}
	got := content(t, open(t, p.dsn(), spendlogs.Options{Text: true}))
	if n := strings.Count(got, "UNSEEN"); n != 2 { // the messages and the request, not the answers and the traces
		t.Errorf("%d texts in %s", n, got)
	}
}

func TestFirstVersion(t *testing.T) {
	p := running(t)
	table := open(t, p.dsn("table=first.LiteLLM_SpendLogs"), spendlogs.Options{Text: true})
	got := read(t, table, spendlogs.File)
	// Without status a failed call cannot be told from one that lost its usage, and without a response a pass-through has none.
	if len(got.Calls) != 4 || got.BadShare() != 3.0/7 {
		t.Errorf("%d calls, bad share %v", len(got.Calls), got.BadShare())
	}
	if c := got.Calls[0]; c.Usage.CacheRead != 1024 || c.Track != "retrieval" || c.User != "e-1" || c.Latency.Milliseconds() != 2500 {
		t.Errorf("%+v", c)
	}
}

// TestWindow holds that the window is half-open, in UTC, whatever the type of the column and wherever the bounds come from.
func TestWindow(t *testing.T) {
	p := running(t)
	for _, c := range []struct {
		params []string
		want   int
	}{
		{[]string{"from=2026-05-01"}, 7},
		{[]string{"to=2026-05-01"}, 1},
		{[]string{"from=2026-05-01", "to=2026-05-03"}, 5},
		{[]string{"from=2026-05-01T02:00:00%2B02:00", "to=2026-05-01T08:00:00.5Z"}, 1},
		{[]string{"from=2026-05-01T02:00:00%2B02:00", "to=2026-05-01T08:00:00.501Z"}, 2},
		{[]string{"from=2027-01-01"}, 0},
	} {
		for _, name := range []string{"LiteLLM_SpendLogs", "moved.Spend.Logs"} {
			table := open(t, p.dsn(append(c.params, "table="+name, "TimeZone=Asia/Tokyo")...), spendlogs.Options{})
			rows := content(t, table)
			if got := strings.Count(rows, "\n"); got != c.want || strings.Contains(rows, "+09") {
				t.Errorf("%s %v: %d rows, want %d: %s", name, c.params, got, c.want, rows)
			}
		}
	}
	name := open(t, p.dsn("from=2026-05-01", "to=2026-05-01T12:00:00Z"), spendlogs.Options{}).Name()
	if want := "postgres://" + strings.TrimPrefix(p.dir, "/") + "/postgres/LiteLLM_SpendLogs?from=2026-05-01&to=2026-05-01T12:00:00Z"; name != want {
		t.Errorf("%s, want %s", name, want)
	}
}

// TestPinned holds that every opening gives what the table held at the first, though rows come and go meanwhile, and that
// files may be read side by side.
func TestPinned(t *testing.T) {
	p := running(t)
	if err := p.exec(`CREATE TABLE "pinned" AS SELECT * FROM "LiteLLM_SpendLogs"`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.exec(`DROP TABLE "pinned"`); err != nil {
			t.Error(err)
		}
	})
	opts := spendlogs.Options{Table: "pinned"}
	table := open(t, p.dsn(), opts)
	one, err := table.Open(spendlogs.File)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if err := p.exec(`BEGIN; DELETE FROM "pinned" WHERE request_id = 'req-02';
INSERT INTO "pinned" ("request_id", "startTime") VALUES ('zz-9', '2020-01-01'); COMMIT`); err != nil {
		t.Fatal(err)
	}
	second := content(t, table)
	first, err := io.ReadAll(one)
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != second || !strings.Contains(second, "req-02") || strings.Contains(second, "zz-9") {
		t.Error(cmp.Diff(string(first), second))
	}
	if now := content(t, open(t, p.dsn(), opts)); strings.Contains(now, "req-02") || !strings.Contains(now, "zz-9") {
		t.Error("another opening does not see what the table holds now:", now)
	}
}

func TestFile(t *testing.T) {
	p := running(t)
	table := open(t, p.dsn(), spendlogs.Options{})
	if _, err := table.Open("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	f, err := table.Open(spendlogs.File)
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil || st.IsDir() || st.Size() != 0 || st.Name() != spendlogs.File {
		t.Error(st, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if n, err := f.Read(make([]byte, 8)); n != 0 || !errors.Is(err, fs.ErrClosed) {
		t.Error("a closed file gives", n, err)
	}
}

// TestSession holds how the reading shows on the server: by name, and not ended by the timeouts of its role. It ends with
// its context.
func TestSession(t *testing.T) {
	p := running(t)
	if err := p.exec(`ALTER ROLE gate SET statement_timeout = '300ms'; ALTER ROLE gate SET idle_in_transaction_session_timeout = '300ms'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.exec(`ALTER ROLE gate RESET ALL`); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	table, err := spendlogs.Open(ctx, p.dsn("table=many"), spendlogs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := p.exec(`SELECT pg_sleep(0.4)`); err == nil {
		t.Error("the timeout of the role does not hold for others")
	}
	if got, err := p.value(`SET statement_timeout = 0; SELECT pg_sleep(0.4); SELECT string_agg(state, ' ') FROM pg_stat_activity WHERE application_name = 'tokengate'`); err != nil || got != "idle in transaction" {
		t.Errorf("%q, %v", got, err)
	}
	f, err := table.Open(spendlogs.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(f); !errors.Is(err, context.Canceled) {
		t.Error("after the context ended:", err)
	}
}
