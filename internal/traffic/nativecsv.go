package traffic

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/source"
)

func isNativeCSV(h head) bool {
	names := h.header()
	return slices.Contains(names, "ts") && slices.Contains(names, "model")
}

// nativeRow reads one row of the native table. It fills the call of a nativeLine, so that a cell means what the key of
// the same name means in JSON, and is refused for the same reasons.
type nativeRow struct {
	nativeLine
	columns []nativeColumn
	scratch []byte
	given   [len(usageColumns)]bool
}

type nativeColumn struct {
	name string
	read func(n *nativeRow, cell string) error
}

var usageColumns = [...]string{"input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"}

// tableUsageKeys are the keys whose cells are JSON as they stand: numbers, true and false, and the parts of a request's body.
// Cells of the other keys are text.
var tableUsageKeys = []string{"weight", "usage_is_mean", "output_is_bound", "latency_ms", "ttft_ms", "messages", "tools", "system"}

// readNativeCSV reads tokengate's own form as a table. Columns are the native keys. Usage is input, cache_read,
// cache_write_5m, cache_write_1h, output and reasoning, each with or without "usage." before it; an outcome is
// outcome.<name>, a variable vars.<name>. sources holds ids parted by ";", or a JSON list of them for ids that hold one.
// An empty cell is an absent key. ts, model, input and output must be columns; a column that is not known, or is there
// twice, is refused, since what it holds would be lost without a word.
func readNativeCSV(f *file, in *input) error {
	n := &nativeRow{nativeLine: nativeLine{file: f}}
	return f.eachRow(in, n.head, func(cells []string, line int) error {
		if err := n.row(cells); err != nil {
			f.reject(line, err)
			return nil
		}
		r := record{call: n.call, strict: true}
		if f.text {
			f.attach(&r, n.body.weigh(), line)
		}
		f.accept(r, line)
		return nil
	})
}

func (n *nativeRow) head(names []string) error {
	seen := map[string]bool{}
	for _, name := range names {
		c, ok := nativeColumnOf(name)
		switch {
		case !ok:
			return &fileError{rule: ruleHeader, summary: "the native table has no column " + shown(name), hint: source.DidYouMean(name, nativeColumnNames(), "remove it, or name it vars."+name)}
		case seen[c.name]:
			return &fileError{rule: ruleHeader, summary: "the column " + shown(c.name) + " is there twice", hint: "remove one of them"}
		}
		seen[c.name] = true
		n.columns = append(n.columns, c)
	}
	for _, name := range []string{"ts", "model", "input", "output"} {
		if !seen[name] {
			return &fileError{rule: ruleHeader, summary: "the table lacks the column " + shown(name), hint: "ts, model, input and output are required"}
		}
	}
	return nil
}

func (n *nativeRow) row(cells []string) error {
	n.call, n.given = Call{}, [len(usageColumns)]bool{}
	n.body.reset()
	for i, c := range n.columns {
		if cells[i] == "" {
			continue
		}
		if err := c.read(n, cells[i]); err != nil {
			return inside(c.name, explainJSON(err))
		}
	}
	for i, name := range usageColumns {
		if (name == "input" || name == "output") && !n.given[i] {
			return bad(noUsage, "no %s", name)
		}
	}
	return nil
}

// nativeColumnOf finds what a column means; the name is without "usage.".
func nativeColumnOf(name string) (nativeColumn, bool) {
	name = strings.TrimPrefix(name, "usage.")
	if i := slices.Index(usageColumns[:], name); i >= 0 {
		return nativeColumn{name, func(n *nativeRow, cell string) error { return n.count(i, cell) }}, true
	}
	if key, ok := strings.CutPrefix(name, "outcome."); ok && key != "" {
		return nativeColumn{name, func(n *nativeRow, cell string) error { return n.outcomeOf(key, cell) }}, true
	}
	if key, ok := strings.CutPrefix(name, "vars."); ok && key != "" {
		return nativeColumn{name, func(n *nativeRow, cell string) error { return n.variable(key, cell) }}, true
	}
	if name == "sources" {
		return nativeColumn{name, (*nativeRow).sourceIDs}, true
	}
	for i, k := range nativeKeys {
		if k.name == name && !slices.Contains([]string{"usage", "outcome", "vars"}, name) {
			value := (*nativeRow).quote
			if slices.Contains(tableUsageKeys, name) {
				value = (*nativeRow).bare
			}
			return nativeColumn{name, func(n *nativeRow, cell string) error {
				v, err := value(n, cell)
				if err != nil {
					return err
				}
				return n.take(i, v)
			}}, true
		}
	}
	return nativeColumn{}, false
}

func nativeColumnNames() []string {
	names := slices.DeleteFunc(nativeNames(), func(s string) bool { return s == "usage" || s == "outcome" || s == "vars" })
	return append(append(names, usageColumns[:]...), "outcome.", "vars.")
}

var errNotUTF8 = errors.New("text that is not UTF-8")

// quote gives the cell as a JSON string.
func (n *nativeRow) quote(cell string) (v jsontext.Value, err error) {
	if n.scratch, err = jsontext.AppendQuote(n.scratch[:0], cell); err != nil {
		return nil, bad(notCSV, "%v", errNotUTF8)
	}
	return n.scratch, nil
}

// bare gives the cell as the JSON it must be.
func (n *nativeRow) bare(cell string) (jsontext.Value, error) {
	if n.scratch = append(n.scratch[:0], cell...); !jsontext.Value(n.scratch).IsValid() {
		return nil, bad(wrongType, "%s is neither a number nor other JSON", clip(cell))
	}
	return n.scratch, nil
}

func (n *nativeRow) count(i int, cell string) error {
	u := &n.call.Usage
	n.given[i] = true
	return whole([...]*int64{&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output, &u.Reasoning}[i], jsontext.Value(cell))
}

func (n *nativeRow) outcomeOf(key, cell string) error {
	v, err := n.bare(cell)
	if err != nil {
		return err
	}
	if n.call.Outcome == nil {
		n.call.Outcome = map[string]float64{}
	}
	n.call.Outcome[key], err = quantity(v)
	return err
}

func (n *nativeRow) variable(key, cell string) error {
	v, err := n.quote(cell)
	if err != nil {
		return err
	}
	if n.call.Vars == nil {
		n.call.Vars = map[string]string{}
	}
	n.call.Vars[key], err = plain(v)
	return err
}

func (n *nativeRow) sourceIDs(cell string) error {
	if strings.HasPrefix(cell, "[") {
		v, err := n.bare(cell)
		if err != nil {
			return err
		}
		return n.sources(v)
	}
	for id := range strings.SplitSeq(cell, ";") {
		v, err := n.quote(strings.TrimSpace(id))
		if err != nil {
			return err
		}
		if len(v) == len(`""`) {
			return bad(wrongType, "an empty id in %s", clip(cell))
		}
		var s string
		if err := n.word(&s, v); err != nil {
			return err
		}
		n.call.Sources = append(n.call.Sources, s)
	}
	return nil
}
