package render

import (
	"io"

	"github.com/tokengate/tokengate/internal/report"
)

// CostMarkdown writes a cost surface as Markdown: the tables of CostTable. Text that came from files is inert, as in
// Markdown.
func CostMarkdown(w io.Writer, d *report.Surface, o Options) error {
	per := md(d.Period.Name)
	list := []section{{head: []string{"### What sending the text costs a " + per, "", "Its own tokens, not the calls that carry it."}}}
	if !o.Changes {
		files := section{name: "files and sections", rank: 3, unit: "line", keep: 20, head: append([]string{""}, costHead(per)...)}
		for _, l := range costLines(d) {
			label := md(l.label)
			if l.whole {
				label = "**" + label + "**"
			}
			files.rows = append(files.rows, tableRow(label, l.tokens, l.calls, l.cost, l.share, l.read))
		}
		list = append(list, files)
	}
	if len(d.Changes) > 0 {
		list = append(list, changeTable(d))
	}
	list = append(list, section{name: "what the figures rest on", rank: 2, unit: "line", head: heading("What the figures rest on"), rows: bullets(costFacts(d))})
	_, err := io.WriteString(w, assemble(commentLimit, list))
	return err
}

func costHead(per string) []string {
	return tableHead("Where", "Tokens:", "Sent/"+per+":", "$/"+per+":", "Of spend:", "Cache reads:")
}

func changeTable(d *report.Surface) section {
	out := section{name: "changes", rank: 1, unit: "change", head: append(heading("Changed against "+md(revision(*d.Base))), tableHead("Where", "Tokens/call:", "$/"+md(d.Period.Name)+":")...)}
	costs := newCoins(changesTotal(d))
	for i, text := range costs.parts(changeCosts(d)) {
		if i < len(d.Changes) {
			out.rows = append(out.rows, tableRow(md(changeLabel(d.Changes[i])), causeTokens(d.Changes[i]), plus(text)))
		} else {
			out.rows = append(out.rows, tableRow(restLabel(d.MoreChanges, "change"), "", plus(text)))
		}
	}
	out.rows = append(out.rows, tableRow("**total**", "", "**"+plus(costs.text(costs.total))+"**"))
	return out
}
