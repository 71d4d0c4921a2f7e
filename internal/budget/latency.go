package budget

import (
	"fmt"
	"strings"
)

// Range is an interval of a measurement, in its unit, with the confidence that it can claim.
type Range struct{ Low, High, Confidence float64 }

// NoLatency is a model that too few latencies are recorded of to tell head's.
type NoLatency struct {
	Model    string
	Share    float64 // of the calls with a latency that move to it, or away from it
	Recorded int     // calls of it with a latency
	Needed   int
}

// String says what is missing to one scope: "38% of its calls move to acme/small, of which no latency is recorded".
func (n NoLatency) String() string { return n.Of("its calls") }

// Of says the same of calls by another name.
func (n NoLatency) Of(calls string) string {
	who := "all of " + calls + " move"
	if n.Share < 1 {
		who = fmt.Sprintf("%.0f%% of %s move", min(max(100*n.Share, 1), 99), calls)
	}
	if n.Recorded == 0 {
		return who + " to " + n.Model + ", of which no latency is recorded"
	}
	return fmt.Sprintf("%s to another model, and of %s only %d latencies are recorded, where %d are needed", who, n.Model, n.Recorded, n.Needed)
}

// Settle says what would make it known.
func (n NoLatency) Settle() string {
	return fmt.Sprintf("record %d calls of %s with their latency, on any track", n.Needed, n.Model)
}

// latencyUnknown marks a check on latency that head's models leave open.
func (c *Check) latencyUnknown(missing []NoLatency, per string) {
	var why, settle []string
	for _, n := range missing {
		why, settle = append(why, n.String()), append(settle, n.Settle())
	}
	c.unknown(fmt.Sprintf("latency per %s under this change is not known: %s", per, strings.Join(why, "; ")), strings.Join(settle, "; "))
}

// latencySettle words what leaves a check on latency open: not a count, but the fit that moved the calls.
func latencySettle(doubt float64) string {
	return fmt.Sprintf("the change moves latency by an amount known to ±%s: record more calls of the models concerned, or move the ceiling", rough(doubt))
}

// sampled words the interval of a P95 for beside it; "" where it claims nothing, or is no wider than the P95 as it reads.
func (r *Range) sampled() string {
	if r == nil || r.Confidence <= 0 {
		return ""
	}
	low, high := rough(r.Low), rough(r.High)
	if low == high {
		return ""
	}
	return fmt.Sprintf(" (%.0f%% interval %s to %s)", 100*r.Confidence, low, high)
}

func rough(ms float64) string { return Millis(nanos(ms)).Text }
