package pricing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/tokengate/tokengate/internal/source"
)

// costKey is the grammar of LiteLLM's keys for prices per token:
//
//	class ["_above_" N "k_tokens"] ["_batches" | "_flex" | "_priority"]
//
// A cache write that lives an hour is the class cache_creation_input_token_cost followed by _above_1hr.
var costKey = regexp.MustCompile(`^(input_cost_per_token|output_cost_per_token|output_cost_per_reasoning_token|cache_read_input_token_cost` +
	`|cache_creation_input_token_cost_above_1hr|cache_creation_input_token_cost)(?:_above_([0-9]+)k_tokens)?(?:_(batches|flex|priority))?$`)

// cost gives the place of a LiteLLM class in a sheet.
func (s *sheet) cost(class string) *price {
	switch class {
	case "input_cost_per_token":
		return &s.Input
	case "output_cost_per_token":
		return &s.Output
	case "output_cost_per_reasoning_token":
		return &s.Reasoning
	case "cache_read_input_token_cost":
		return &s.CacheRead
	case "cache_creation_input_token_cost":
		return &s.CacheWrite5m
	}
	return &s.CacheWrite1h
}

// litellm reads one file.
type litellm struct {
	catalog *Catalog
	file    string
	content []byte
	diags   source.Diagnostics
}

// readLiteLLM reads the object of objects. `sample_spec` documents the file's own format and is skipped; so are models
// without a price per token, which one diagnostic counts.
func (c *Catalog) readLiteLLM(file string, content []byte) ([]*row, source.Diagnostics) {
	l := &litellm{catalog: c, file: file, content: bytes.TrimPrefix(content, []byte("\ufeff"))}
	entries := l.entries()
	rows, unpriced, seen := []*row(nil), 0, map[string]string{}
	for _, e := range entries {
		r := l.row(e)
		switch {
		case r == nil:
		case !r.Price.Input.set && r.Unpriced == "":
			unpriced++
		case seen[strings.ToLower(r.ID)] != "":
			// Two keys of one model, such as with and without the provider; the catalogue has one row for both.
			if !l.same(rows, r) {
				l.diags.Add(RuleLiteLLM, l.at(e.offset), "keep one of the two", "%q and %q are the same model at different prices", seen[strings.ToLower(r.ID)], e.key)
			}
		default:
			seen[strings.ToLower(r.ID)] = e.key
			rows = append(rows, r)
		}
	}
	if unpriced > 0 {
		l.diags = append(l.diags, source.Diagnostic{
			Rule: RuleSkipped, Severity: source.Info, Span: source.Span{File: file},
			Summary: fmt.Sprintf("%d of %d models have no price per token and are left out", unpriced, len(entries)),
		})
	}
	return rows, l.diags
}

func (l *litellm) same(rows []*row, r *row) bool {
	i := slices.IndexFunc(rows, func(o *row) bool { return strings.EqualFold(o.ID, r.ID) })
	return rows[i].Price.equal(r.Price)
}

// modelEntry is one model of the file, undecoded.
type modelEntry struct {
	key    string
	offset int64 // of the first character after the opening quote of the key
	fields map[string]json.RawMessage
}

// entries walks the outer object. The file's order is kept; a key that stands twice is an error, as readers disagree
// on which one holds.
func (l *litellm) entries() []modelEntry {
	var out []modelEntry
	seen := map[string]bool{}
	dec := json.NewDecoder(bytes.NewReader(l.content))
	if _, err := dec.Token(); err != nil {
		l.broken(err, dec.InputOffset())
		return nil
	}
	for dec.More() {
		tok, err := dec.Token()
		key, ok := tok.(string)
		if err != nil || !ok {
			l.broken(err, dec.InputOffset())
			return out
		}
		e := modelEntry{key: key, offset: max(dec.InputOffset()-int64(len(key))-1, 1)}
		if err := dec.Decode(&e.fields); err != nil {
			l.broken(err, dec.InputOffset())
			return out
		}
		if seen[key] {
			l.diags.Add(source.RuleDuplicateKey, l.at(e.offset), "keep one of the two", "model %q stands twice", key)
			continue
		}
		seen[key] = true
		if key != "sample_spec" {
			out = append(out, e)
		}
	}
	if _, err := dec.Token(); err != nil {
		l.broken(err, dec.InputOffset())
	} else if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		l.diags.Add(RuleLiteLLM, l.at(dec.InputOffset()), "", "text after the end of the JSON object")
	}
	return out
}

func (l *litellm) broken(err error, offset int64) {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		offset = max(offset, syntax.Offset)
	}
	l.diags.Add(RuleLiteLLM, l.at(offset), "the file is one JSON object: model name to an object with its prices", "cannot read the price file: %v", err)
}

// at turns a byte offset into a place; it is called for what is wrong only.
func (l *litellm) at(offset int64) source.Span {
	before := l.content[:min(max(offset-1, 0), int64(len(l.content)))]
	line := bytes.Count(before, []byte("\n"))
	col := len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:])))
	return source.Span{File: l.file, Start: source.Pos{Line: line + 1, Col: col + 1}}
}

// row turns one entry into a row; nil when a value in it is wrong.
func (l *litellm) row(e modelEntry) *row {
	r := &row{Mode: "chat", Tokenizer: "other", origin: l.file}
	r.ID = litellmID(e.text("litellm_provider"), e.key)
	r.split()
	if f, err := l.catalog.find(e.key); err == nil {
		r.Tokenizer, r.Status, r.MinCache, r.Context = f.row.Tokenizer, f.row.Status, f.row.MinCache, f.row.Context
		if strings.EqualFold(f.row.ID, r.ID) {
			r.ID, r.name, r.Aliases, r.Regions = f.row.ID, f.row.name, f.row.Aliases, f.row.Regions
		}
	}
	if mode := e.text("mode"); mode != "" && mode != "responses" { // an API of chat models, not a kind of model
		r.Mode = mode
	}
	ok := l.costs(r, e)
	ok = l.limits(r, e) && ok
	if !ok {
		return nil
	}
	if query, set := e.fields["input_cost_per_query"]; set && !r.Price.Input.set {
		r.Unpriced = fmt.Sprintf("it is priced per query, $%s each", query)
	}
	if _, err := r.complete(); err != nil && r.Price.Input.set {
		r.Unpriced = "the price file gives no output price for it"
	}
	return r
}

// costs reads every price key in the order of their names.
func (l *litellm) costs(r *row, e modelEntry) bool {
	r.Tiers = map[string]sheet{}
	bands := map[int64]*bandRow{}
	ok := true
	for _, key := range slices.Sorted(maps.Keys(e.fields)) {
		m := costKey.FindStringSubmatch(key)
		if m == nil {
			continue
		}
		p, set := l.perToken(e, key, &ok)
		if !set {
			continue
		}
		l.put(r, bands, m[1], m[2], strings.Replace(m[3], "batches", "batch", 1), p)
	}
	l.tieredPricing(r, bands, e, &ok)
	l.providerEntry(r, e, &ok)
	for _, from := range slices.Sorted(maps.Keys(bands)) {
		r.Bands = append(r.Bands, *bands[from])
	}
	sortBands(r)
	return ok
}

// put stores one price by class, threshold (in thousands, "" for none) and tier. xAI's threshold is the first length
// that pays the higher price, everyone else's the last that does not.
func (l *litellm) put(r *row, bands map[int64]*bandRow, class, above, tier string, p price) {
	if above == "" {
		s := r.Tiers[tier]
		if tier == "" {
			s = r.Price
		}
		*s.cost(class) = p
		if tier == "" {
			r.Price = s
			return
		}
		r.Tiers[tier] = s
		return
	}
	n, _ := strconv.ParseInt(above, 10, 32)
	b := bands[n*1000]
	if b == nil {
		b = &bandRow{Over: n * 1000}
		if r.provider == "xai" {
			b = &bandRow{From: n * 1000}
		}
		bands[n*1000] = b
	}
	if tier == "" {
		*b.cost(class) = p
		return
	}
	if b.Tiers == nil {
		b.Tiers = map[string]sheet{}
	}
	s := b.Tiers[tier]
	*s.cost(class) = p
	b.Tiers[tier] = s
}

// perToken reads a price per token as a price per million. null is absent, a number may stand in quotes.
func (l *litellm) perToken(e modelEntry, key string, ok *bool) (price, bool) {
	text := strings.Trim(string(e.fields[key]), `"`)
	if text == "null" {
		return price{}, false
	}
	d, err := parseDecimal(text)
	if err != nil {
		l.diags.Add(RuleLiteLLM, l.at(e.offset), "costs are non-negative numbers of dollars", "model %q: %s: %s", e.key, key, err)
		*ok = false
		return price{}, false
	}
	return priced(d.Shift(6)), true
}

// tieredPricing reads a list of {range: [from, to], costs…}: the whole request is priced by the range its prompt is in.
func (l *litellm) tieredPricing(r *row, bands map[int64]*bandRow, e modelEntry, ok *bool) {
	raw, set := e.fields["tiered_pricing"]
	if !set {
		return
	}
	var steps []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &steps); err != nil {
		l.wrong(e, "tiered_pricing", ok)
		return
	}
	for _, fields := range steps {
		var within []json.Number
		if json.Unmarshal(fields["range"], &within) != nil || len(within) == 0 {
			if fields["range"] != nil {
				l.wrong(e, "tiered_pricing range", ok)
			}
			continue // graded by something other than prompt length, such as results of a search
		}
		from, err := decimal.NewFromString(within[0].String())
		if err != nil || from.Exponent() > 9 || from.Sign() < 0 || from.GreaterThan(decimal.New(1, 10)) {
			l.wrong(e, "tiered_pricing range", ok)
			continue
		}
		l.step(r, bands, modelEntry{e.key, e.offset, fields}, from.IntPart(), ok)
	}
}

func (l *litellm) step(r *row, bands map[int64]*bandRow, e modelEntry, from int64, ok *bool) {
	b := &bandRow{Over: from}
	for _, key := range slices.Sorted(maps.Keys(e.fields)) {
		if m := costKey.FindStringSubmatch(key); m != nil && m[2]+m[3] == "" {
			if p, set := l.perToken(e, key, ok); set {
				*b.cost(m[1]) = p
			}
		}
	}
	if from == 0 {
		r.Price = b.sheet
		return
	}
	bands[from] = b
}

// providerEntry reads multipliers: {"us": 1.1} for a data zone, {"fast": 6.0} for a tier; and the older form of the
// former, regional_processing_uplift_multiplier_us.
func (l *litellm) providerEntry(r *row, e modelEntry, ok *bool) {
	factors := map[string]json.RawMessage{}
	if raw, set := e.fields["provider_specific_entry"]; set && json.Unmarshal(raw, &factors) != nil {
		return // some providers keep settings here that are not numbers
	}
	for _, zone := range []string{"eu", "us"} {
		if raw, set := e.fields["regional_processing_uplift_multiplier_"+zone]; set {
			factors[zone] = raw
		}
	}
	for _, name := range slices.Sorted(maps.Keys(factors)) {
		if name != "us" && name != "eu" && name != "fast" {
			continue
		}
		d, err := parseDecimal(string(factors[name]))
		if err != nil {
			l.wrong(e, name, ok)
			continue
		}
		if name == "fast" {
			r.Tiers["fast"] = sheet{Times: priced(d)}
			continue
		}
		r.Regions = maps.Clone(r.Regions)
		if r.Regions == nil {
			r.Regions = map[string]price{}
		}
		r.Regions[name+"/"] = priced(d)
	}
}

func (l *litellm) wrong(e modelEntry, key string, ok *bool) {
	l.diags.Add(RuleLiteLLM, l.at(e.offset), "", "model %q: %s cannot be read", e.key, key)
	*ok = false
}

// limits reads what is not a price. Unreadable limits are left at 0, unknown: they do not price anything.
func (l *litellm) limits(r *row, e modelEntry) bool {
	for key, to := range map[string]*int64{
		"max_input_tokens": &r.MaxInput, "max_output_tokens": &r.MaxOutput, "prompt_cache_min_tokens": &r.MinCache,
	} {
		var n json.Number
		if json.Unmarshal(e.fields[key], &n) == nil {
			if v, err := n.Int64(); err == nil && v > 0 {
				*to = v
			}
		}
	}
	r.Context = max(r.Context, r.MaxInput)
	r.Retires = e.text("deprecation_date")
	if _, err := day(r.Retires); err != nil {
		l.diags.Add(RuleLiteLLM, l.at(e.offset), "", "model %q: deprecation_date %q is not a date", e.key, r.Retires)
		return false
	}
	return true
}

// text is a string field, or "" when it is absent or not a string.
func (e modelEntry) text(key string) string {
	var s string
	if json.Unmarshal(e.fields[key], &s) != nil {
		return ""
	}
	return s
}
