package traffic

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/source"
)

// MapRule is one rule of a mapping as it was written: calls of which every condition holds get the values.
type MapRule struct {
	// When holds patterns by the name of a fact; one of a list is enough. See glob for what a pattern matches. A fact
	// that is told several times, such as a tag, matches with any of its values, and one that is not told matches nothing.
	When source.Map[[]source.At[string]]
	Set  []MapValue
	// Override lets the values replace what the record itself says: readers take a label from what a recorder attached,
	// such as the name of an agent, and where a team uses that name for something else the call would count on the wrong
	// track. It does not replace what an earlier rule has set.
	Override bool
	Span     source.Span
}

// MapValue is what a rule gives to one of MapFields: text in which {fact} stands for the fact's value.
type MapValue struct {
	Field string
	Value source.At[string]
}

// MapFields lists the fields of a call that a rule may set.
func MapFields() []string { return slices.Clone(labelNames[:]) }

// labelCount is how many fields of a call rules may set.
const labelCount = 8

var labelNames = [labelCount]string{"track", "feature", "user", "session", "template", "template_version", "agent", "skill"}

// label is the field of a call by its place in labelNames.
func (c *Call) label(i int) *string {
	return [...]*string{&c.Track, &c.Feature, &c.User, &c.Session, &c.Template, &c.TemplateVersion, &c.Agent, &c.Skill}[i]
}

// ownFacts are the facts that are read from the call itself, with what earlier rules gave it.
var ownFacts = map[string]func(*Call) string{
	"track": func(c *Call) string { return c.Track }, "feature": func(c *Call) string { return c.Feature },
	"user": func(c *Call) string { return c.User }, "session": func(c *Call) string { return c.Session },
	"template": func(c *Call) string { return c.Template }, "template_version": func(c *Call) string { return c.TemplateVersion },
	"agent": func(c *Call) string { return c.Agent }, "skill": func(c *Call) string { return c.Skill },
	"model": func(c *Call) string { return c.Model }, "id": func(c *Call) string { return c.ID },
	"tier": func(c *Call) string { return c.Tier }, "status": func(c *Call) string { return c.Status },
}

const (
	factDialect  = "dialect" // of the file
	factFile     = "file"    // its display name
	factTag      = "tag"
	metadataFact = "metadata."
)

// toldFacts are the facts that only a reader can tell; see Fact.
var toldFacts = []string{"name", "operation", factTag, "prompt", "prompt_version", "path", "provider"}

// FactNames lists what a condition may name, beside metadata.<key>.
func FactNames() []string {
	names := slices.Concat(labelNames[:], []string{"model", "id", "tier", "status"}, toldFacts, []string{factDialect, factFile})
	slices.Sort(names)
	return names
}

func knownFact(name string) bool {
	return slices.Contains(FactNames(), name) || strings.HasPrefix(name, metadataFact) && len(name) > len(metadataFact)
}

func pathFact(name string) bool { return name == "path" || name == factFile || name == "template" }

// compiled is a rule in the form that is applied.
type compiled struct {
	when     []condition
	set      [labelCount][]part // nil: the rule does not set the field
	override bool
	span     source.Span
}

// condition asks for a fact: by its place in Mapping.asked, and by the condition's place among those of the fact.
type condition struct{ fact, nth int }

// ask is a fact that rules ask for, with all conditions on it: patterns, of which any value must match any.
type ask struct {
	name       string
	conditions [][]func(string) bool
}

// test holds one value against one condition. A fact that is missing matches nothing.
func (a *ask) test(nth int, value string) bool {
	return value != "" && slices.ContainsFunc(a.conditions[nth], func(match func(string) bool) bool { return match(value) })
}

// part is a piece of a value: text, or with text "" a fact.
type part struct {
	text string
	fact int
}

// compile checks a rule and brings it into the form that is applied.
func (m *Mapping) compile(r MapRule, diags *source.Diagnostics) compiled {
	out := compiled{override: r.Override, span: r.Span}
	if len(r.When) == 0 {
		diags.Add(ruleMap, r.Span, `say which calls it is for; for all of them: when: {file: "**"}`, "a map rule has no conditions")
	}
	if len(r.Set) == 0 {
		diags.Add(ruleMap, r.Span, "set one of "+strings.Join(MapFields(), ", "), "a map rule sets nothing")
	}
	for _, w := range r.When {
		if name := w.Key.Value; !knownFact(name) {
			diags.Add(source.RuleUnknownKey, w.Key.Span, nearFact(name), "unknown fact %q in a map rule", name)
			continue
		}
		out.when = append(out.when, m.condition(w, diags))
	}
	for _, v := range r.Set {
		if i := slices.Index(labelNames[:], v.Field); i >= 0 {
			out.set[i] = m.parts(v.Value, diags)
		}
	}
	return out
}

// nearFact is the hint for a name that is no fact. What a recorder attached is reached through metadata.
func nearFact(name string) string {
	return source.DidYouMean(name, FactNames(), "write metadata."+strings.TrimPrefix(name, metadataFact)+" for what the recorder attached, or one of "+strings.Join(FactNames(), ", "))
}

func (m *Mapping) condition(w source.Entry[[]source.At[string]], diags *source.Diagnostics) condition {
	name := w.Key.Value
	var match []func(string) bool
	if len(w.Value) == 0 {
		diags.Add(ruleMap, w.Key.Span, `write a pattern, such as "*" for any value`, "the condition on %s has no pattern", name)
	}
	for _, p := range w.Value {
		switch {
		case p.Value == "":
			diags.Add(ruleMap, p.Span, `write "*" for any value; a fact that is missing matches nothing`, "an empty pattern for %s", name)
		case pathFact(name) && !doublestar.ValidatePattern(p.Value):
			diags.Add(ruleMap, p.Span, "close every [ and {", "%q is not a valid glob", p.Value)
		case name == factDialect && !strings.ContainsAny(p.Value, "*?") && !slices.Contains(Dialects(), p.Value):
			diags.Add(ruleMap, p.Span, source.DidYouMean(p.Value, Dialects(), "write one of "+strings.Join(Dialects(), ", ")), "there is no dialect %q", p.Value)
		default:
			match = append(match, glob(p.Value, pathFact(name)))
		}
	}
	i := m.fact(name)
	m.asked[i].conditions = append(m.asked[i].conditions, match)
	return condition{i, len(m.asked[i].conditions) - 1}
}

// parts takes a value apart at its braces.
func (m *Mapping) parts(v source.At[string], diags *source.Diagnostics) []part {
	var out []part
	if v.Value == "" {
		diags.Add(ruleMap, v.Span, "write the value, or remove the key", "an empty value")
	}
	for rest := v.Value; rest != ""; {
		text, after, braced := strings.Cut(rest, "{")
		name, tail, closed := strings.Cut(after, "}")
		switch {
		case strings.Contains(text, "}") || braced && !closed:
			diags.Add(ruleMap, v.Span, "a fact stands between { and }, such as {metadata.user_id}", "the braces of %q do not match", v.Value)
			return nil
		case !braced:
		case name == factTag:
			diags.Add(ruleMap, v.Span, "match the tag under when, and write the value out", "a call may have several tags, so {tag} is none of them")
		case !knownFact(name):
			diags.Add(ruleMap, v.Span, nearFact(name), "there is no fact %q to take a value from", name)
		}
		if text != "" {
			out = append(out, part{text: text})
		}
		if braced {
			out = append(out, part{fact: m.fact(name)})
		}
		rest = tail
	}
	return out
}

// fact gives the place of a name among those that the rules ask for.
func (m *Mapping) fact(name string) int {
	i, ok := m.places[name]
	if !ok {
		i = len(m.asked)
		m.asked = append(m.asked, ask{name: name})
		m.places[name] = i
	}
	return i
}
