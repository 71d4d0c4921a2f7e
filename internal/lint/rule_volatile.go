package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

var volatileBeforeStable = Rule{Rule: source.Rule{
	ID:      "volatile-before-stable",
	Summary: "text that changes stands in front of text that does not, and breaks the prompt cache",
	Explain: `Providers cache a prompt from its beginning to the first byte that differs. A date, a session, a user, a request id or a
question in front of long instructions makes every call pay the plain input price for all that follows. In a prompt file the
place is a {{placeholder}} whose name says that it differs from call to call, with at least 100 tokens of fixed text behind
it. In a memory file, where only edits change the text, it is a stamp that is updated by habit ("last updated: 2026-11-02",
"today is …", "current commit: 4f2c…") with at least 1,000 tokens behind it, and the finding is an info.
Move what changes to the end. The tokens are those behind the place; the cost is what plain input costs more than a cached
read for those of them that recorded traffic did not read from a cache.`,
}, Severity: source.Warning, check: (*project).volatiles}

const (
	behindPlaceholder = 100
	behindStamp       = 1000
)

// changing are words of names whose values differ from call to call.
var changing = []string{"now", "today", "date", "time", "datetime", "timestamp", "session", "user", "uuid", "guid", "request", "trace", "nonce", "random", "seed",
	"counter", "turn", "question", "query", "input", "message", "messages", "history", "conversation", "context", "documents", "passages", "chunks", "results"}

// stampPattern finds what people and scripts update by habit.
var stampPattern = regexp.MustCompile(`(?im)(?:(?:^[\t >*_#-]*updated|(?:\b|_)(?:last[ _-]?(?:updated|modified|edited|changed|generated|sync(?:ed|hronized)?)|updated (?:on|at)|generated (?:on|at)|current date|current time|today(?:'s date)? is|as of today|build(?: number| id)?|current (?:commit|branch|session)|commit(?: hash| sha)?|git sha|session[ _]id))\b[*_` + "`" + `"]*\s*[:=]?[*_` + "`" + `"]*\s*)` +
	`(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ](?:\d{1,2}|[a-z]{3,9})[-/. ]\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2},? \d{4}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{7,40}\b|#?\d{3,}\b|\$\{?[A-Z_]+)`)

func (p *project) volatiles() []Finding {
	var out []Finding
	for _, t := range p.Policy.Templates {
		find := p.varies
		if t.Kind == prompt.ClaudeMD {
			find = p.stamp
		}
		if f, ok := find(t); ok {
			out = append(out, f)
		}
	}
	return out
}

// varies finds the first placeholder of a prompt whose value differs from call to call, with fixed text behind it.
func (p *project) varies(t *prompt.Template) (f Finding, ok bool) {
	vars := t.Placeholders()
	i := slices.IndexFunc(vars, func(v prompt.Placeholder) bool { return differs(v.Name) })
	if i < 0 {
		return f, false
	}
	text, end := t.Text(), vars[i].Offset+vars[i].Length
	var fixed strings.Builder
	for _, v := range vars[i+1:] {
		fixed.WriteString(text[end:v.Offset])
		end = v.Offset + v.Length
	}
	fixed.WriteString(text[end:])
	behind := p.Count(p.model(t)).Count(fixed.String()).Tokens
	if behind < behindPlaceholder {
		return f, false
	}
	f = at(vars[i].Span, "move {{"+vars[i].Name+"}} behind the text that stays the same",
		"{{%s}} differs from call to call, and %s tokens of fixed text behind it cannot be read from the cache", vars[i].Name, money.Count(behind).Exact())
	return p.uncached(f, t, behind), true
}

// differs reports whether a name says that its value is another one in every call or session.
func differs(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	return slices.ContainsFunc(words, func(w string) bool { return w == "id" || slices.Contains(changing, w) })
}

// stamp finds the first stamp of a memory file with enough text behind it.
func (p *project) stamp(t *prompt.Template) (f Finding, ok bool) {
	for i, file := range t.Files {
		for j, s := range file.Sections {
			m := stampPattern.FindStringIndex(s.Text)
			if m == nil || s.Heading == prompt.Wrapper {
				continue
			}
			count := p.Count(p.model(t))
			behind := count.Count(s.Text[m[1]:]).Tokens
			for _, rest := range file.Sections[j+1:] {
				behind += count.Count(rest.Text).Tokens
			}
			for _, rest := range t.Files[i+1:] {
				behind += count.Count(rest.Text()).Tokens
			}
			if behind < behindStamp {
				return f, false
			}
			what := strings.Join(strings.Fields(s.Text[m[0]:m[1]]), " ")
			f = at(p.found(file.Path, s, s.Text[m[0]:m[1]]), "take the stamp out: version control knows it", "%q is updated by habit; each update throws the %s cached tokens behind it away",
				what, money.Count(behind).Exact())
			f.Tokens = behind
			return p.rewritten(f, t, behind).info(), true
		}
	}
	return f, false
}

// found is the place of words in the lines of a section; the section where they do not stand in one line.
func (p *project) found(file string, s prompt.Section, words string) source.Span {
	lines := strings.Split(string(p.content(file)), "\n")
	for n := s.Span.Start.Line; n < s.Span.End.Line && n <= len(lines); n++ {
		if i := strings.Index(lines[n-1], words); i >= 0 {
			start := source.Pos{Line: n, Col: len([]rune(lines[n-1][:i])) + 1}
			return source.Span{File: file, Start: start, End: source.Pos{Line: n, Col: start.Col + len([]rune(words))}}
		}
	}
	return s.Span
}

// rewritten says what it costs to write tokens to a cache again that were read from it: once for every cache that lives, and
// how many live is not recorded, so that it is no sum of a period.
func (p *project) rewritten(f Finding, t *prompt.Template, tokens int64) Finding {
	c := p.templateCarry(t)
	m, ok := p.priced(t)
	if c == nil || c.CacheRead == 0 || !ok {
		return f
	}
	rates, err := m.Rates("", 0)
	if err != nil {
		return f
	}
	if amount := rates.CacheWrite5m.Sub(rates.CacheRead).Times(tokens).Shift(-6); amount.Sign() > 0 {
		f.Summary += fmt.Sprintf(", for %s in each conversation that goes on", amount)
	}
	return f
}

// uncached prices tokens that could be read from a cache and were not.
func (p *project) uncached(f Finding, t *prompt.Template, tokens int64) Finding {
	f.Tokens = tokens
	c := p.templateCarry(t)
	m, ok := p.priced(t)
	if c == nil || !ok || c.CacheRead >= 1 {
		return f
	}
	rates, err := m.Rates("", 0)
	if err != nil {
		return f
	}
	missed := int64(float64(tokens) * float64(c.Calls) * (1 - c.CacheRead))
	amount := rates.Input.Sub(rates.CacheRead).Times(missed).Shift(-6)
	if amount.Sign() > 0 {
		f.Cost = &amount
		f.Summary += fmt.Sprintf("; %.0f %% of the template is read from the cache today", 100*c.CacheRead)
	}
	return f
}
