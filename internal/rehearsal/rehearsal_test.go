package rehearsal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// Prices chosen so that costs can be worked out on paper, in dollars per million tokens.
const testPrices = `
as_of: 2026-11-20
models:
  test/big: {mode: chat, tokenizer: o200k_base, input: 10, output: 50, cache_read: 1, cache_write_5m: 12.5}
  test/small: {mode: chat, tokenizer: o200k_base, input: 1, output: 5, cache_read: 0.1, cache_write_5m: 1.25, max_input: 40k}
  test/claude: {mode: chat, tokenizer: claude-4.7, input: 1, output: 5}
  test/embed: {mode: embedding, tokenizer: o200k_base, input: 1}
`

func onPaper(t testing.TB, model string, limits ...guard.Limit) Plan {
	t.Helper()
	p := plan(t, guard.Policy{Limits: limits})
	catalog, diags := p.Catalog.WithFile("prices.yaml", []byte(testPrices))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	p.Catalog, p.Fallback = catalog, func(int, string, string, string) string { return model }
	return p
}

var steps = []guard.Step{{At: 0.8, Action: guard.Warn}, {At: 0.9, Action: guard.Degrade}, {At: 1, Action: guard.Refuse}}

func perDay(each guard.Scope, dollars float64, steps ...guard.Step) guard.Limit {
	return guard.Limit{ID: string(each) + "/per_day", Each: each, Window: guard.Day, Metric: guard.Cost, Allowance: int64(dollars * dollar), Steps: steps}
}

// calls makes calls a minute apart, of user a in session s.
func calls(usages ...token.Usage) (out []traffic.Call) {
	for i, u := range usages {
		out = append(out, traffic.Call{Time: monday.Add(time.Duration(i) * time.Minute), ID: fmt.Sprint(i), Track: "support", Feature: "chat", User: "a", Session: "s",
			Model: "test/big", Usage: u, Place: traffic.Place{File: "a.jsonl", Line: i + 1}})
	}
	return out
}

func dollars(t *testing.T, what string, got money.Amount, want string) {
	t.Helper()
	if got.Decimal() != want {
		t.Errorf("%s: $%s, want $%s", what, got.Decimal(), want)
	}
}

// $1 a day, worked out by hand: four calls of 20 cents, one of 10 that is warned of, then calls of 21 cents that cost 3 on
// the fallback: at 90, 93, 96 and 99 cents they are degraded, at 102 refused.
func TestByHand(t *testing.T) {
	plain, half, dear := token.Usage{Input: 10_000, Output: 2_000}, token.Usage{Input: 10_000}, token.Usage{Input: 10_000, CacheRead: 10_000, Output: 2_000}
	res := rehearsed(t, onPaper(t, "test/small", perDay(guard.User, 1, steps...)), calls(plain, plain, plain, plain, half, dear, dear, dear, dear, dear))
	want := [guard.Actions]int64{guard.Warn: 1, guard.Degrade: 4, guard.Refuse: 1}
	if diff := cmp.Diff(want, res.Rows[0].Calls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want[guard.Allow] = 4
	if diff := cmp.Diff(want, res.Total.Calls); diff != "" {
		t.Errorf("total (-want +got):\n%s", diff)
	}
	one := [guard.Actions]int64{guard.Refuse: 1}
	if res.Total.Sessions != one || res.Rows[0].Users != one {
		t.Errorf("sessions %v, users %v: the strictest action counts once", res.Total.Sessions, res.Rows[0].Users)
	}
	dollars(t, "spent", res.Spent, "1.95")
	dollars(t, "saved", res.Rows[0].Saved, "0.93") // 4 × (0.21 − 0.03) + 0.21
	dollars(t, "doubt", res.Rows[0].Doubt, "0")
	// Alone at half: from 45 cents on degraded, at 50 refused. 60 cents after three calls: seven are refused. At double nothing is held.
	if a := res.Rows[0].Alone; a != [3]int64{7, 5, 0} {
		t.Errorf("alone: %v", a)
	}
}

// A session refused today and warned of tomorrow was refused.
func TestStrictestOfSession(t *testing.T) {
	u := token.Usage{Input: 100_000} // $1
	list := calls(u, u, u, u)
	list[2].Time, list[3].Time = monday.Add(24*time.Hour), monday.Add(25*time.Hour)
	list[2].Usage.Input = 85_000
	res := rehearsed(t, onPaper(t, "", perDay(guard.User, 1, guard.Step{At: 0.8, Action: guard.Warn}, guard.Step{At: 1, Action: guard.Refuse})), list)
	want := [guard.Actions]int64{guard.Allow: 2, guard.Warn: 1, guard.Refuse: 1}
	if res.Total.Calls != want || res.Total.Sessions != [guard.Actions]int64{guard.Refuse: 1} || res.Rows[0].Users != res.Total.Sessions {
		t.Errorf("calls %v, sessions %v, users %v", res.Total.Calls, res.Total.Sessions, res.Rows[0].Users)
	}
}

// A call that is under way is not known yet: the second starts before the first ends, and goes through.
func TestUnderWay(t *testing.T) {
	u := token.Usage{Output: 100_000} // $5
	list := calls(u, u, u)
	list[0].Latency = 90 * time.Second
	res := rehearsed(t, onPaper(t, "", perDay(guard.User, 1, guard.Step{At: 1, Action: guard.Refuse})), list)
	if got := res.Total.Calls; got[guard.Allow] != 2 || got[guard.Refuse] != 1 {
		t.Errorf("%v", got)
	}
	list[0].Latency = 60 * time.Second // ends as the second starts: known
	if got := rehearsed(t, onPaper(t, "", perDay(guard.User, 1, guard.Step{At: 1, Action: guard.Refuse})), list).Total.Calls; got[guard.Refuse] != 2 {
		t.Errorf("%v", got)
	}
}

// A fallback of another tokenizer recounts the call, and the error of the recount is the error of what is saved.
func TestRecount(t *testing.T) {
	p := onPaper(t, "test/claude", perDay(guard.User, 0, guard.Step{At: 1, Action: guard.Degrade}))
	u := token.Usage{Input: 10_000, CacheRead: 5_000, CacheWrite5m: 1_000, Output: 1_000}
	res := rehearsed(t, p, calls(u))
	conv := token.Book{}.Conversion("o200k_base", "claude-4.7", token.Prose)
	n := func(tokens int64) int64 { return conv.Of(tokens).Tokens }
	after := n(15_000) + n(1_000) + 5*n(1_000) // a cache write costs what input does
	dollars(t, "saved", res.Rows[0].Saved, money.New(100_000+5_000+12_500+50_000-after, -6).Decimal())
	want := float64(after) * 1e-6 * conv.Of(0).RelativeError
	if got := res.Rows[0].Doubt.Float(); want == 0 || got < want*0.9999 || got > want*1.0001 {
		t.Errorf("doubt $%g, want $%g", got, want)
	}
}

func TestStays(t *testing.T) {
	small := token.Usage{Input: 100, Output: 10}
	for _, c := range []struct {
		name, model, to string
		usage           token.Usage
		why             string
	}{
		{"none", "test/big", "", small, "no fallback model is declared for them"},
		{"unknown", "test/big", "test/bog", small, `the fallback model has no price: model "test/bog" is not in the price catalogue; the nearest names are test/big, openai/o1, openai/o3`},
		{"own unknown", "nobody-knows", "test/small", small, "their own model has no price"},
		{"same", "test/small", "test/small", small, "they are on the fallback model already"},
		{"dearer", "test/small", "test/big", small, "test/big is not cheaper than test/small"},
		{"other kind", "test/embed", "test/small", small, "test/small does not do what test/embed does"},
		{"too long", "test/big", "test/small", token.Usage{Input: 50_000}, "the prompt is longer than the fallback model takes"},
	} {
		list := calls(c.usage)
		list[0].Model = c.model
		res := rehearsed(t, onPaper(t, c.to, guard.Limit{Each: guard.User, Window: guard.Day, Metric: guard.Tokens, Steps: []guard.Step{{At: 1, Action: guard.Degrade}}}), list)
		if diff := cmp.Diff([]Stay{{c.why, 1}}, res.Rows[0].Stays); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if res.Total.Calls[guard.Allow] != 1 || res.Total.Saved.Sign() != 0 || res.Rows[0].Alone != [3]int64{} {
			t.Errorf("%s: %+v", c.name, res.Total)
		}
	}
}

// What is not known in full is said: of sampled and summed records, of calls without a price, label or session.
func TestNotKnown(t *testing.T) {
	u := token.Usage{Input: 1000}
	list := calls(u, u, u, u, u)
	list[0].Weight = 3 // drawn with its whole session
	list[1].UsageIsMean = true
	list[2].Model = "nobody-knows"
	list[3].User, list[3].Session, list[3].Outcome = "", "", map[string]float64{"resolved": 1}
	list[2].OutputIsBound, list[3].Time, list[4].Latency = true, monday.Truncate(24*time.Hour), time.Second
	list[4].Feature, list[4].Place.File = "", "half.jsonl"
	p := onPaper(t, "", perDay(guard.User, 9, steps...), perDay(guard.Session, 9, steps...), perDay(guard.Feature, 9, steps...))
	p.Policy.Limits[1].Window, p.Policy.Limits[1].Metric = guard.Life, guard.Tokens
	p.Sampling = map[string]float64{"half.jsonl": 0.5}
	res := rehearsed(t, p, list)
	for i, want := range []Row{
		{Held: 6, Unlabelled: 1, Partial: 5, Unpriced: 1}, // 3 + 1 + 1 of the user's; the unpriced one is whole
		{Held: 6, Unlabelled: 1, Partial: 2},
		{Held: 6, Unlabelled: 1, Unpriced: 1},
	} {
		r := res.Rows[i]
		if got := (Row{Held: r.Held, Unlabelled: r.Unlabelled, Partial: r.Partial, Unpriced: r.Unpriced}); got.Held != want.Held ||
			got.Unlabelled != want.Unlabelled || got.Partial != want.Partial || got.Unpriced != want.Unpriced || !r.Inconclusive() {
			t.Errorf("row %d: %+v, want %+v", i, got, want)
		}
	}
	if res.Calls != 7 || res.Unpriced != 1 || res.Stray != 1 || !res.Sampled || res.Users != 1 || res.Sessions != 1 || res.Bounds != 1 || res.Untimed != 1 || res.Instant != 6 {
		t.Errorf("%+v", res)
	}
}

// A guardrail that no call was held to says nothing.
func TestNothingHeld(t *testing.T) {
	l := perDay(guard.Feature, 1, steps...)
	l.Only.Feature = "search"
	res := rehearsed(t, onPaper(t, "", l, perDay(guard.User, 1, steps...)), calls(token.Usage{Input: 1000}))
	if !res.Rows[0].Inconclusive() || res.Rows[1].Inconclusive() {
		t.Errorf("%+v", res.Rows)
	}
}

// Half of the traffic is recorded: a feature's sum is scaled to all of it.
func TestScaled(t *testing.T) {
	u := token.Usage{Input: 10_000} // 10 cents
	for share, refused := range map[float64]int64{1: 6, 0.5: 8, 0.25: 9} {
		p := onPaper(t, "", perDay(guard.Feature, 0.4, guard.Step{At: 1, Action: guard.Refuse}))
		p.Sampling = map[string]float64{"a.jsonl": share}
		if got := rehearsed(t, p, calls(slices.Repeat([]token.Usage{u}, 10)...)).Total.Calls[guard.Refuse]; got != refused {
			t.Errorf("%g recorded: %d refused, want %d", share, got, refused)
		}
	}
}

func same(t *testing.T, what string, a, b *Result) {
	t.Helper()
	opts := []cmp.Option{cmp.AllowUnexported(Mean{}), cmp.Comparer(func(x, y money.Amount) bool { return x.Cmp(y) == 0 })}
	if diff := cmp.Diff(a, b, opts...); diff != "" {
		t.Errorf("%s changed the result (-was +is):\n%s", what, diff)
	}
}

// Neither the order of the calls, nor the files they stand in, nor how many fit into memory changes anything.
func TestOrder(t *testing.T) {
	list := chats(3, 4000)
	for i := range list[:2000] { // many calls of one moment
		list[i].Time = list[i].Time.Truncate(time.Hour)
	}
	p := plan(t, desk())
	want := rehearsed(t, p, list)
	for a := guard.Warn; a < guard.Actions; a++ {
		if want.Total.Calls[a] == 0 {
			t.Errorf("no call is %s: the test shows little", a)
		}
	}
	rng := rand.New(rand.NewPCG(5, 5))
	other := slices.Clone(list)
	rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	for i := range other {
		other[i].Place = traffic.Place{File: fmt.Sprint(i%3, ".jsonl"), Line: i}
	}
	same(t, "another order", want, rehearsed(t, p, other))
	p.Scratch, p.MaxRecords = func() (traffic.Scratch, error) { return &memory{}, nil }, 137
	same(t, "a scratch file", want, rehearsed(t, p, other))
}

// What a first pass was told is void.
func TestBeginAgain(t *testing.T) {
	list := chats(4, 500)
	p := plan(t, desk())
	closed := 0
	p.Scratch, p.MaxRecords = func() (traffic.Scratch, error) { return &memory{closed: &closed}, nil }, 100
	r := New(p)
	for range 2 {
		take := r.Begin()
		for _, c := range list {
			if err := take(&c); err != nil {
				t.Fatal(err)
			}
		}
	}
	res, err := r.Run()
	if err != nil {
		t.Fatal(err)
	}
	if closed != 2 {
		t.Errorf("%d scratch files were closed, want 2", closed)
	}
	same(t, "a void pass", rehearsed(t, plan(t, desk()), list), res)
}

func TestScratchFails(t *testing.T) {
	for _, m := range []*memory{nil, {failWrite: true}, {failRead: true}} {
		p := plan(t, desk())
		p.MaxRecords = 10
		p.Scratch = func() (traffic.Scratch, error) {
			if m == nil {
				return nil, errors.New("the disk is full")
			}
			return m, nil
		}
		r := New(p)
		take := r.Begin()
		var failed error
		for _, c := range chats(1, 100) {
			failed = errors.Join(failed, take(&c))
		}
		_, err := r.Run()
		if failed == nil && err == nil {
			t.Errorf("%+v: a failing scratch file went unseen", m)
		}
	}
}

// memory is a scratch file.
type memory struct {
	b                   []byte
	closed              *int
	failWrite, failRead bool
}

func (m *memory) Write(p []byte) (int, error) {
	if m.failWrite {
		return 0, errors.New("cannot write")
	}
	m.b = append(m.b, p...)
	return len(p), nil
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	if m.failRead {
		return 0, errors.New("cannot read")
	}
	return copy(p, m.b[off:]), nil
}

func (m *memory) Close() error {
	if m.closed != nil {
		*m.closed++
	}
	return nil
}

func TestEncode(t *testing.T) {
	for _, r := range []record{{}, {at: -1, end: 1 << 62, tie: 1<<64 - 1, lane: 1, user: 2, session: 1<<32 - 1, outcome: 4, usage: token.Usage{Input: 1, CacheRead: 2, CacheWrite5m: 3, CacheWrite1h: 4, Output: 5, Reasoning: 6}, times: 7, failed: true}, {mean: true}, {bound: true}} {
		b := r.encode(nil)
		if got := decode(b); len(b) != encodedSize || got != r {
			t.Errorf("%+v in %d bytes, want %+v in %d", got, len(b), r, encodedSize)
		}
	}
}

// Session a is refused, b is not. Of a the mean over calls counts.
func TestOutcomes(t *testing.T) {
	u := token.Usage{Input: 100_000} // $1
	list := calls(u, u, u, u)
	list[0].Outcome, list[1].Outcome = map[string]float64{"resolved": 1, "csat": 5}, map[string]float64{"resolved": 0}
	list[2].Session, list[3].Session = "b", "c"
	list[2].Outcome, list[3].Outcome = map[string]float64{"resolved": 1}, map[string]float64{"resolved": 0}
	res := rehearsed(t, onPaper(t, "", perDay(guard.Session, 1, guard.Step{At: 1, Action: guard.HandOver})), list)
	want := []Outcome{
		{Name: "csat", Touched: Mean{Sessions: 1, Mean: 5}, Difference: 5},
		{Name: "resolved", Touched: Mean{Sessions: 1, Mean: 0.5}, Untouched: Mean{Sessions: 2, Mean: 0.5, variance: 0.5}},
	}
	if diff := cmp.Diff(want, res.Total.Outcomes, cmp.AllowUnexported(Mean{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Twenty of each: 15 of 20 against 5 of 20 are 0.5 apart; the variances are 3.75 / 19, so the half-width is
// 1.96 × √(2 × 0.19737 / 20) = 0.2754.
func TestInterval(t *testing.T) {
	values := func(ones int) (out []float64) {
		for i := range 20 {
			out = append(out, map[bool]float64{true: 1}[i < ones])
		}
		return out
	}
	o := compare("resolved", meanOf(values(15)), meanOf(values(5)))
	if got := fmt.Sprintf("%.4f %.4f %.4f %t", o.Difference, o.Low, o.High, o.Known); got != "0.5000 0.2246 0.7754 true" {
		t.Error(got)
	}
	if compare("resolved", meanOf(values(15)), meanOf(make([]float64, 19))).Known {
		t.Error("19 sessions are said to be enough")
	}
}
