package cube

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// The error of too many cells is the same whatever the order and the split, and the cube lets its cells go.
func TestTooManyCells(t *testing.T) {
	var calls []traffic.Call
	for i := range 4000 {
		calls = append(calls, traffic.Call{Time: day, Track: fmt.Sprint(i % 7), Feature: fmt.Sprint("feature-", i%2500), Model: "m", Template: fmt.Sprint(i % 900)})
	}
	want := ""
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		parts := []*Cube{newCube(1000, 10), newCube(1000, 10), newCube(1000, 10)}
		for i := range calls {
			parts[min(r.IntN(4), 2)].Add(&calls[i], 1)
		}
		parts[seed%3].Merge(parts[(seed+1)%3])
		parts[seed%3].Merge(parts[(seed+2)%3])
		c := parts[seed%3]
		if c.Err() == nil || len(c.cells) > 0 || len(c.texts) > 0 {
			t.Fatalf("error %v with %d cells", c.Err(), len(c.cells))
		}
		if want == "" {
			want = c.Err().Error()
		}
		if got := c.Err().Error(); got != want {
			t.Errorf("%s, before %s", got, want)
		}
		if _, err := c.MarshalBinary(); err == nil {
			t.Error("it has an encoding")
		}
	}
	if !strings.HasPrefix(want, "cube: more than 1000 cells: feature has about 2") || !strings.Contains(want, "map it to fewer values") {
		t.Error(want)
	}
}

func TestJustEnoughCells(t *testing.T) {
	c := newCube(3, 10)
	for i := range 9 {
		c.Add(&traffic.Call{Time: day, Track: fmt.Sprint(i % 3), Model: "m"}, 1)
	}
	if err := c.Err(); err != nil || len(c.cells) != 3 {
		t.Errorf("%d cells, %v", len(c.cells), err)
	}
	c.Add(&traffic.Call{Time: day, Track: "3", Model: "m"}, 1)
	if err := c.Err(); err == nil || err.Error() != "cube: more than 3 cells: track has 4 different values; map it to fewer values, or split the recording" {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	good := traffic.Call{Time: day, Model: "m"}
	with := func(change func(*traffic.Call)) traffic.Call {
		c := good
		change(&c)
		return c
	}
	long := strings.Repeat("x", MaxName+1)
	many := func(c *traffic.Call) {
		c.Outcome = map[string]float64{}
		for i := range MaxOutcomes + 1 {
			c.Outcome[fmt.Sprint(i)] = 1
		}
	}
	for _, c := range []struct {
		call     traffic.Call
		sampling float64
		want     string
	}{
		{good, 1, ""},
		{good, 0, ""},
		{good, -0.1, "sampling share"},
		{good, 1.1, "sampling share"},
		{good, math.NaN(), "sampling share"},
		{with(func(c *traffic.Call) { c.Usage.CacheRead = -1 }), 1, "negative"},
		{with(func(c *traffic.Call) { c.Latency = -1 }), 1, "negative"},
		{with(func(c *traffic.Call) { c.Time = time.Time{} }), 1, "1970"},
		{with(func(c *traffic.Call) { c.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }), 1, "9999"},
		{with(func(c *traffic.Call) { c.Time = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) }), 1, ""},
		{with(func(c *traffic.Call) { c.Feature = long }), 1, "longer than 4096 bytes"},
		{with(func(c *traffic.Call) { c.Feature = long[1:] }), 1, ""},
		{with(func(c *traffic.Call) { c.Outcome = map[string]float64{long: 1} }), 1, "longer than"},
		{with(many), 1, "1000 names of outcomes"},
		{with(func(c *traffic.Call) { c.Weight, c.Usage = math.MaxInt64, token.Usage{Input: 2} }), 1, "too large"},
		{with(func(c *traffic.Call) { c.Weight = maxCount }), 1, "too large"},
	} {
		cube := New()
		cube.Add(&c.call, c.sampling)
		sum := New()
		sum.Merge(cube)
		for _, err := range []error{cube.Err(), sum.Err()} {
			if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.Contains(got, c.want) && err != nil {
				t.Errorf("%s, want %q", got, c.want)
			}
		}
	}
}

// Sums that overflow are an error whatever they are added up from, and are never negative.
func TestOverflow(t *testing.T) {
	big := traffic.Call{Time: day, Model: "m", User: "u", Usage: token.Usage{Input: math.MaxInt64/2 + 1}}
	a, b := New(), New()
	a.Add(&big, 1)
	b.Add(&big, 1)
	if a.Err() != nil {
		t.Fatal(a.Err())
	}
	a.Merge(b)
	if _, u := a.Usage(); a.Err() == nil || u.Input != math.MaxInt64 {
		t.Errorf("%d tokens, %v", u.Input, a.Err())
	}
	c := New()
	c.Note(Reading{Lines: math.MaxInt64})
	if c.Err() == nil {
		t.Error("lines overflow without an error")
	}
	c = New()
	c.Note(Reading{Skipped: []traffic.Skip{{Reason: "r", Count: -1}}})
	if c.Err() == nil {
		t.Error("a negative count is taken")
	}
}
