package render

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// fact is one labelled line of provenance.
type fact struct{ label, text string }

func provenance(r *report.Report) []fact {
	p := r.Provenance
	facts := []fact{{"calls", callsRead(p)}}
	if len(p.Recordings) > 0 {
		facts = append(facts, fact{"skipped", skipped(p)}, fact{"duplicates", duplicates(p)}, fact{"sampling", sampling(p)})
	}
	if !p.From.IsZero() {
		facts = append(facts, fact{"window", fmt.Sprintf("%s to %s; the forecast rests on %s", day(p.From), day(p.To), plural(int64(p.Days), "whole day", "whole days"))})
	}
	if p.Unmapped != nil {
		facts = append(facts, fact{"unmapped", unmapped(p.Unmapped)})
	}
	facts = append(facts, fact{"counting", counting(p)})
	if c := p.Calibration; c != nil {
		facts = append(facts, fact{"calibration", fmt.Sprintf("%s, %s, fitted on %s for %s", c.Path, clip(c.Digest, 20), plural(c.Samples, "request", "requests"), strings.Join(c.Families, ", "))})
	}
	facts = append(facts, fact{"prices", prices(p)})
	if r.Base != nil {
		facts = append(facts, fact{"base", revisionLong(*r.Base)})
	}
	facts = append(facts, fact{"head", revisionLong(r.Head)})
	if p.ConfigDigest != "" {
		facts = append(facts, fact{"config", clip(p.ConfigDigest, 20)})
	}
	return append(facts, fact{"made by", fmt.Sprintf("%s %s at %s", r.Tool.Name, r.Tool.Version, r.GeneratedAt.UTC().Format("2006-01-02T15:04:05Z"))})
}

// unmapped says what belongs to no track. A share that is there never reads as none.
func unmapped(u *report.Unmapped) string {
	share := percent(u.Share)
	if u.Share > 0 && u.Share < 0.0005 {
		share = "less than 0.1%"
	}
	return fmt.Sprintf("%s without a track, %s of %s", plural(u.Calls, "call", "calls"), share, u.Of)
}

// restsOn is provenance in one line: what a reader must know before believing a number.
func restsOn(r *report.Report) string {
	p := r.Provenance
	if len(p.Recordings) == 0 {
		return strings.Join([]string{"no recorded calls", "counting " + counting(p), "prices " + prices(p)}, " · ")
	}
	parts := []string{plural(p.Calls, "call", "calls") + " in " + sessions(p)}
	if !p.From.IsZero() {
		parts = append(parts, fmt.Sprintf("%s to %s", day(p.From), day(p.To)))
	}
	if bad := badRecords(p); bad > 0 {
		parts = append(parts, plural(bad, "unreadable record", "unreadable records"))
	}
	if u := p.Unmapped; u != nil && u.Share < 1 { // where no call has a track, the table of tracks says so in one row
		parts = append(parts, unmapped(u))
	}
	return strings.Join(append(parts, "counting "+counting(p), "prices "+prices(p)), " · ")
}

func badRecords(p report.Provenance) int64 {
	n := int64(0)
	for _, s := range p.Skipped {
		if s.Bad {
			n += s.Count
		}
	}
	return n
}

func callsRead(p report.Provenance) string {
	if len(p.Recordings) == 0 {
		return "none: no recording was read"
	}
	return fmt.Sprintf("%s in %s, from %s of %s", plural(p.Calls, "call", "calls"), sessions(p), plural(p.Lines, "line", "lines"), plural(int64(len(p.Recordings)), "recording", "recordings"))
}

func skipped(p report.Provenance) string {
	var parts []string
	for _, s := range p.Skipped {
		part := fmt.Sprintf("%s %s", money.Count(s.Count).Exact(), s.Reason)
		if s.Bad {
			part += " (bad)"
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// sampling names each recording while there are few, and counts them by dialect and share when there are many.
func sampling(p report.Provenance) string {
	var parts []string
	count := map[string]int64{}
	for _, rec := range p.Recordings {
		share := "all traffic"
		if rec.Sampling < 1 {
			share = percent(rec.Sampling) + " of traffic"
		}
		kind := fmt.Sprintf("(%s): %s", rec.Dialect, share)
		if len(p.Recordings) <= 3 {
			parts = append(parts, rec.Path+" "+kind)
		} else if count[kind]++; count[kind] == 1 {
			parts = append(parts, kind)
		}
	}
	for i, kind := range parts {
		if n := count[kind]; n > 0 {
			parts[i] = plural(n, "recording", "recordings") + " " + kind
		}
	}
	return strings.Join(parts, ", ")
}

func counting(p report.Provenance) string {
	if p.CountingError == 0 {
		return strings.TrimSuffix("exact, "+p.CountingBy, ", ")
	}
	return strings.TrimSuffix(fmt.Sprintf("±%s, %s", percent(p.CountingError), p.CountingBy), ", ")
}

func prices(p report.Provenance) string {
	from := strings.Join(p.PricesFrom, ", ")
	switch {
	case p.PricesOldest == "":
		return strings.TrimPrefix(from+", no price was used", ", ")
	case p.PricesOldest == p.PricesNewest:
		return fmt.Sprintf("%s, as of %s", from, p.PricesOldest)
	}
	return fmt.Sprintf("%s, as of %s (oldest) to %s", from, p.PricesOldest, p.PricesNewest)
}

func revisionLong(v report.Revision) string {
	parts := []string{v.Ref}
	if v.Commit != "" && v.Commit != v.Ref {
		parts = append(parts, v.Commit)
	}
	if !v.Time.IsZero() {
		parts = append(parts, day(v.Time))
	}
	if v.Config == "" {
		return strings.Join(append(parts, "no configuration"), ", ")
	}
	return strings.Join(append(parts, "configuration "+v.Config), ", ")
}

func sessions(p report.Provenance) string {
	if p.MoreSessions {
		return "more than " + plural(p.Sessions, "session", "sessions")
	}
	return plural(p.Sessions, "session", "sessions")
}

func duplicates(p report.Provenance) string {
	text := plural(p.Duplicates, "record", "records") + " of calls already counted"
	if p.Replaced > 0 {
		text += "; of " + plural(p.Replaced, "call", "calls") + " a later or fuller record was taken"
	}
	return text
}
