package prompt

import (
	"path"
	"strings"

	"github.com/tokengate/tokengate/internal/engine"
)

// The kinds of prompt files that are rendered: their text depends on variables by more than {{name}}.
const (
	Jinja      Kind = "jinja"      // .j2, .jinja, .jinja2
	Handlebars Kind = "handlebars" // .hbs, .handlebars
	Mustache   Kind = "mustache"   // .mustache
	Dotprompt  Kind = "dotprompt"  // .prompt
	Prompty    Kind = "prompty"    // .prompty
	Chat       Kind = "chat"       // .json of messages: {{name}} is filled in inside their texts
)

var kinds = map[string]Kind{
	".j2": Jinja, ".jinja": Jinja, ".jinja2": Jinja, ".hbs": Handlebars, ".handlebars": Handlebars, ".mustache": Mustache, ".prompt": Dotprompt, ".prompty": Prompty,
}

func renderedKind(name string) (Kind, bool) {
	k, ok := kinds[strings.ToLower(path.Ext(name))]
	return k, ok
}

// Rendered reports whether what files of the kind send is made anew from their variables, by a template engine or, for
// Chat, message by message.
func (k Kind) Rendered() bool { return k == Chat || k.language() != "" }

// Varies reports whether what such a file sends depends on variables.
func (k Kind) Varies() bool { return k == Plain || k.Rendered() }

// language is what the body of the kind is written in; of a Prompty file unless its header says otherwise.
func (k Kind) language() engine.Language {
	switch k {
	case Jinja, Prompty:
		return engine.Jinja
	case Handlebars:
		return engine.Handlebars
	case Mustache:
		return engine.Mustache
	case Dotprompt:
		return engine.Dotprompt
	default:
		return ""
	}
}
