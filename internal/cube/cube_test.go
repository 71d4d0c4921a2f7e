package cube

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

var day = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

// randomCalls are calls of few keys with every field that a cube sums.
func randomCalls(seed uint64, n int) []traffic.Call {
	r := rand.New(rand.NewPCG(seed, 7))
	pick := func(names ...string) string { return names[r.IntN(len(names))] }
	calls := make([]traffic.Call, n)
	for i := range calls {
		c := &calls[i]
		*c = traffic.Call{
			Time: day.Add(time.Duration(r.Int64N(int64(72 * time.Hour)))), Track: pick("retrieval", "reasoning", ""), Feature: pick("search", "summary"),
			User: pick("", fmt.Sprint("user-", r.IntN(60))), Session: fmt.Sprint("session-", r.IntN(200)), Template: pick("prompts/a.md", "./prompts/a.md", ""),
			TemplateVersion: pick("", "9f2c0d6b1a4e5f60718293a4b5c6d7e8f9012345"), Model: pick("gpt-5-mini", "claude-sonnet-5", "mystery"), Tier: pick("", "standard", "batch"),
			Latency: time.Duration(r.ExpFloat64() * float64(2*time.Second)), FirstToken: time.Duration(r.IntN(3)) * 150 * time.Millisecond, Status: pick("ok", "error", "ok"),
			OutputIsBound: r.IntN(9) == 0, UsageIsMean: r.IntN(9) == 0, Weight: r.Int64N(4),
			Usage: token.Usage{Input: r.Int64N(300_000), CacheRead: r.Int64N(2000), CacheWrite5m: r.Int64N(9), CacheWrite1h: r.Int64N(5), Output: 50 + r.Int64N(900), Reasoning: r.Int64N(50)},
		}
		if r.IntN(3) == 0 {
			c.Outcome = map[string]float64{"accepted": float64(r.IntN(2)), "margin": r.NormFloat64()}
		}
	}
	return calls
}

func cubeOf(limits [2]int, calls []traffic.Call) *Cube {
	c := newCube(limits[0], limits[1])
	for i := range calls {
		c.Add(&calls[i], 1-float64(calls[i].Weight%2)/2)
	}
	c.Note(Reading{Files: 1, Lines: int64(len(calls)), Duplicates: 2, Skipped: []traffic.Skip{{Reason: "no usage", Count: 1}, {Reason: "not valid JSON", Bad: true, Count: 3}}})
	return c
}

func encoded(t testing.TB, c *Cube) []byte {
	t.Helper()
	b, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	want := encoded(t, cubeOf([2]int{MaxCells, Sampled}, randomCalls(1, 3000)))
	c, err := Read(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, c); !bytes.Equal(got, want) {
		t.Fatalf("%d bytes became %d others", len(want), len(got))
	}
}
