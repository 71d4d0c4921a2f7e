package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// MarkerPrefix begins the first line of a comment body, a hidden HTML comment by which a later run finds it. Three words
// follow, then " -->": head=<commit>, config=<digest> and at=<RFC 3339 time, UTC>, each "-" when unknown; the time says
// which of two runs is the newer.
const MarkerPrefix = "<!-- tokengate:v1 "

// Markdown writes the pull request comment: at most 65,000 characters (GitHub refuses more than 65,536), in the order a
// reader needs it, cut from the least useful part with a line that says what is missing. Text that came from files is
// inert: it makes no mention, link, image, HTML or extra table cell. Checklist lines read
// "- [ ] <!-- id:ID --> text", so that ticked boxes can be carried over by id.
func Markdown(w io.Writer, r *report.Report) error {
	_, err := io.WriteString(w, assemble(commentLimit, sections(r)))
	return err
}

// sections builds the comment in reading order. Rank 0 is never cut, and of the others the highest goes first.
func sections(r *report.Report) []section {
	p := r.Provenance
	list := []section{{head: verdictLines(r)}}
	list = append(list, standingSections(r)...)
	list = append(list, groupSections(r)...)
	list = append(list, causeSections(r)...)
	list = append(list, findingSections(r)...)
	list = append(list,
		section{name: "provenance", rank: 5, head: heading("What the numbers rest on"), rows: bullets([]string{restsOn(r)})},
		section{name: "assumptions", rank: 12, rows: slices.Concat(prefixed("- assumed: ", p.Assumptions), bullets(p.Notes))},
		section{name: "waivers", rank: 7, head: heading("Waivers in force"), rows: waiverLines(r)},
	)
	list = append(list, folded(r)...)
	return append(list, section{name: "review", rank: 1, keep: 10, head: heading("Post-implementation review"), rows: reviewLines(r), unit: "item"})
}

func heading(t string) []string { return []string{"", "#### " + t, ""} }

var statusIcon = map[report.Status]string{report.Pass: "✅", report.Warn: "⚠️", report.Inconclusive: "❔", report.Fail: "❌"}

// field bounds one text of the report, so that no single one can push the rest out of the comment.
const field = 400

func md(s string) string { return inert(clip(plain(s), field)) }

func verdictLines(r *report.Report) []string {
	v := r.Verdict
	lines := []string{
		marker(r),
		fmt.Sprintf("### %s tokengate %s: %s", statusIcon[v.Status], strings.ToUpper(string(v.Status)), md(v.Headline)),
		"",
	}
	for _, f := range facts(r) {
		lines = append(lines, "- "+md(f))
	}
	for i, reason := range r.OtherReasons() {
		if i == 10 {
			break
		}
		lines = append(lines, "- "+md(reason))
	}
	return lines
}

func marker(r *report.Report) string {
	known := func(s string) string {
		if s == "" {
			return "-"
		}
		return token(clip(s, 100))
	}
	return fmt.Sprintf("%shead=%s config=%s at=%s -->", MarkerPrefix, known(r.Head.Commit), known(r.Provenance.ConfigDigest), r.GeneratedAt.UTC().Format("2006-01-02T15:04:05Z"))
}

func standingSections(r *report.Report) []section {
	st := r.Standing()
	part := func(rank int, name, title string, list []*report.Check) section {
		s := section{name: name, rank: rank, keep: 10, head: heading(title), unit: "ceiling"}
		for _, c := range list {
			s.rows = append(s.rows, checkLine(c, r))
		}
		return s
	}
	return []section{
		part(2, "new breaches", "Over budget because of this change", st.New),
		part(3, "unclear ceilings", "Cannot be judged", st.Unsettled),
		part(4, "inherited breaches", "Inherited from base: already over, not made worse, does not fail this change", st.Inherited),
		part(8, "near ceilings", "Close to a ceiling", st.Close),
	}
}

func checkLine(c *report.Check, r *report.Report) string {
	icon := statusIcon[c.Status]
	if c.Inherits {
		icon = statusIcon[report.Warn]
	}
	line := fmt.Sprintf("- %s **%s**", icon, md(checkText(c)))
	if facts := checkFacts(c, r); facts != "" {
		line += "<br>" + md(facts)
	}
	if c.Settle != "" {
		line += "<br>would settle it: " + md(c.Settle)
	}
	return line
}

// tableHead gives a table's heading and its rule; a name that ends in a colon is aligned right.
func tableHead(names ...string) []string {
	rule := make([]string, len(names))
	for i, n := range names {
		rule[i] = "---"
		if cut, right := strings.CutSuffix(n, ":"); right {
			names[i], rule[i] = cut, "--:"
		}
	}
	return []string{tableRow(names...), "|" + strings.Join(rule, "|") + "|"}
}

func tableRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |" }

func waiverLines(r *report.Report) []string {
	var out []string
	for _, w := range r.Waivers {
		out = append(out, fmt.Sprintf("- %s until %s, granted by %s: %s", code(clip(plain(w.Check), field)), day(w.Expires), md(w.By), md(w.Reason)))
	}
	return out
}

// causeSections gives the largest causes in sight and the rest folded.
func causeSections(r *report.Report) []section {
	var rows []string
	for _, c := range r.Causes {
		rows = append(rows, fmt.Sprintf("- %s → %s → **%s/%s** (%s of the change) — %s", code(clip(place(c.Place), field)), causeEffect(c), change(c.Cost), md(r.Period.Name), percent(c.Share), md(c.Summary)))
	}
	n := min(len(rows), screenful)
	return []section{
		{name: "causes", rank: 10, keep: 10, head: heading("Causes, largest first"), rows: rows[:n], unit: "cause"},
		fold(16, "smaller causes", md(moreCauses(r, r.Causes[n:])), "cause", nil, rows[n:]),
	}
}

func causeEffect(c report.Cause) string {
	if c.Tokens == 0 {
		return changeCount(c.PerPeriod) + " tokens"
	}
	return causeTokens(c) + " tokens/call"
}

// findingSections gives the worst findings in sight and the rest folded.
func findingSections(r *report.Report) []section {
	rows := findingLines(r)
	n := min(len(rows), screenful)
	more := plural(int64(len(rows)-n), "more finding", "more findings")
	return []section{
		{name: "findings", rank: 11, keep: 10, head: heading("Findings"), rows: rows[:n], unit: "finding"},
		fold(17, "lesser findings", more, "finding", nil, rows[n:]),
	}
}

func findingLines(r *report.Report) []string {
	icon := map[source.Severity]string{source.Error: "❌", source.Warning: "⚠️", source.Info: "ℹ️"}
	var out []string
	for _, f := range r.Findings {
		line := "- " + icon[f.Severity] + " "
		if !f.Place.IsZero() {
			line += code(clip(plain(f.Place.String()), field)) + ": "
		}
		line += fmt.Sprintf("%s (%s)", md(f.Message), code(clip(plain(f.Rule), field)))
		if f.Hint != "" {
			line += "<br>hint: " + md(f.Hint)
		}
		if f.Approver != "" {
			line += "<br>needs approval by " + md(f.Approver)
		}
		out = append(out, line)
	}
	return out
}

// fold makes a section that opens on a click.
func fold(rank int, name, title, unit string, head, rows []string) section {
	open := append([]string{"", "<details><summary>" + title + "</summary>", ""}, head...)
	return section{name: name, rank: rank, head: open, rows: rows, foot: []string{"", "</details>"}, unit: unit}
}

func provenanceLines(r *report.Report) []string {
	var out []string
	for _, f := range provenance(r) {
		out = append(out, "- "+f.label+": "+md(f.text))
	}
	return out
}

func bullets(texts []string) []string { return prefixed("- ", texts) }

func prefixed(lead string, texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, lead+md(t))
	}
	return out
}

func reviewLines(r *report.Report) []string {
	var out []string
	for _, item := range r.Review {
		line := fmt.Sprintf("- [ ] <!-- id:%s --> %s", token(clip(item.ID, 200)), md(item.Text))
		if item.Owner != "" {
			line += " — " + md(item.Owner)
		}
		out = append(out, line)
	}
	return out
}
