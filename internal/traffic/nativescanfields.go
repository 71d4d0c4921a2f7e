package traffic

import (
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// The functions of this file read the value of one key, which begins at i < len(b), and give the place behind it or handOver.

// quoted gives the text of a string without escapes.
func quoted(b []byte, i int) (text []byte, end int) {
	if i >= len(b) || b[i] != '"' {
		return nil, handOver
	}
	end, plain := stringEnd(b, i+1)
	if end == handOver || !plain {
		return nil, handOver
	}
	return b[i+1 : end], end + 1
}

func (n *nativeLine) scanLabel(to *string, k int, b []byte, i int) int {
	last := n.last[k]
	if end := i + 1 + len(last); end < len(b) && b[i] == '"' && b[end] == '"' && string(b[i+1:end]) == last {
		*to = last
		return end + 1
	}
	text, end := quoted(b, i)
	if end != handOver {
		*to = n.file.strings.bytes(text)
		n.last[k] = *to
	}
	return end
}

func (n *nativeLine) scanTier(b []byte, i int) int {
	text, end := quoted(b, i)
	if end != handOver {
		n.setTier(n.file.strings.bytes(text))
	}
	return end
}

func (n *nativeLine) scanID(b []byte, i int) int {
	text, end := quoted(b, i)
	if end != handOver {
		n.call.ID = string(text)
	}
	return end
}

func (n *nativeLine) scanTime(b []byte, i int) int {
	text, end := quoted(b, i)
	if end == handOver {
		return handOver
	}
	t, ok := scanTime(text)
	if !ok {
		return handOver
	}
	n.call.Time = t
	return end
}

func scanBoolean(to *bool, b []byte, i int) int {
	if *to = b[i] == 't'; *to {
		return literal(b, i, "true")
	}
	return literal(b, i, "false")
}

func (n *nativeLine) scanWeight(b []byte, i int) int {
	w, end := scanWhole(b, i)
	if w < 1 || w > maxWeight {
		return handOver
	}
	n.call.Weight = w
	return end
}

func scanMilliseconds(to *time.Duration, b []byte, i int) int {
	f, end := scanFloat(b, i)
	if f < 0 || f > float64(maxLatency)/1e6 {
		return handOver
	}
	*to = time.Duration(math.Round(f * 1e6))
	return end
}

func (n *nativeLine) scanUsage(b []byte, i int) int {
	if b[i] != '{' {
		return handOver
	}
	var counts [len(usageNames)]int64
	met, prev := uint(0), 0
	i, more := begin(b, i, '}')
	for more {
		k, at := n.counts.find(b, i, prev)
		if at == handOver || met>>k&1 != 0 {
			return handOver
		}
		met, prev = met|1<<k, k+1
		counts[k], at = scanWhole(b, at)
		i, more = after(b, at, '}')
	}
	if met&usageNeeds != usageNeeds {
		return handOver
	}
	n.call.Usage = token.Usage{Input: counts[0], CacheRead: counts[1], CacheWrite5m: counts[2], CacheWrite1h: counts[3], Output: counts[4], Reasoning: counts[5]}
	n.hasUsage = true
	return i
}

// scanSources gives the same list to all that are written in the same way, as most are.
func (n *nativeLine) scanSources(b []byte, i int) int {
	if list, end, ok := n.lists.get(b, i, ']'); ok {
		n.call.Sources = list
		return end
	}
	end := n.pass.value(b, i)
	if end == handOver || n.sources(b[i:end]) != nil {
		return handOver
	}
	n.call.Sources = slices.Clip(n.call.Sources)
	n.lists.put(b[i:end], ']', n.call.Sources)
	return end
}

// scanOutcome gives the same map to all that are written in the same way, as most are.
func (n *nativeLine) scanOutcome(b []byte, i int) int {
	if outcome, end, ok := n.outcomes.get(b, i, '}'); ok {
		n.call.Outcome = outcome
		return end
	}
	if b[i] != '{' {
		return handOver
	}
	outcome, count := map[string]float64{}, 0
	end, more := begin(b, i, '}')
	for more {
		name, at := memberName(b, end)
		if at == handOver {
			return handOver
		}
		var f float64
		f, end = scanFloat(b, at)
		outcome[n.file.strings.bytes(b[name.from:name.to])] = f
		count++
		end, more = after(b, end, '}')
	}
	if end == handOver || len(outcome) != count { // a name repeats
		return handOver
	}
	n.call.Outcome = outcome
	n.outcomes.put(b[i:end], '}', outcome)
	return end
}

func (n *nativeLine) scanVars(b []byte, i int) int {
	if b[i] != '{' {
		return handOver
	}
	vars := map[string]string{}
	count := 0
	i, more := begin(b, i, '}')
	for more {
		name, at := memberName(b, i)
		value, end := anyText(b, at)
		if end == handOver {
			return handOver
		}
		vars[n.file.strings.bytes(b[name.from:name.to])] = value
		count++
		i, more = after(b, end, '}')
	}
	if len(vars) != count { // a name repeats
		return handOver
	}
	n.call.Vars = vars
	return i
}

// anyText reads a string that may have escapes.
func anyText(b []byte, i int) (text string, end int) {
	if i == handOver || i >= len(b) || b[i] != '"' {
		return "", handOver
	}
	end, plain := stringEnd(b, i+1)
	if end == handOver {
		return "", handOver
	}
	if plain {
		return string(b[i+1 : end]), end + 1
	}
	text, err := unquote(b[i : end+1])
	if err != nil {
		return "", handOver
	}
	return text, end + 1
}

// scanText passes over a part of the prompt, and keeps it where it is wanted.
func (n *nativeLine) scanText(name string, b []byte, i int) int {
	end := n.pass.value(b, i)
	if end != handOver && n.file.text {
		n.body.add(name, b[i:end])
	}
	return end
}
