package prompt

import (
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// Budget is a budget block of a template: the same value whichever of the three spellings it was written in. What it
// governs is its feature, else its track, else its section, else its file's text where Own says so, else the template.
//
// A block that expires is an emergency envelope: until the end of its day, in UTC, what it sets stands in the place of
// what blocks without a day set for the same scope.
type Budget struct {
	Track    source.At[string]     `yaml:"track"`
	Feature  source.At[string]     `yaml:"feature"`
	Expires  source.At[money.Date] `yaml:"expires"`
	Incident source.At[string]     `yaml:"incident" jsonschema_description:"The incident that an emergency envelope is for; it must expire."`
	Reason   source.At[string]     `yaml:"reason"`
	Terms    `yaml:",inline"`
	Limits   `yaml:",inline"`

	Span    source.Span       `yaml:"-"` // where the block starts
	Section source.At[string] `yaml:"-"` // anchor of the section whose own text it governs, and where that is said: the heading, a key, a cell
	Own     bool              `yaml:"-"` // it governs the own text of its file: a rule that is loaded with other files
}

// Terms are the keys about keeping a budget that a block and a track, feature or project of tokengate.yaml share.
type Terms struct {
	Toggles   source.Map[bool]    `yaml:"toggles" jsonschema_description:"Switches of the application. cache: false and retrieval: false are replayed; others are kept and shown."`
	Approvals []source.At[string] `yaml:"approvals" jsonschema_description:"Roles that must approve an edit of these limits."`
	Review    Review              `yaml:"review"`
}

// Limits are the keys that a budget block and a track, feature or project of tokengate.yaml share.
type Limits struct {
	Owner           source.At[string]      `yaml:"owner"`
	Model           source.At[string]      `yaml:"model"`
	Models          Models                 `yaml:"models" jsonschema_description:"The only models that calls may be made on, the fallback included."`
	Fallback        Fallback               `yaml:"fallback"`
	Context         Context                `yaml:"context"`
	MaxOutputTokens source.At[money.Count] `yaml:"max_output_tokens"`
	Ceiling         Ceiling                `yaml:"ceiling"`
	PerCall         Unit                   `yaml:"per_call"`
	PerSession      Unit                   `yaml:"per_session"`
	Growth          Growth                 `yaml:"growth"`
}

// Models lists the models that are allowed; not set allows all.
type Models = source.At[[]source.At[string]]

// Fallback is the cheaper model to degrade to once a share of the ceiling is used.
type Fallback struct {
	Model source.At[string]      `yaml:"model"`
	At    source.At[money.Ratio] `yaml:"at"`
}

// Context caps what goes into a prompt.
type Context struct {
	MaxInputTokens     source.At[money.Count] `yaml:"max_input_tokens"`
	MaxRetrievedTokens source.At[money.Count] `yaml:"max_retrieved_tokens"`
	TopK               source.At[money.Count] `yaml:"top_k"`
	ChunkTokens        source.At[money.Count] `yaml:"chunk_tokens"`
}

// Ceiling limits a period: tokens, money or both.
type Ceiling struct {
	Tokens source.At[money.Count]  `yaml:"tokens"`
	Cost   source.At[money.Amount] `yaml:"cost"`
}

// Unit limits one call or one session; it is independent of volume.
type Unit struct {
	InputTokens  source.At[money.Count]    `yaml:"input_tokens"`
	OutputTokens source.At[money.Count]    `yaml:"output_tokens"`
	Tokens       source.At[money.Count]    `yaml:"tokens"`
	Cost         source.At[money.Amount]   `yaml:"cost"`
	Latency      source.At[money.Duration] `yaml:"latency"`
}

// Growth limits a change's own effect against the merge base.
type Growth struct {
	Cost   source.At[money.Ratio] `yaml:"cost"`
	Tokens source.At[money.Ratio] `yaml:"tokens"`
}

// Review says how often the budget is looked at again, and when it was last.
type Review struct {
	Cadence source.At[string]     `yaml:"cadence"` // weekly, monthly, quarterly or yearly
	Last    source.At[money.Date] `yaml:"last" jsonschema_description:"Day of the last review; the next one is due a cadence later."`
}

// DecodeNode reads the long form {tokens, cost} or the short form: one amount of money ("$1,200") or one count ("40M").
func (c *Ceiling) DecodeNode(d *source.Decoder, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		type long Ceiling
		d.Decode(n, (*long)(c))
		return
	}
	if money.HasCurrency(n.Value) {
		d.Decode(n, &c.Cost)
		return
	}
	d.Decode(n, &c.Tokens)
}
