package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/rehearsal"
	"github.com/tokengate/tokengate/internal/source"
)

// guardrailsSample has every column, every note, and a name that tries to steer the terminal.
func guardrailsSample() *guardrailsDocument {
	at := source.Span{File: config.Name, Start: source.Pos{Line: 4, Col: 19}}
	steps := []guard.Step{{At: 0.8, Action: guard.Warn}, {At: 1, Action: guard.Refuse}}
	declared := &config.Declaration{Policy: guard.Policy{Limits: []guard.Limit{
		{ID: "features/" + strings.Repeat("long-", 12) + "\x1b[31mred/users/per_day/cost", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Allowance: 1e12, Steps: steps, Span: at},
		{ID: "users/dynamic", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Dynamic: &guard.Dynamic{Floor: 1e11, Cap: 1e13}, Steps: steps, Span: at},
		{ID: "sessions/tokens", Each: guard.Session, Window: guard.Life, Metric: guard.Tokens, Allowance: 40_000, Steps: steps, Span: at},
		{ID: "sessions/calls", Each: guard.Session, Window: guard.Life, Metric: guard.Calls, Allowance: 40 * guard.OneCall, Steps: steps, Span: at},
	}, Breakers: []guard.Breaker{{ID: "breakers/1", Each: guard.Project, Action: guard.HandOver, CoolDown: 15 * time.Minute, Span: at,
		When: guard.Condition{Metric: guard.Cost, Over: 5e12, Per: 10 * time.Minute}}}}}
	outcomes := []rehearsal.Outcome{
		{Name: "resolved", Touched: rehearsal.Mean{Sessions: 120, Mean: 0.5}, Untouched: rehearsal.Mean{Sessions: 4000, Mean: 0.75}, Difference: -0.25, Low: -0.3, High: -0.2, Known: true},
		{Name: "csat", Touched: rehearsal.Mean{Sessions: 3, Mean: 4}, Untouched: rehearsal.Mean{Sessions: 4000, Mean: 4.5}}}
	row := rehearsal.Row{Calls: [guard.Actions]int64{9, 1000, 2000, 30_000, 400_000}, Sessions: [guard.Actions]int64{0, 1, 20, 300, 4000}, Users: [guard.Actions]int64{0, 1, 2, 3, 4},
		Held: 9_000, Unlabelled: 17, Partial: 4, Unpriced: 5, Stays: []rehearsal.Stay{{Why: "they are on the fallback model already", Calls: 12}},
		Saved: money.New(123456789, -4), Doubt: money.New(98765, -4), Outcomes: outcomes, Alone: [3]int64{123_456, 12_345, 1_234}}
	dynamic := row
	dynamic.Allowances, dynamic.Days = []int64{2e11, 5e11, 9e12}, 1265
	breaker := rehearsal.Row{Opened: 1}
	res := &rehearsal.Result{Rows: []rehearsal.Row{row, dynamic, row, row, breaker}, Total: row, Calls: 1_000_000, Sessions: 95_000, Users: 1400, Spent: money.New(1_000_000, 0),
		Unpriced: 5, Stray: 6, Untimed: 400_000, Instant: 7, Bounds: 8, Sampled: true}
	return newGuardrailsDocument(declared, res, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
}

// TestGuardrailsWidth draws the same document for terminals of every width: no line is wider, no name steers the
// terminal, and every column and note is there.
func TestGuardrailsWidth(t *testing.T) {
	doc := guardrailsSample()
	if doc.Status != statusInconclusive {
		t.Error(doc.Status)
	}
	for width := 60; width < 200; width++ {
		var out bytes.Buffer
		if err := doc.writeTable(&Env{Out: &out, Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if w := twwidth.Width(line); w > width || strings.HasSuffix(line, " ") {
				t.Errorf("width %d: a line of %d columns: %q", width, w, line)
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("width %d: a name steers the terminal", width)
		}
		flat := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{"Warned", "Degraded", "Handed over", "Refused", "Saved", "Users", "users/per_day/cost │", "at 0.5×", "at 2×", "400,000 (4,000)", "$12,345.68 ±$9.88", "$0.50 a day (P50)",
			"40,000 tokens a session", "40 calls a session", "hand over while cost per 10m > $5.00, for 15m at least; opened once", "of 1,265 user-days P10 $0.20, P50 $0.50, P90 $9.00", "0.5 (120)",
			"-0.25 (-0.3 to -0.2)", "too few to tell", "17 calls without a user", "inconclusive: 4 calls stand", "inconclusive: 5 calls have no price", "12 calls were not degraded",
			"breakers/1: inconclusive: no recorded call is held to it", "sessions/tokens, sessions/calls: 17 calls without a session", "6 calls with an outcome and no session", "400,000 calls are at midnight", "7 calls without a latency", "8 calls have an output",
			"scaled to all of it", "nobody tries again", "with the guardrails $987,654.32"} {
			if !strings.Contains(flat, want) {
				t.Errorf("width %d: %q is missing:\n%s", width, want, &out)
				return
			}
		}
	}
}
