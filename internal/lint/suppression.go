package lint

import (
	"slices"
	"strings"
	"unicode"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// suppression holds findings of some rules back, in some lines of a file or in files of a pattern.
type suppression struct {
	kind    string // comment or config
	rules   []string
	reason  string
	at      source.Span
	covers  source.Span // whole lines; without a line, the file
	matches func(file string) bool
	expires string // YYYY-MM-DD
	used    map[string]bool
}

// holds reports whether the suppression is about a finding. A comment may stand at any of the places of a finding.
func (s *suppression) holds(f Finding) bool {
	if !slices.Contains(s.rules, f.Rule) {
		return false
	}
	if s.matches != nil {
		return s.matches(f.Span.File)
	}
	return s.covered(f.Span) || slices.ContainsFunc(f.Related, func(r report.LintRelated) bool { return s.covered(r.Place) })
}

func (s *suppression) covered(at source.Span) bool {
	line := at.Start.Line
	return at.File == s.covers.File && (s.covers.Start.Line == 0 || line >= s.covers.Start.Line && line < s.covers.End.Line)
}

// mark begins a suppression in a comment.
const mark = "tokengate-ignore"

// parseIgnore reads "tokengate-ignore RULE[, RULE…]: reason". ok is false for any other text; rules and reason may be
// empty, which is for the caller to refuse.
//
// The grammar: the mark, white space, rule ids separated by commas or spaces, a colon, the reason to the end of the text.
func parseIgnore(comment string) (rules []string, reason string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(comment), mark)
	if !ok || rest != "" && !unicode.IsSpace(rune(rest[0])) && rest[0] != ':' {
		return nil, "", false
	}
	list, reason, _ := strings.Cut(rest, ":")
	rules = strings.FieldsFunc(list, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	return rules, strings.Join(strings.Fields(reason), " "), true
}

// suppressions finds every suppression of the project, in the order of the files, and says what is wrong with them.
func (p *project) suppressions() ([]*suppression, []Finding) {
	c := collector{known: p.ids()}
	for _, x := range p.texts {
		c.comments(x.Comments())
		for _, block := range x.yamlBlocks() {
			c.yaml(x.Path, block)
		}
	}
	for _, name := range p.yamlFiles() {
		c.yaml(name, lines{text: string(p.content(name)), first: 1})
	}
	p.configured(&c)
	return c.list, c.wrong
}

// collector gathers suppressions and what is wrong with them.
type collector struct {
	known []string
	list  []*suppression
	wrong []Finding
}

func (c *collector) comments(list []prompt.Comment) {
	for _, m := range list {
		rules, reason, ok := parseIgnore(m.Text)
		switch {
		case !ok:
		case m.Inline:
			f := at(m.Span, "put the comment on a line of its own, with a blank line after it", "a suppression inside a line of text is sent with it, and holds nothing back")
			c.refuse(suppressionInline, f)
		default:
			c.add(&suppression{kind: "comment", rules: rules, reason: reason, at: m.Span, covers: m.Covers})
		}
	}
}

// add checks a suppression and keeps what can be used of it.
func (c *collector) add(s *suppression) {
	if len(s.rules) == 0 || s.reason == "" {
		c.refuse(suppressionWithoutReason, at(s.at, "write "+mark+" RULE: why it is accepted", "a suppression needs a rule and a reason; this one holds nothing back"))
		return
	}
	s.used = map[string]bool{}
	s.rules = slices.DeleteFunc(slices.Clone(s.rules), func(id string) bool {
		switch {
		case !slices.Contains(c.known, id):
			c.refuse(suppressionUnknownRule, at(s.at, source.DidYouMean(id, c.known, "tokengate explain lists every rule"), "no rule is called %q; nothing is held back", id))
		case !suppressible(id):
			c.refuse(suppressionRefused, at(s.at, "mend what it says", "%s cannot be suppressed", id))
		default:
			return false
		}
		return true
	})
	c.list = append(c.list, s)
}

func (c *collector) refuse(r Rule, f Finding) {
	f.Rule, f.Severity = r.ID, r.Severity
	c.wrong = append(c.wrong, f)
}

// suppressible reports whether a rule may be suppressed: not those that watch over suppressions.
func suppressible(id string) bool {
	return !strings.HasPrefix(id, "suppression-") && id != settingsChanged.ID
}

// configured adds what the settings in force ignore.
func (p *project) configured(c *collector) {
	for _, e := range p.Settings.Ignore {
		i := e.Value
		s := &suppression{kind: "config", rules: []string{i.Rule.Value}, reason: strings.TrimSpace(i.Reason.Value), at: e.Span, matches: i.Matches}
		if i.Expires.Set {
			s.expires = i.Expires.Value.Format("2006-01-02")
		}
		if i.Expired(p.Now) {
			c.refuse(suppressionExpired, at(e.Span, "mend the finding, or give the entry a later day", "this held %s back until %s, and no longer does", i.Rule.Value, s.expires))
			continue
		}
		c.add(s)
	}
	for _, e := range p.Settings.Rules {
		switch id := e.Key.Value; {
		case !slices.Contains(c.known, id):
			c.refuse(suppressionUnknownRule, at(e.Key.Span, source.DidYouMean(id, c.known, "tokengate explain lists every rule"), "no rule is called %q; its severity changes nothing", id))
		case !suppressible(id):
			c.refuse(suppressionRefused, at(e.Key.Span, "take the line out", "the severity of %s cannot be set", id))
		}
	}
}
