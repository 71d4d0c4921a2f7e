package traffic

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// traceTable is the header of a published inference trace. Columns are found by name, in any order.
type traceTable struct {
	needs []string // in the order they are published in
	may   []string
	time  string // the column that tells time
	stamp func(f *file, s string) (time.Time, error)
	in    string // the columns that tell tokens
	out   string
}

// traceTables are, in this order: Azure LLM inference 2023 and 2024 (with a zone) and 2025 (with images), Mooncake as a
// table, BurstGPT before and since version 2.
var traceTables = []traceTable{
	{[]string{"TIMESTAMP", "ContextTokens", "GeneratedTokens"}, []string{"NumImages"}, "TIMESTAMP", (*file).stamp, "ContextTokens", "GeneratedTokens"},
	{[]string{"timestamp_ms", "input_tokens", "output_tokens"}, nil, "timestamp_ms", sinceStart, "input_tokens", "output_tokens"},
	{[]string{"Timestamp", "Model", "Request tokens", "Response tokens"}, []string{"Session ID", "Elapsed time", "Total tokens", "Log Type"},
		"Timestamp", secondsSinceStart, "Request tokens", "Response tokens"},
}

func traceHeaders() []string {
	var out []string
	for _, t := range traceTables {
		out = append(out, strings.Join(t.needs, ","))
	}
	return out
}

func isTraceCSV(h head) bool { return traceTableOf(h.header()) != nil }

// traceTableOf finds the table whose columns these are; every one must be known, and be there once.
func traceTableOf(names []string) *traceTable {
	for i := range traceTables {
		t := &traceTables[i]
		left := map[string]bool{}
		for _, n := range slices.Concat(t.needs, t.may) {
			left[fold(n)] = true
		}
		fits := len(names) > 0
		for _, n := range names {
			fits = fits && left[fold(n)]
			delete(left, fold(n))
		}
		for _, n := range t.needs {
			fits = fits && !left[fold(n)]
		}
		if fits {
			return t
		}
	}
	return nil
}

// sinceStart reads milliseconds since the trace began. The calls then fall on days from 1970-01-01 on: a trace without
// dates has none to invent.
func sinceStart(_ *file, s string) (time.Time, error) {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms < 0 || ms > 1e14 {
		return time.Time{}, bad(oddTime, "%q is not a count of milliseconds", clip(s))
	}
	return time.UnixMilli(ms).UTC(), nil
}

// secondsSinceStart reads seconds, with a fraction, since midnight before the trace began.
func secondsSinceStart(_ *file, s string) (time.Time, error) {
	sec, err := strconv.ParseFloat(s, 64)
	if err != nil || !(sec >= 0 && sec <= 1e11) {
		return time.Time{}, bad(oddTime, "%q is not a count of seconds", clip(s))
	}
	return time.UnixMicro(int64(sec*1e6 + 0.5)).UTC(), nil
}

// readTraceCSV reads a trace of one call a line. Azure's and Mooncake's name no model, so the recording must. Calls have
// no ids: equal lines are different calls, and a file listed under two names counts twice. Azure's count of images is
// told as a fact: the trace does not say what an image counts to. BurstGPT writes no response as one of 0 tokens, and the
// call then failed; its prompt is counted as written down.
func readTraceCSV(f *file, in *input) error {
	var t *traceTable
	var names []string
	return f.eachRow(in, func(header []string) error {
		if t = traceTableOf(header); t == nil {
			return &fileError{rule: ruleDialect, summary: "the header is " + shown(strings.Join(header, ",")), hint: "expected " + strings.Join(traceHeaders(), " or ")}
		}
		if f.src.Defaults.Model == "" && !slices.Contains(t.needs, "Model") {
			return errNoModel
		}
		names = slices.Clone(header)
		for i := range names {
			names[i] = fold(names[i])
		}
		return nil
	}, func(cells []string, line int) error {
		cell := func(name string) string {
			if i := slices.Index(names, fold(name)); i >= 0 {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		r, err := t.record(f, cell)
		if err != nil {
			f.reject(line, err)
			return nil
		}
		f.accept(r, line)
		return nil
	})
}

var errNoModel = &fileError{rule: ruleNoModel, summary: "an inference trace does not say which model was used", hint: "set defaults.model of the recording"}

func shown(s string) string { return strconv.Quote(clip(s)) }

func (t *traceTable) record(f *file, cell func(string) string) (r record, err error) {
	c := &r.call
	if c.Time, err = t.stamp(f, cell(t.time)); err != nil {
		return r, err
	}
	if c.Time.IsZero() {
		return r, bad(noTime, "")
	}
	for i, to := range []*int64{&c.Usage.Input, &c.Usage.Output} {
		n, err := parseNumber(cell([]string{t.in, t.out}[i]))
		if err != nil {
			return r, err
		}
		*to = n.n
	}
	c.Status = "ok"
	if !slices.Contains(t.needs, "Model") {
		f.tell(&r, "metadata.num_images", cell("NumImages"), "NumImages")
		return r, nil
	}
	return r, t.burst(f, &r, cell)
}

// burst reads what BurstGPT alone has.
func (t *traceTable) burst(f *file, r *record, cell func(string) string) error {
	c := &r.call
	c.Model, c.Session = f.strings.bytes([]byte(cell("Model"))), f.strings.bytes([]byte(cell("Session ID")))
	if c.Usage.Output == 0 {
		c.Status = "error"
	}
	if s := cell("Elapsed time"); s != "" {
		sec, err := strconv.ParseFloat(s, 64)
		if err != nil || !(sec >= 0 && sec <= maxLatency.Seconds()) {
			return inside("Elapsed time", bad(oddTime, "%s s", clip(s)))
		}
		c.Latency = time.Duration(sec*1e9 + 0.5)
	}
	if s := cell("Total tokens"); s != "" {
		n, err := parseNumber(s)
		if parts := c.Usage.Input + c.Usage.Output; err == nil && n.n != parts {
			err = bad(impossible, "a total of %d tokens, but parts of %d", n.n, parts)
		}
		if err != nil {
			return inside("Total tokens", err)
		}
	}
	f.tell(r, "model", c.Model, "Model")
	f.tell(r, "session", c.Session, "Session ID")
	f.tell(r, "metadata.log_type", cell("Log Type"), "Log Type")
	return nil
}
