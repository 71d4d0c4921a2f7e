package traffic

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// traceTables are the headers of published inference traces, and how their first column tells time.
var traceTables = []struct {
	header string
	time   func(f *file, s string) (time.Time, error)
}{
	{"TIMESTAMP,ContextTokens,GeneratedTokens", (*file).stamp},
	{"timestamp_ms,input_tokens,output_tokens", sinceStart},
}

func traceHeaders() []string {
	var out []string
	for _, t := range traceTables {
		out = append(out, t.header)
	}
	return out
}

func isTraceCSV(h head) bool { return traceTable(h.line) >= 0 }

func traceTable(header string) int {
	header = strings.ReplaceAll(strings.ReplaceAll(header, `"`, ""), " ", "")
	for i, t := range traceTables {
		if header == t.header {
			return i
		}
	}
	return -1
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

// readTraceCSV reads a trace of one call a line: time, prompt tokens, output tokens. Traces name no model, so the
// recording must. Calls have no ids: equal lines are different calls, and a file listed under two names counts twice.
func readTraceCSV(f *file, in *input) error {
	if f.src.Defaults.Model == "" {
		return &fileError{rule: ruleNoModel, summary: "an inference trace does not say which model was used", hint: "set defaults.model of the recording"}
	}
	table := -1
	err := f.each(in, func(line []byte, at int) error {
		if table < 0 {
			if table = traceTable(string(line)); table < 0 {
				return &fileError{rule: ruleDialect, summary: fmt.Sprintf("the header is %q", clip(string(line))), hint: "expected " + strings.Join(traceHeaders(), " or ")}
			}
			return nil
		}
		if err := f.row(string(line), table, at); err != nil {
			f.reject(at, err)
		}
		return nil
	})
	if table >= 0 {
		f.lines--
	}
	return err
}

func (f *file) row(line string, table, at int) error {
	cells := strings.Split(strings.ReplaceAll(line, `"`, ""), ",")
	if len(cells) != 3 {
		return bad("a row of the wrong width", "%d columns instead of 3", len(cells))
	}
	when, err := traceTables[table].time(f, strings.TrimSpace(cells[0]))
	if err != nil {
		return err
	}
	if when.IsZero() {
		return bad(noTime, "")
	}
	c := Call{Time: when, Status: "ok"}
	for i, to := range []*int64{&c.Usage.Input, &c.Usage.Output} {
		n, err := parseNumber(strings.TrimSpace(cells[i+1]))
		if err != nil {
			return err
		}
		*to = n.n
	}
	f.accept(record{call: c}, at)
	return nil
}
