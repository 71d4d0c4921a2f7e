package budget

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

var unitCeiling = Rule{source.Rule{
	ID:      "unit-ceiling",
	Summary: "one call or one session is over its ceiling",
	Explain: `Ceilings per call and per session do not depend on volume, so they are the sharpest. They are held against the 95th
percentile of the recorded calls (or sessions) as replayed under the change: one call in twenty may be larger. Metrics
are input_tokens (the whole prompt, cached or not), output_tokens, tokens, cost and latency. Where nothing is recorded
(no sessions, no latency, no call of that scope, or means of several calls only) the check is inconclusive. So it is for
latency where calls move to a model that no latency is recorded of, and where the limit is nearer than the error of the
fit that moved the calls. Of a section or a file the own text is held, which needs no traffic to be counted, and what sending it
once costs. The interval beside a P95 is that of the recording; like money, the P95 itself is held.`,
}, checkUnit}

func checkUnit(e *Evidence) (checks []Check, _ []Finding) {
	for _, c := range e.Ceilings {
		if c.Kind == PerCall || c.Kind == PerSession {
			checks = append(checks, unitCheck(e, c))
		}
	}
	return checks, nil
}

func unitCheck(e *Evidence, c Ceiling) Check {
	check := Check{Ceiling: c, Measure: "P95"}
	m := e.Scopes[c.Scope]
	per := strings.TrimPrefix(c.Kind, "per_")
	if check.unsent(m) {
		return check
	}
	head := c.unit(m.Head)
	if head == nil && c.Scope.OwnText() {
		check.textUnmeasured()
		return check
	}
	if head == nil && c.Metric == Latency && len(m.NoLatency) > 0 {
		check.latencyUnknown(m.NoLatency, per)
		return check
	}
	if head == nil {
		what := map[string]string{Latency: "latency"}[c.Metric]
		if what == "" {
			what = per + "s"
		}
		known := "no " + what
		if m.Means > 0 && m.Means == m.Calls {
			known, what = "only means of calls", "single calls"
		}
		check.unknown(fmt.Sprintf("%s recorded, so %s per %s cannot be held", known, name(c.Metric), per), "record "+what+" for "+c.Scope.String())
		return check
	}
	base := c.unit(m.Base)
	doubt := m.Head.CallDoubt
	if c.Kind == PerSession {
		doubt = m.Head.SessionDoubt
	}
	hold(e, &check, base, head, doubt[c.Metric], m.CountingError)
	measured := fmt.Sprintf("p95 %s of a %s %s", name(c.Metric), per, head.Text)
	if c.Metric == Latency && check.Status == Inconclusive {
		check.Settle = latencySettle(doubt[c.Metric])
	}
	if c.Metric == Latency && c.Kind == PerCall {
		measured += m.Head.LatencyP95.sampled()
	}
	if c.Scope.OwnText() {
		measured = check.textUnit(head)
	}
	check.sentence(measured)
	return check
}

func (c Ceiling) unit(n *Numbers) *Quantity {
	if n == nil {
		return nil
	}
	values := n.PerCall
	if c.Kind == PerSession {
		values = n.PerSession
	}
	v, ok := values[c.Metric]
	if !ok {
		return nil
	}
	q := c.quantity(v)
	return &q
}

func name(metric string) string { return strings.ReplaceAll(metric, "_", " ") }

func nanos(ms float64) time.Duration { return time.Duration(ms * 1e6) }
