package budget

import (
	"strings"
	"testing"
)

func TestNoLatency(t *testing.T) {
	for _, c := range []struct {
		n    NoLatency
		want string
	}{
		{NoLatency{"m", 1, 0, 20}, "all of its calls move to m, of which no latency is recorded"},
		{NoLatency{"m", 0.384, 0, 20}, "38% of its calls move to m, of which no latency is recorded"},
		{NoLatency{"m", 0.9999, 0, 20}, "99% of its calls move to m, of which no latency is recorded"},
		{NoLatency{"m", 0.0001, 3, 20}, "1% of its calls move to another model, and of m only 3 latencies are recorded, where 20 are needed"},
	} {
		if got := c.n.String(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// A P95 of 4 s against a ceiling of 4.2 s: known to ±0.3 s it decides nothing, to ±0.1 s it passes. A change that is
// unknown by name is inconclusive whatever base took, and says so before it says that nothing was recorded.
func TestLatencyCheck(t *testing.T) {
	limit := Quantity{Unit: "ms", Value: 4200, Exact: "4200", Text: "4.2s"}
	check := func(change func(*Measured)) Check {
		e := evidence(t, 100, 100, ceiling(PerCall, Latency, limit))
		m := e.Scopes[track]
		m.Base.PerCall[Latency], m.Head.PerCall[Latency] = 3900, 4000
		m.Head.LatencyP95 = &Range{3712, 4331, 0.95}
		change(&m)
		e.Scopes[track] = m
		return Judge(e).Checks[0]
	}
	doubt := func(ms float64) func(*Measured) {
		return func(m *Measured) { m.Head.CallDoubt = map[string]float64{Latency: ms} }
	}
	for _, c := range []struct {
		name   string
		change func(*Measured)
		want   Status
		text   string
		settle string
	}{
		{"near", doubt(300), Inconclusive, "p95 latency of a call 4s (95% interval 3.7s to 4.3s) is too close to the ceiling of 4.2s to tell", "the change moves latency by an amount known to ±300ms: record more calls of the models concerned, or move the ceiling"},
		{"clear", doubt(100), Pass, "p95 latency of a call 4s (95% interval 3.7s to 4.3s) is within the ceiling of 4.2s", ""},
		{"narrow", func(m *Measured) { m.Head.LatencyP95 = &Range{4000, 4001, 0.95} }, Pass, "p95 latency of a call 4s is within", ""},
		{"few calls", func(m *Measured) { m.Head.LatencyP95.Confidence = 0.64 }, Pass, "(64% interval 3.7s to 4.3s)", ""},
		{"unknown", func(m *Measured) {
			delete(m.Head.PerCall, Latency)
			m.NoLatency = []NoLatency{{"a", 0.5, 0, 20}, {"b", 0.25, 7, 20}}
		}, Inconclusive, "latency per call under this change is not known: 50% of its calls move to a, of which no latency is recorded; 25% of its calls move to another model", "record 20 calls of a with their latency, on any track; record 20 calls of b with their latency, on any track"},
	} {
		if got := check(c.change); got.Status != c.want || !strings.Contains(got.Text, c.text) || got.Settle != c.settle {
			t.Errorf("%s: status %d, %s; %q", c.name, got.Status, got.Text, got.Settle)
		}
	}
}
