package pricing

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// costKey is the grammar of LiteLLM's keys for prices per token:
//
//	class ["_above_" N "k_tokens"] ["_batches" | "_flex" | "_priority"]
//
// A cache write that lives an hour is the class cache_creation_input_token_cost followed by _above_1hr.
var costKey = regexp.MustCompile(`^(input_cost_per_token_cache_hit|input_cost_per_token|output_cost_per_token|output_cost_per_reasoning_token|cache_read_input_token_cost` +
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
	case "cache_read_input_token_cost", "input_cost_per_token_cache_hit": // the latter is DeepSeek's old key
		return &s.CacheRead
	case "cache_creation_input_token_cost":
		return &s.CacheWrite5m
	}
	return &s.CacheWrite1h
}

// free reports whether the model's input price is a written zero.
func (e modelEntry) free() bool {
	d, err := parseDecimal(strings.Trim(string(e.fields["input_cost_per_token"]), `"`))
	return err == nil && d.IsZero()
}

// also keeps the prices of tokens that usage does not tell apart, so that the model's notes name them.
func (l *litellm) also(r *row, e modelEntry) {
	r.Also = map[string]price{}
	for key, name := range map[string]string{"input_cost_per_audio_token": "audio_input", "output_cost_per_audio_token": "audio_output"} {
		if d, err := parseDecimal(string(e.fields[key])); err == nil {
			r.Also[name] = priced(d.Shift(6))
		}
	}
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
		if p.d.IsZero() && strings.HasPrefix(m[1], "cache_") && !e.free() {
			continue // means "no surcharge" there; a cached token of a model that is not free is never free
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
