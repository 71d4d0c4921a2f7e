package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
)

// provenance says what the numbers rest on.
func (w writer) provenance() report.Provenance {
	n := w.res.Notes
	p := report.Provenance{
		Recordings: []report.Recording{}, Calls: w.res.Calls, Lines: w.rec.Lines, Skipped: []report.Skipped{}, Duplicates: w.rec.Duplicates, Replaced: w.rec.Replaced,
		From: w.rec.First, To: w.rec.Last, Days: len(w.m.days), CountingError: round(w.res.CountingError, 4), CountingBy: w.res.CountingBy,
		PricesFrom: []string{w.count.catalog.Origin()}, ConfigDigest: digest(w.policy), Assumptions: assumptions(n, w.res.Base != nil),
	}
	if p.CountingError == 0 {
		p.CountingBy = ""
	}
	p.Calibration = calibration(w.policy)
	if u := w.e.Unmapped; u.Calls > 0 {
		p.Unmapped = &report.Unmapped{Calls: u.Calls, Share: round(u.Share, 6), Of: u.Of}
	}
	if g := w.m.groups[budget.Scope{Kind: "project"}]; g != nil {
		p.Sessions = int64(len(g.Sessions()))
		p.MoreSessions = p.Sessions >= replay.Sampled
	}
	for _, f := range w.rec.Files {
		p.Recordings = append(p.Recordings, report.Recording{Path: f.Name, Dialect: f.Dialect, Lines: f.Lines, Calls: f.Calls, Sampling: f.Sampling})
	}
	for _, s := range w.rec.Skipped {
		p.Skipped = append(p.Skipped, report.Skipped{Reason: s.Reason, Bad: s.Bad, Count: s.Count})
	}
	for _, price := range w.e.Prices {
		if price.AsOf.IsZero() {
			continue
		}
		day := price.AsOf.Format(time.DateOnly)
		if p.PricesOldest == "" || day < p.PricesOldest {
			p.PricesOldest = day
		}
		p.PricesNewest = max(p.PricesNewest, day)
	}
	p.Notes = append(p.Notes, w.m.partial()...)
	if note := w.unseenNote(); note != "" {
		p.Notes = append(p.Notes, note)
	}
	p.Assumptions = append(p.Assumptions, w.m.followed(w.m.period.Word())...)
	return p
}

// calibration names the file that the factors came from; nil without one.
func calibration(s *side) *report.Calibration {
	if s.calibration == nil {
		return nil
	}
	c := report.Calibration{Path: path.Clean(s.policy.Calibration.Value), Digest: s.calibration.Digest(), Families: s.calibration.Families()}
	for _, name := range c.Families {
		f, _ := s.calibration.Family(name)
		c.Samples += f.Samples
	}
	return &c
}

// digest identifies the configuration that the ceilings came from.
func digest(s *side) string {
	sum := sha256.Sum256(s.policy.Content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func assumptions(n replay.Notes, hasBase bool) []string {
	out := []string{}
	add := func(count int64, format string, args ...any) {
		if count > 0 {
			out = append(out, fmt.Sprintf("%s calls ", money.Count(count).Exact())+fmt.Sprintf(format, args...))
		}
	}
	side := "head"
	if hasBase {
		side = "base"
	}
	add(n.NoVersion, "name their template but not its version: taken as %s's", side)
	for _, t := range slices.Sorted(maps.Keys(n.UnknownVersion)) {
		add(n.UnknownVersion[t], "were made from a version of %s that is in no commit here: taken as %s's", t, side)
	}
	add(n.NoTemplate, "name no template: a change of template text does not move them")
	add(n.Bounds, "hold only a lower bound of their output")
	add(n.Clamped, "were shorter than the text that the change removes: reduced to zero")
	add(n.OtherModel, "were made on another model than base declares: the change of model does not move them")
	add(n.Means, "are known only as means of several: they count in every sum, and in no quantile of single calls or sessions")
	add(n.MissingVars, "lack a variable that the template uses: rendered with its name")
	if n.MixedSessions > 0 {
		out = append(out, money.Count(n.MixedSessions).Exact()+" sessions hold calls that stand for different numbers of calls: the smallest is the session's weight")
	}
	return out
}

func (w writer) method() []string {
	out := []string{
		"Recorded calls are replayed under both revisions; money is exact: tokens of a price class are summed as integers and multiplied once.",
		fmt.Sprintf("Prices are those of %s.", w.in.Now.Format(time.DateOnly)),
		"The effect of the change is paired: the same calls under base and head; its interval resamples whole sessions and adds the counting error.",
		fmt.Sprintf("The volume of the period has the spread of 274 recorded series with a like history, widened by sampling. Every scope is a sum of the same %s drawn paths, so that parts add up to the whole in every path, if not in their quantiles; head's path is base's times the recorded ratio.", money.Count(forecast.PathCount).Exact()),
		"Ceilings per call and per session are held against the 95th percentile of what was recorded.",
		fmt.Sprintf("Period ceilings are held at P%.0f at this stage; tracks of low risk tolerance at P90.", w.policy.policy.Quantile(w.in.Stage)*100),
	}
	seen := map[string]bool{}
	for _, n := range w.m.notes {
		if !seen[n.Text] {
			seen[n.Text] = true
			out = append(out, strings.ToUpper(n.Text[:1])+n.Text[1:]+".")
		}
	}
	slices.Sort(out[6:])
	return out
}
