package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/replay"
)

// cheapest picks the cheapest row at P50 that keeps every ceiling on latency and whose latency is known, of equals the
// first, and says why; −1 where there is none. A row of another volume is another future, not another way to serve the
// same one, so it takes no part, unless all variants are of one volume.
func cheapest(rows []row) (best int, why string) {
	best = -1
	var least float64
	asked := 0
	var against []string
	for i, r := range rows {
		if !alike(rows, r) {
			continue
		}
		asked++
		cost, why := r.contends()
		switch {
		case why != "":
			against = append(against, r.name()+": "+why)
		case best < 0 || cost < least:
			best, least = i, cost
		}
	}
	held := "that keep every ceiling on latency"
	if !slices.ContainsFunc(rows[0].e.Ceilings, func(c budget.Ceiling) bool { return c.Metric == budget.Latency }) {
		held = "whose latency is known (no ceiling on latency is declared)"
	}
	switch {
	case asked < 2:
		return -1, "none is marked: there is nothing to choose between at one volume"
	case best < 0:
		return best, "none is marked: " + strings.Join(against, "; ")
	case best == 0:
		return best, "as is: no variant is cheaper among those " + held
	}
	return best, "the cheapest at P50 of those " + held
}

// contends gives what a row costs, or why it is not to be chosen.
func (r row) contends() (cost float64, why string) {
	cost, priced := r.medianCost()
	over, unclear := r.latencyBreaches()
	switch {
	case over > 0:
		return 0, "over a ceiling on latency"
	case !r.timed(budget.Scope{Kind: "project"}):
		return 0, cmp.Or(r.gaps.latency[budget.Scope{Kind: "project"}], r.unheard(replay.ByProject, ""))
	case unclear > 0:
		return 0, "a ceiling on latency cannot be judged"
	case !priced:
		return 0, "its cost is not known"
	}
	return cost, ""
}

// alike reports whether a row is of the volume that rows are compared at: the variants' own where they share one, that of
// the project as it is otherwise.
func alike(rows []row, r row) bool {
	common := rows[1].volumes()
	for _, other := range rows[2:] {
		if other.volumes() != common {
			common = rows[0].volumes()
			break
		}
	}
	return r.volumes() == common
}

// volumes words the volume of every track.
func (r row) volumes() string {
	var b strings.Builder
	for _, track := range r.was.res.Names(replay.ByTrack) {
		volume := 1.0
		if r.v != nil {
			volume = r.v.Volume(track)
		}
		fmt.Fprintf(&b, "%q %g ", track, volume)
	}
	return b.String()
}

// notMeasured is what no replay says.
var notMeasured = []string{"quality: calls were replayed, answers were not; what a cheaper model, a shorter prompt or fewer passages do to them has to be tried"}

// presumed is what a replay takes for granted when it takes a step of a kind.
var presumed = []struct {
	kinds []replay.Kind
	text  string
}{
	{[]replay.Kind{replay.KindModel, replay.KindTokenizer}, "another model is sent the same text and answers with as much of it as was recorded; how long it takes is learnt from its own recorded calls"},
	{[]replay.Kind{replay.KindRetrieval}, "every call of a track that declares retrieval retrieves top_k × chunk_tokens, as plain input"},
	{[]replay.Kind{replay.KindInputCap, replay.KindOutputCap}, "a cap cuts what was recorded and nobody asks again; a raised cap moves nothing"},
	{[]replay.Kind{replay.KindTemplate, replay.KindCache}, "under another text calls are as many and answers as long as under the one they were made from"},
	{[]replay.Kind{replay.KindTier}, "a service tier changes prices only: whether the work can wait, or is turned away, is not recorded"},
}

// assumed lists what the rows take for granted.
func assumed(rows []row) []string {
	out := []string{}
	for _, a := range presumed {
		if slices.ContainsFunc(rows[1:], func(r row) bool {
			return slices.ContainsFunc(r.res.Causes, func(c *replay.Cause) bool { return slices.Contains(a.kinds, c.Kind) })
		}) {
			out = append(out, a.text)
		}
	}
	if slices.ContainsFunc(rows[1:], func(r row) bool { return r.v.Scales() }) {
		out = append(out, "more or fewer calls are like those recorded and wait no longer for their answers")
	}
	return out
}
