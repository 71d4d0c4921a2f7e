package traffic

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/token"
)

// langfuseUsage holds the counts of usageDetails by what their keys mean.
//
// Langfuse makes the counts disjoint when it takes a response apart itself, and then input, input_cached_tokens,
// input_cache_creation and the others whose key contains "input" sum up to the prompt; the same for output. What a
// caller counts it keeps: LiteLLM's input includes the cache. OpenInference's prompt_details.* and completion_details.*
// are parts of input and output. The total, which is given or summed up by Langfuse, tells the one from the other. Where
// there is none, OpenInference's details are inside and all others beside.
type langfuseUsage struct {
	input, output, total number
	read, write          []int64 // cached tokens under each name that is there and not 0
	short, long          int64   // of writes, by lifetime
	otherIn              int64   // audio, images
	reasoning            []int64
	otherOut             int64
	inIsPart, outIsPart  bool // OpenInference's names
	stray                string
	strayCount           int64
}

// langfuseCounts finds the usage of an observation, newest form first. known is false where there is none.
func langfuseCounts(m fields) (u token.Usage, known bool, err error) {
	for _, name := range []string{"usagedetails", "usage"} {
		var all map[string]jsontext.Value
		if err := m.embedded(name).into(&all, '{'); err != nil {
			return u, true, inside(m[name].key, err)
		}
		u, known, err = countDetails(all, m[name].value)
		if known || err != nil {
			return u, true, inside(m[name].key, err)
		}
	}
	var n langfuseUsage
	for _, by := range []struct {
		to    *number
		names []string
	}{{&n.input, []string{"inputusage", "inputtokens", "prompttokens"}}, {&n.output, []string{"outputusage", "outputtokens", "completiontokens"}},
		{&n.total, []string{"totalusage", "totaltokens"}}} {
		if *by.to, err = m.number(by.names...); err != nil {
			return u, true, err
		}
	}
	if n.input.n == 0 && n.output.n == 0 && n.total.n == 0 {
		return u, false, nil
	}
	u, err = n.usage()
	return u, true, err
}

// countDetails reads one object of counts. An ingestion event may hold a provider's own, with lists of details.
func countDetails(all map[string]jsontext.Value, raw jsontext.Value) (u token.Usage, known bool, err error) {
	if isProviderUsage(all) {
		var o openAIUsage
		if err := embeddedOf(raw).into(&o, '{'); err != nil {
			return u, true, err
		}
		u, err = fromOpenAI(o)
		return u, true, err
	}
	var n langfuseUsage
	var unit text
	for _, key := range slices.Sorted(maps.Keys(all)) {
		folded := strings.ToLower(key)
		if folded == "unit" {
			if err := unit.UnmarshalJSON(all[key]); err != nil {
				return u, true, inside(key, err)
			}
			continue
		}
		if strings.Contains(folded, "cost") {
			continue
		}
		var count number
		if err := count.UnmarshalJSON(all[key]); err != nil {
			return u, true, inside(key, err)
		}
		if count.n < 0 || count.n > maxTokens {
			return u, true, inside(key, bad(impossible, "%d tokens", count.n))
		}
		known = known || count.n > 0
		n.take(folded, key, count)
	}
	switch {
	case !known:
		return u, false, nil
	case unit != "" && !strings.EqualFold(string(unit), "tokens"):
		return u, true, bad(noUsage, "it is counted in %s, not in tokens", strings.ToLower(clip(string(unit))))
	}
	u, err = n.usage()
	return u, true, err
}

func embeddedOf(v jsontext.Value) (e embedded) {
	if len(v) == 0 || e.UnmarshalJSON(v) != nil {
		return nil
	}
	return e
}

// isProviderUsage tells OpenAI's own usage block, whose details are objects.
func isProviderUsage(all map[string]jsontext.Value) bool {
	for _, k := range []string{"prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details"} {
		if v, ok := all[k]; ok && v.Kind() == '{' {
			return true
		}
	}
	return false
}

// take sorts one count by its key.
func (n *langfuseUsage) take(key, written string, count number) {
	prompt := strings.Contains(key, "input") || strings.HasPrefix(key, "prompt") || strings.HasPrefix(key, "cache")
	answer := strings.Contains(key, "output") || strings.HasPrefix(key, "completion") || strings.HasPrefix(key, "reasoning")
	switch {
	case key == "total" || key == "total_tokens" || key == "totaltokens":
		n.total = count
	case key == "input" || key == "input_tokens" || key == "prompt_tokens" || key == "prompttokens":
		n.input = first(n.input, count)
	case key == "output" || key == "output_tokens" || key == "completion_tokens" || key == "completiontokens":
		n.output = first(n.output, count)
	case count.n == 0:
	case prompt && !answer:
		n.inIsPart = n.inIsPart || strings.HasPrefix(key, "prompt_details.")
		n.takePrompt(key, count.n)
	case answer && !prompt:
		n.outIsPart = n.outIsPart || strings.HasPrefix(key, "completion_details.")
		if strings.Contains(key, "reasoning") || strings.Contains(key, "thinking") {
			n.reasoning = append(n.reasoning, count.n)
			return
		}
		n.otherOut += count.n
	default:
		n.stray, n.strayCount = written, n.strayCount+count.n
	}
}

func (n *langfuseUsage) takePrompt(key string, count int64) {
	written := strings.Contains(key, "creation") || strings.Contains(key, "write")
	switch {
	case written && strings.Contains(key, "1h"):
		n.long += count
	case written && strings.Contains(key, "5m"):
		n.short += count
	case written:
		n.write = append(n.write, count)
	case strings.Contains(key, "cache"):
		n.read = append(n.read, count)
	default:
		n.otherIn += count
	}
}

// together sums counts that are different, and takes one that stands under several names once.
func together(counts []int64) (sum int64) {
	for _, c := range slices.Compact(slices.Sorted(slices.Values(counts))) {
		sum += c
	}
	return sum
}

// usage makes the counts additive: every way in which details can be inside or beside is tried, and the total must allow
// for exactly one result.
func (n *langfuseUsage) usage() (token.Usage, error) {
	if !n.input.known && !n.output.known {
		return token.Usage{}, bad(noUsage, "only a total of %d tokens", n.total.n)
	}
	if n.total.n == 0 {
		if n.strayCount > 0 {
			return token.Usage{}, n.strange()
		}
		u, _, ok := n.as(n.inIsPart, n.outIsPart)
		if !ok {
			return u, bad(impossible, "details that are more than the whole")
		}
		return u, checkUsage(u)
	}
	var fits []token.Usage
	for i := range 4 {
		u, total, ok := n.as(i&1 != 0, i&2 != 0)
		if ok && total == n.total.n && !slices.Contains(fits, u) {
			fits = append(fits, u)
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], checkUsage(fits[0])
	case len(fits) > 1:
		return token.Usage{}, bad(impossible, "a total of %d tokens that does not tell which details are inside", n.total.n)
	case n.strayCount > 0:
		return token.Usage{}, n.strange()
	}
	_, beside, _ := n.as(false, false)
	return token.Usage{}, bad(impossible, "a total of %d tokens, but parts of %d, or of %d with details inside", n.total.n, beside, n.input.n+n.output.n)
}

func (n *langfuseUsage) strange() error {
	return bad(impossible, "%d under %s, which is neither input nor output", n.strayCount, strconv.Quote(clip(n.stray)))
}

// as gives the usage with details of the prompt and of the answer inside of them or beside, and the total it makes. ok is
// false where more is inside than there is.
func (n *langfuseUsage) as(inside, within bool) (u token.Usage, total int64, ok bool) {
	read, write, reasoning := together(n.read), together(n.write), together(n.reasoning)
	if write == n.short+n.long {
		write = 0 // it is the sum of the two
	}
	detail := read + write + n.short + n.long + n.otherIn
	u = token.Usage{Input: n.input.n + n.otherIn, CacheRead: read, CacheWrite5m: write + n.short, CacheWrite1h: n.long, Output: n.output.n, Reasoning: reasoning}
	ok = true
	if inside {
		u.Input -= detail
		ok = detail <= n.input.n
	}
	if within {
		ok = ok && reasoning+n.otherOut <= n.output.n
	} else {
		u.Output += reasoning + n.otherOut
	}
	return u, u.Prompt() + u.Output, ok
}
