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
at the least; that is a warning here too. The window is loader.context_window in tokengate.yaml, else that of the model; another
tool in loader.tool has no such limit. The documentation advises to stay below 200 lines, because what is long is followed
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
		limit, of := p.mostChars(x.template)
		chars, lines := utf8.RuneCountInString(x.Text()), x.parts[len(x.parts)-1].Span.End.Line-1
		f := at(whole(x.Path), "move what only some tasks need into rules with paths, or skills", "")
		f.Tokens, f.Cost = x.tokens, cost(x.carry)
		switch {
		case limit > 0 && int64(chars) > limit:
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

// mostChars is the number of characters from which on the tool warns of a file of a template, and what it is; 0 where no
// tool is known to.
func (p *project) mostChars(t *prompt.Template) (limit int64, of string) {
	loader := p.Policy.Loading()
	if loader.Tool != "" && loader.Tool != prompt.ClaudeCode {
		return 0, ""
	}
	window, whose := loader.ContextWindow, "loader.context_window"
	if m, ok := p.priced(t); ok && window == 0 {
		window, whose = m.Context, "the context of "+m.ID
	}
	if limit = window / 5; limit > manyChars { // 5 % of the tokens, of four characters each
		return limit, fmt.Sprintf("the %s that are 5 %% of %s", money.Count(limit).Exact(), whose)
	}
	return manyChars, "the 40,000 that Claude Code warns at"
}
