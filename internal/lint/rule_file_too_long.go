package lint

import (
	"fmt"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

var fileTooLong = Rule{Rule: source.Rule{
	ID:      "file-too-long",
	Summary: "a memory file is longer than is good for it",
	Explain: `Claude Code warns of a memory file with more characters than 5 % of the context window holds (four a token), and of 40,000
at the least; that is a warning here too. Its documentation advises to stay below 200 lines, because what is long is followed
less well; a longer file that is sent from the start of every conversation is an info. Characters are those that are sent.`,
}, Severity: source.Warning, check: (*project).filesTooLong}

const (
	manyLines = 200
	manyChars = 40_000
)

func (p *project) filesTooLong() []Finding {
	var out []Finding
	for _, x := range p.texts {
		if x.template.Kind != prompt.ClaudeMD || len(x.parts) == 0 {
			continue
		}
		limit, of := manyChars, "the 40,000 that Claude Code warns at"
		if m, ok := p.priced(x.template); ok && m.Context*4/20 > manyChars {
			limit, of = int(m.Context*4/20), fmt.Sprintf("the %s that are 5 %% of the context of %s", money.Count(m.Context*4/20).Exact(), m.ID)
		}
		chars, lines := utf8.RuneCountInString(x.Text()), x.parts[len(x.parts)-1].Span.End.Line-1
		f := at(whole(x.Path), "move what only some tasks need into rules with paths, or skills", "")
		f.Tokens, f.Cost = x.tokens, cost(x.carry)
		switch {
		case chars > limit:
			f.Summary = fmt.Sprintf("%s sends %s characters, more than %s", x.Path, money.Count(chars).Exact(), of)
		case lines > manyLines && x.always():
			f.Summary = fmt.Sprintf("%s has %s lines; below %d is advised", x.Path, money.Count(lines).Exact(), manyLines)
			f = f.info()
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}
