package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// chats makes recorded calls of a support desk, session by session and so not in the order of time.
func chats(seed uint64, n int) []traffic.Call {
	rng := rand.New(rand.NewPCG(seed, 7))
	var out []traffic.Call
	for s := 0; len(out) < n; s++ {
		at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.IntN(28*86400)) * time.Second)
		user := fmt.Sprint("u", rng.IntN(40)*rng.IntN(40))
		for range 1 + rng.IntN(12) {
			c := traffic.Call{Time: at, ID: fmt.Sprint("c", len(out)), Track: "support", Feature: []string{"chat", "search"}[s%2], User: user, Session: fmt.Sprint("s", s),
				Model: "claude-sonnet-5-5", Usage: token.Usage{Input: int64(rng.IntN(6000)), CacheRead: int64(rng.IntN(2) * 2000), Output: int64(rng.IntN(800))},
				Latency: time.Duration(rng.IntN(20000)) * time.Millisecond, Status: "ok", Place: traffic.Place{File: "a.jsonl", Line: len(out) + 1}}
			if rng.IntN(30) == 0 {
				c.Status = "error"
			}
			if rng.IntN(4) == 0 {
				c.Outcome = map[string]float64{"resolved": float64(rng.IntN(2)), "csat": float64(rng.IntN(5))}
			}
			out, at = append(out, c), at.Add(time.Duration(rng.IntN(90))*time.Second)
		}
	}
	return out[:n]
}

const dollar = 1_000_000_000_000

// desk is a policy with one guardrail of each kind.
func desk() guard.Policy {
	steps := []guard.Step{{At: 0.8, Action: guard.Warn}, {At: 0.9, Action: guard.Degrade}, {At: 1, Action: guard.Refuse}}
	hand := []guard.Step{{At: 0.8, Action: guard.Warn}, {At: 0.9, Action: guard.HandOver}}
	return guard.Policy{Limits: []guard.Limit{
		{ID: "users/per_day/cost", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Allowance: dollar / 5, Steps: steps},
		{ID: "users/dynamic", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Steps: steps,
			Dynamic: &guard.Dynamic{Quantile: 0.9, Headroom: 1.5, Floor: dollar / 20, Cap: 5 * dollar, Window: 14, Shrink: 7}},
		{ID: "sessions/cost", Each: guard.Session, Window: guard.Life, Metric: guard.Cost, Allowance: dollar / 10, Steps: hand},
		{ID: "features/chat/per_day/cost", Each: guard.Feature, Only: guard.Only{Feature: "chat"}, Window: guard.Day, Metric: guard.Tokens, Allowance: 400_000, Steps: steps},
	}, Breakers: []guard.Breaker{
		{ID: "breakers/1", Each: guard.Project, When: guard.Condition{Metric: guard.Cost, Over: dollar / 2, Per: 10 * time.Minute}, Action: guard.Refuse, CoolDown: 15 * time.Minute},
		{ID: "breakers/2", Each: guard.Track, When: guard.Condition{Metric: guard.Errors, Share: 0.1, Last: 50}, Action: guard.Warn, CoolDown: 15 * time.Minute},
	}}
}

func plan(t testing.TB, p guard.Policy) Plan {
	t.Helper()
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Plan{Policy: p, Catalog: catalog, At: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		Fallback: func(int, string, string, string) string { return "claude-haiku-5-5" }}
}

func rehearsed(t testing.TB, p Plan, calls []traffic.Call) *Result {
	t.Helper()
	r := New(p)
	take := r.Begin()
	for i := range calls {
		c := calls[i]
		if err := take(&c); err != nil {
			t.Fatal(err)
		}
	}
	res, err := r.Run()
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func BenchmarkRun(b *testing.B) {
	calls := chats(1, 100_000)
	p := plan(b, desk())
	for b.Loop() {
		rehearsed(b, p, calls)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/call")
}
