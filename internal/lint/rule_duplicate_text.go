package lint

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

var duplicateText = Rule{Rule: source.Rule{
	ID:      "duplicate-text",
	Summary: "a section says the same as another one",
	Explain: `Sections of all templates are compared, in one file and across files, without case, punctuation and markup. Two are the same
when their words are, and nearly the same when at least 80 % of their runs of five words are (Jaccard similarity; candidates
are found by MinHash, so the time grows with the text, not with its square). Sections of less than 25 words are left alone.
The later one is named, with the first as the related place. Where a whole file repeats another, the file is named once.
Text that is said twice is paid for twice, and a correction of one leaves the other wrong.`,
}, Severity: source.Warning, check: (*project).duplicates}

const (
	fewWords = 25
	nearly   = 0.80
)

// passage is a text that may stand elsewhere.
type passage struct {
	text *text
	part part
	shingles
}

func (p *project) duplicates() []Finding {
	var out []Finding
	files, sections := newIndex(), newIndex()
	for _, x := range p.texts {
		body := ""
		for _, s := range x.parts {
			if s.Heading != prompt.Wrapper {
				body += s.Text
			}
		}
		whole := passage{text: x, shingles: shinglesOf(body)}
		if first, _ := files.exact(whole); first != nil && whole.words >= fewWords {
			out = append(out, whole.repeats(*first, 1))
			continue
		}
		for _, s := range x.parts {
			here := passage{x, s, shinglesOf(s.body())}
			if s.Heading == prompt.Wrapper || here.words < fewWords {
				continue
			}
			if first, similarity := sections.similar(here); first != nil {
				out = append(out, here.repeats(*first, similarity))
			}
		}
	}
	return out
}

// body is the text of a section without its heading: the same text may stand under another one.
func (s part) body() string {
	if s.Level == 0 {
		return s.Text
	}
	_, rest, _ := strings.Cut(s.Text, "\n")
	return rest
}

// repeats words that a passage says what an earlier one does.
func (a passage) repeats(first passage, similarity float64) Finding {
	how := "says the same as"
	if similarity < 1 {
		how = fmt.Sprintf("is %.0f %% the same as", 100*similarity)
	}
	if a.part.Text == "" {
		f := at(whole(a.text.Path), "keep one file, and import it where it is needed", "%s %s %s", a.text.Path, how, first.text.Path)
		f.Tokens, f.Cost = a.text.tokens, cost(a.text.carry)
		f.Related = []report.LintRelated{{Place: whole(first.text.Path), Message: "the first of the two"}}
		return f
	}
	f := at(a.part.Span, "keep one of the two, or move both into one file that is imported", "%s %s %s at %s:%d", a.part.name(), how, first.part.name(),
		first.text.Path, first.part.Span.Start.Line)
	f.Tokens, f.Cost = a.part.tokens, cost(a.part.carry)
	f.Related = []report.LintRelated{{Place: first.part.Span, Message: "the first of the two"}}
	return f
}
