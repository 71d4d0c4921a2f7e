package cube

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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

func fullOf(calls []traffic.Call) *Cube { return cubeOf([2]int{MaxCells, Sampled}, calls) }

func encoded(t testing.TB, c *Cube) []byte {
	t.Helper()
	b, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	want := encoded(t, fullOf(randomCalls(1, 3000)))
	c, err := Read(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, c); !bytes.Equal(got, want) {
		t.Fatalf("%d bytes became %d others", len(want), len(got))
	}
}

// Cells, totals, users and sessions are what a plain sum over the calls gives.
func TestSums(t *testing.T) {
	calls := randomCalls(21, 2000)
	c := New()
	c.Add(&traffic.Call{Time: day.Add(-time.Second), Model: "other", Weight: 2, Outcome: map[string]float64{"odd": math.Inf(1)}}, 0)
	want := map[string]*Cell{}
	users := map[string]Sum{}
	for i := range calls {
		call := &calls[i]
		c.Add(call, 1)
		n := call.Times()
		w := want[call.Track]
		if w == nil {
			w = &Cell{First: call.Time.Unix(), Last: call.Time.Unix()}
			want[call.Track] = w
		}
		w.Records++
		w.Calls += n
		for range n {
			w.Usage = w.Usage.Add(call.Usage)
		}
		w.Errors += n * truth(call.Status == "error")
		w.Bounds += n * truth(call.OutputIsBound)
		w.Means += n * truth(call.UsageIsMean)
		w.First, w.Last = min(w.First, call.Time.Unix()), max(w.Last, call.Time.Unix())
		s := users[call.User]
		users[call.User] = Sum{s.Calls + n, s.Usage.Add(scaled(call.Usage, n))}
	}
	delete(users, "")
	want[""].Records, want[""].Calls, want[""].First = want[""].Records+1, want[""].Calls+2, day.Unix()-1
	for _, total := range c.Totals(ByTrack) {
		got := total.Counts
		outcomes := got.Outcomes
		got.Latency, got.FirstToken, got.Outcomes = Sketch{}, Sketch{}, nil
		if diff := cmp.Diff(want[total.Name], &got, cmpopts.IgnoreUnexported(Sketch{})); diff != "" {
			t.Errorf("%q: %s", total.Name, diff)
		}
		if total.Name == "" && (len(outcomes) != 3 || outcomes[2] != Outcome{Name: "odd", Count: 2, Odd: 2}) {
			t.Errorf("outcomes %+v", outcomes)
		}
	}
	if n, err := c.Users().Distinct(); int(n) != len(users) || err != 0 {
		t.Errorf("%g users, want %d", n, len(users))
	}
	for name, w := range users {
		if got, ok := c.Users().Of(name); !ok || got != w {
			t.Errorf("%s: %+v, want %+v", name, got, w)
		}
	}
	var names []string
	for _, total := range c.Totals(ByDay) {
		names = append(names, total.Name)
	}
	if diff := cmp.Diff([]string{"2026-04-30", "2026-05-01", "2026-05-02", "2026-05-03"}, names); diff != "" {
		t.Error(diff)
	}
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func TestOutcomes(t *testing.T) {
	c := New()
	for _, v := range []float64{0.1, 0.2, -0.3, 1e9, 1e9 + 1, math.NaN(), 4e-7, 6e-7} {
		c.Add(&traffic.Call{Time: day, Model: "m", Outcome: map[string]float64{"v": v}}, 1)
	}
	got := c.Totals(ByProject)[0].Counts.Outcomes
	want := []Outcome{{Name: "v", Count: 8, Gain: 300_001 + 1e15, Loss: 300_000, Odd: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if mean := got[0].Mean(); mean != (300_001+1e15-300_000)/1e6/6 {
		t.Error(mean)
	}
}

// Calls that mean the same land in one cell: a path in other words, the standard tier unsaid.
func TestOneCell(t *testing.T) {
	c := New()
	for _, call := range []traffic.Call{{Template: "prompts/a.md"}, {Template: "./prompts//a.md", Tier: "standard"}, {Template: "prompts/b/../a.md"}} {
		call.Time, call.Model = day, "m"
		c.Add(&call, 1)
		c.Add(&call, 0)
	}
	want := []Key{{Day: 20574, Template: "prompts/a.md", Model: "m", Tier: "standard", Sampling: 1}}
	if diff := cmp.Diff(want, c.Keys()); diff != "" {
		t.Error(diff)
	}
	if cell := c.Cell(want[0]); cell == nil || cell.Calls != 6 || c.Cell(Key{}) != nil {
		t.Errorf("%+v", cell)
	}
}

// A cube keeps no memory of the calls alive, and does not change when theirs is used again.
func TestTextsAreCopied(t *testing.T) {
	buf := []byte("trackfeatureprompts/./a.mdversionmodelbatchkpi")
	cut := func(from, to int) string { return unsafe.String(&buf[from], to-from) }
	c := New()
	for range 2 {
		c.Add(&traffic.Call{Time: day, Track: cut(0, 5), Feature: cut(5, 12), Template: cut(12, 26), TemplateVersion: cut(26, 33), Model: cut(33, 38), Tier: cut(38, 43),
			Outcome: map[string]float64{cut(43, 46): 1}}, 1)
	}
	before := encoded(t, c)
	for i := range buf {
		buf[i] = 'x'
	}
	if !bytes.Equal(encoded(t, c), before) {
		t.Error("the cube changed")
	}
}

func TestBadShare(t *testing.T) {
	c := New()
	for range 3 {
		c.Add(&traffic.Call{Time: day, Model: "m", Weight: 50}, 1)
	}
	c.Note(Reading{Duplicates: 1, Skipped: []traffic.Skip{{Reason: "a", Bad: true, Count: 1}, {Reason: "b", Count: 100}}})
	c.Note(Reading{Skipped: []traffic.Skip{{Reason: "a", Bad: true, Count: 3}, {Reason: "c"}}})
	if got := c.BadShare(); got != 0.5 { // 4 ÷ (4 + 3 + 1)
		t.Error(got)
	}
	if diff := cmp.Diff([]traffic.Skip{{Reason: "a", Bad: true, Count: 4}, {Reason: "b", Count: 100}}, c.Reading().Skipped); diff != "" {
		t.Error(diff)
	}
}

// Calls whose keys take the place of each other among those found lately are never mixed: texts that only differ before
// their last byte, and shares.
func TestRecentIsExact(t *testing.T) {
	like := func(i, field int) string { return fmt.Sprint((i>>field)&1, "-x") }
	a, b := New(), New()
	for n := range 256 {
		i := n ^ n>>1 // one bit differs from one call to the next
		call := traffic.Call{Time: day, Track: like(i, 0), Feature: like(i, 1), Template: like(i, 2), TemplateVersion: like(i, 3), Model: like(i, 4), Tier: like(i, 5)}
		call.Usage.Input = int64(i>>6&1) * 32_000
		sampling := 1 / float64(1+i>>7)
		for range 2 {
			a.Add(&call, sampling)
			b.recent = nil
			b.Add(&call, sampling)
		}
	}
	if len(a.cells) != 256 || !bytes.Equal(encoded(t, a), encoded(t, b)) {
		t.Errorf("another cube of %d cells", len(a.cells))
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	calls := recorded(2000)
	calls[0].Weight = 3
	c := New()
	add := func() {
		for i := range calls {
			c.Add(&calls[i], 1)
		}
	}
	add()
	if n := testing.AllocsPerRun(3, add); n > 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestAddCell(t *testing.T) {
	c := New()
	k := Key{Day: DayOf(day.Unix()), Model: "m", Template: "./t", Sampling: 1}
	c.AddCell(k, &Cell{Records: 1, Calls: 2, Usage: token.Usage{Input: 5}, First: day.Unix() + 5, Last: day.Unix() + 5})
	c.AddCell(k, &Cell{Records: 1, Calls: 1, First: day.Unix(), Last: day.Unix() + 9})
	c.AddCell(Key{Model: "nothing", Sampling: 1}, &Cell{})
	k.Template, k.Tier = "t", "standard"
	want := &Cell{Records: 2, Calls: 3, Usage: token.Usage{Input: 5}, First: day.Unix(), Last: day.Unix() + 9}
	if diff := cmp.Diff(want, c.Cell(k), cmp.AllowUnexported(Sketch{})); diff != "" || len(c.Keys()) != 1 {
		t.Errorf("%d keys: %s", len(c.Keys()), diff)
	}
	c.AddCell(Key{Model: "m", Day: -1, Sampling: 1}, want)
	if c.Err() == nil {
		t.Error("a day before 1970 is taken")
	}
}
