package render

import (
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
)

// groupSections gives the track table and, where they say more, those of features and models.
func groupSections(r *report.Report) []section {
	per := " per " + md(r.Period.Name)
	var list []section
	if tracks := withTotal(r); tracks != nil {
		list = append(list, groupSection(r, 6, "Tracks"+per, "Track", tracks))
	}
	if worthShowing(r.Features) {
		list = append(list, groupSection(r, 9, "Features"+per, "Feature", r.Features))
	}
	if worthShowing(r.Models) {
		list = append(list, groupSection(r, 13, "Models"+per, "Model", r.Models))
	}
	return list
}

func groupSection(r *report.Report, rank int, title, name string, groups []report.Group) section {
	s := section{name: strings.ToLower(name) + " table", rank: rank, keep: 10, unit: "row"}
	cols := []string{name, "Ceiling:", "P50:", "P90:", "P(over):", "Used:", "P95 latency:"}
	if r.Base != nil {
		cols = []string{name, "Ceiling:", "Base P50:", "Head P50:", "Head P90:", changeHead(groups), "P(over):", "Used:", "P95 latency:"}
	}
	s.head = append(heading(title), tableHead(cols...)...)
	for i := range groups {
		s.rows = append(s.rows, groupRows(r, &groups[i])...)
		for _, n := range groupNotes(groups[i]) {
			s.foot = append(s.foot, "- "+md(groups[i].Name+": "+n))
		}
	}
	s.foot = clipList(s.foot, 20)
	return s
}

// changeHead names the confidence of the intervals below it.
func changeHead(groups []report.Group) string {
	for _, g := range groups {
		if g.Cost != nil && g.Cost.Confidence > 0 {
			return "Change (" + percent(g.Cost.Confidence) + " interval):"
		}
	}
	return "Change:"
}

// groupRows gives one row per period ceiling of the group, or one without a ceiling.
func groupRows(r *report.Report, g *report.Group) []string {
	name, latency := md(g.Name), pair(r.Base != nil, perCall(g.Base)[3], perCall(g.Head)[3])
	checks := r.PeriodChecks(g)
	if len(checks) == 0 {
		return []string{tableRow(slices.Concat([]string{name, none}, groupFigures(r, g, "cost"), []string{none, none, latency})...)}
	}
	var rows []string
	for _, c := range checks {
		limit := md(c.Limit.Text)
		if c.Limit.Unit == "tokens" {
			limit += " tok"
		}
		if c.Measure != "" {
			limit += " at " + md(c.Measure)
		}
		share := usedShare(c)
		if c.Status != report.Pass {
			share += " " + statusIcon[c.Status]
		}
		rows = append(rows, tableRow(slices.Concat([]string{name, limit}, groupFigures(r, g, c.Metric), []string{over(c.PHead), share, latency})...))
		name, latency = "", ""
	}
	return rows
}

// groupFigures gives P50 and P90 of a metric, with base and change where there is a base.
func groupFigures(r *report.Report, g *report.Group, metric string) []string {
	head := dist(g.Head, metric)
	if g.Head == nil {
		head.p50 = "no calls"
	}
	if r.Base == nil {
		return []string{head.p50, head.p90}
	}
	effect := g.Cost
	if metric == "tokens" {
		effect = g.Tokens
	}
	return []string{dist(g.Base, metric).p50, head.p50, head.p90, shortInterval(effect)}
}
