package pricing

import (
	"bytes"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"go.yaml.in/yaml/v3"
)

// The rule ids of price files. Keys and values of our own format are also checked by source's decoder.
const (
	RuleMissing = "price-missing"
	RuleUnit    = "price-unit"
	RuleUnknown = "price-unknown"
	RuleDropped = "price-dropped"
	RuleSkipped = "price-skipped"
	RuleLiteLLM = "price-litellm"
)

// Rules documents every rule id this package emits.
var Rules = []source.Rule{
	{ID: RuleMissing, Summary: "a model in a price file lacks a price", Explain: "A model needs `input`, and `output` unless it is an embedding or rerank model, in dollars per million tokens. An absent price is never taken as zero; write 0 where it is free."},
	{ID: RuleUnit, Summary: "a price looks like dollars per token", Explain: "Prices are in dollars per million tokens, as vendors publish them: 3, not 0.000003. An input price below $0.001 per million is lower than any known model's and would make every budget pass."},
	{ID: RuleUnknown, Summary: "a price file names a model, mode, tier or tokenizer that is not known", Explain: "`like` must name a model of the catalogue; `mode` is chat, completion, embedding or rerank; `tokenizer` is a family the counters know, or \"other\"."},
	{ID: RuleDropped, Summary: "an entry leaves out prices the catalogue has for this model", Explain: "An entry replaces all prices of its model, so that yours and the builtin ones are never mixed. What it leaves out is gone: cached tokens cost what input costs, a service tier is not offered, long prompts cost what short ones do. Write the missing prices, or leave the warning be if that is meant."},
	{ID: RuleSkipped, Summary: "entries of a LiteLLM file have no price per token", Explain: "Image, audio, search and similar models have no price per token and cannot be in a token budget. They are left out, and naming one is an error where it is named."},
	{ID: RuleLiteLLM, Summary: "a LiteLLM price file cannot be read", Explain: "The file is read as LiteLLM publishes it: one JSON object, model name to an object with input_cost_per_token and its siblings. Costs must be non-negative numbers; thresholds in key names must be whole thousands of tokens."},
}

// WithFile returns the catalogue with a price file laid over it; c itself does not change. The file is either LiteLLM's
// model_prices_and_context_window.json as it is, told by its keys, or our own format in YAML or JSON:
//
//	as_of: 2026-11-20                  # the day these prices were seen; an entry may have its own
//	models:
//	  claude-opus-5:                   # any name the catalogue resolves, or a new one: provider/name
//	    input: 4.50                    # dollars per million tokens; $4.50 reads as well
//	    output: 22.50                  # not needed for embeddings
//	    cache_read: 0.45               # absent: as input
//	    cache_write_5m: 5.60           # absent: as input
//	    cache_write_1h: 9              # absent: as the shorter write
//	    batch: 50%                     # a share of every price, or a mapping of prices
//	    tiers: {priority: {input: 9, output: 45}}
//	    bands: [{over: 200k, input: 9, output: 33.75}]   # whole request; `from` where the threshold itself pays it
//	  acme/tuned-4o:
//	    like: gpt-4o                   # tokenizer, limits and mode of that model, and its prices if none are written here
//	    aliases: [prod-chat]
//
// Also known: mode, tokenizer, context, max_input, max_output, min_cacheable, retires. An entry that names any price
// replaces all prices of its model. Every unknown key is an error. With errors the returned catalogue holds the entries
// that could be read, and must not be used for a verdict.
func (c *Catalog) WithFile(name string, content []byte) (*Catalog, source.Diagnostics) {
	if isLiteLLM(content) {
		rows, diags := c.readLiteLLM(name, content)
		diags.Sort()
		return c.with(name, rows), diags
	}
	var f file
	diags := source.DecodeYAML(name, content, &f)
	var rows []*row
	first := map[string]source.Span{}
	for _, e := range f.Models {
		r := c.entryRow(&diags, name, f.AsOf, e)
		if r == nil {
			continue
		}
		if at, twice := first[strings.ToLower(r.ID)]; twice {
			diags.Add(source.RuleDuplicateKey, e.Key.Span, "keep one of the two", "model %s stands twice; the first is on line %d", r.ID, at.Start.Line)
		}
		first[strings.ToLower(r.ID)] = e.Key.Span
		rows = append(rows, r)
	}
	if len(f.Models) == 0 && !diags.HasErrors() {
		diags.Add(RuleMissing, source.Span{File: name}, "list models under `models:`", "the price file names no model")
	}
	diags.Sort()
	return c.with(name, rows), diags
}

func isLiteLLM(content []byte) bool {
	trimmed := bytes.TrimLeft(content, "\ufeff \t\r\n")
	return bytes.HasPrefix(trimmed, []byte("{")) &&
		(bytes.Contains(content, []byte(`_cost_per_token`)) || bytes.Contains(content, []byte(`"litellm_provider"`)))
}

// file is our own format.
type file struct {
	AsOf   source.At[money.Date] `yaml:"as_of"`
	Models source.Map[entry]     `yaml:"models"`
}

type entry struct {
	Like         source.At[string]      `yaml:"like"`
	Mode         source.At[string]      `yaml:"mode"`
	Tokenizer    source.At[string]      `yaml:"tokenizer"`
	Prices       prices                 `yaml:",inline"`
	Batch        batch                  `yaml:"batch"`
	Tiers        source.Map[prices]     `yaml:"tiers"`
	Bands        []source.At[bandEntry] `yaml:"bands"`
	Aliases      []source.At[string]    `yaml:"aliases"`
	Context      source.At[money.Count] `yaml:"context"`
	MaxInput     source.At[money.Count] `yaml:"max_input"`
	MaxOutput    source.At[money.Count] `yaml:"max_output"`
	MinCacheable source.At[money.Count] `yaml:"min_cacheable"`
	Retires      source.At[money.Date]  `yaml:"retires"`
	AsOf         source.At[money.Date]  `yaml:"as_of"`
}

type prices struct {
	Input        source.At[money.Amount] `yaml:"input"`
	CacheRead    source.At[money.Amount] `yaml:"cache_read"`
	CacheWrite5m source.At[money.Amount] `yaml:"cache_write_5m"`
	CacheWrite1h source.At[money.Amount] `yaml:"cache_write_1h"`
	Output       source.At[money.Amount] `yaml:"output"`
	Reasoning    source.At[money.Amount] `yaml:"reasoning"`
}

type bandEntry struct {
	Over   source.At[money.Count] `yaml:"over"`
	From   source.At[money.Count] `yaml:"from"`
	Prices prices                 `yaml:",inline"`
}

// batch is a share of every standard price or a list of prices.
type batch struct {
	share  source.At[money.Ratio]
	text   string
	prices prices
	set    bool
}

// DecodeNode reads either form.
func (b *batch) DecodeNode(d *source.Decoder, n *yaml.Node) {
	b.set = true
	if n.Kind == yaml.MappingNode {
		d.Decode(n, &b.prices)
		return
	}
	b.text = n.Value
	d.Decode(n, &b.share)
}

func (p prices) any() bool {
	return slices.ContainsFunc(p.list(), func(a source.At[money.Amount]) bool { return a.Set })
}

func (p prices) list() []source.At[money.Amount] {
	return []source.At[money.Amount]{p.Input, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h, p.Output, p.Reasoning}
}

func (p prices) sheet() sheet {
	of := func(a source.At[money.Amount]) price {
		if !a.Set {
			return price{}
		}
		return priced(decimalOf(a.Value))
	}
	return sheet{
		Input: of(p.Input), CacheRead: of(p.CacheRead), CacheWrite5m: of(p.CacheWrite5m), CacheWrite1h: of(p.CacheWrite1h),
		Output: of(p.Output), Reasoning: of(p.Reasoning),
	}
}

// decimalOf is the exact decimal of an amount; Decimal never writes what NewFromString cannot read.
func decimalOf(a money.Amount) decimal.Decimal { return decimal.RequireFromString(a.Decimal()) }

var modes = []string{"chat", "completion", "embedding", "rerank"}

func (e entry) checkWords(diags *source.Diagnostics) {
	check := func(word source.At[string], what string, known []string) {
		if !word.Set || slices.Contains(known, word.Value) {
			return
		}
		hint := source.DidYouMean(word.Value, known, "known are "+strings.Join(known, ", "))
		diags.Add(RuleUnknown, word.Span, hint, "%s %q is not known", what, word.Value)
	}
	check(e.Mode, "mode", modes)
	check(e.Tokenizer, "tokenizer family", token.Families())
}
