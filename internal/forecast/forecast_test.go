package forecast

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// near compares floats to an absolute tolerance.
func near(tolerance float64) cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= tolerance })
}

func rulesOf(ws []Warning) []string {
	var out []string
	for _, w := range ws {
		out = append(out, w.Rule)
	}
	return out
}

// Every warning that can come out is documented.
func TestRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range Rules {
		if known[r.ID] || r.Summary == "" || r.Explain == "" {
			t.Errorf("rule %q is incomplete or stands twice", r.ID)
		}
		known[r.ID] = true
	}
	for _, id := range []string{ruleShortHistory, ruleHorizon, ruleLatencyConstant, ruleLatencyUnusable, ruleEffectUnmeasured} {
		if !known[id] {
			t.Errorf("rule %q is not documented", id)
		}
	}
}
