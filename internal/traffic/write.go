package traffic

import (
	"bytes"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// WriteNative writes one call as one line of the native dialect: keys in a fixed order, empty ones left out, names of
// outcomes and variables sorted. Reading the line gives the call back, but for its place, what its prompt counts to, and
// a latency beyond a microsecond's fraction. It fails on text that is not UTF-8, on an outcome that is not finite, and on a failing writer.
func WriteNative(w io.Writer, c *Call) error {
	var b bytes.Buffer
	l := &nativeWriter{enc: jsontext.NewEncoder(&b)}
	l.token(jsontext.BeginObject)
	l.text("ts", c.Time.UTC().Format(time.RFC3339Nano))
	for _, f := range [...][2]string{{"id", c.ID}, {"track", c.Track}, {"feature", c.Feature}, {"user", c.User},
		{"session", c.Session}, {"template", c.Template}, {"template_version", c.TemplateVersion},
		{"agent", c.Agent}, {"skill", c.Skill}} {
		l.text(f[0], f[1])
	}
	l.list("sources", c.Sources)
	l.text("model", c.Model)
	l.text("tier", c.Tier)
	l.usage(c)
	l.duration("latency_ms", c.Latency)
	l.duration("ttft_ms", c.FirstToken)
	l.text("status", c.Status)
	l.outcome(c.Outcome)
	l.vars(c.Vars)
	l.token(jsontext.EndObject)
	if l.err != nil {
		return l.err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// nativeWriter keeps the first error, so that a line reads from top to bottom.
type nativeWriter struct {
	enc *jsontext.Encoder
	err error
}

func (l *nativeWriter) token(ts ...jsontext.Token) {
	for _, t := range ts {
		if l.err == nil {
			l.err = l.enc.WriteToken(t)
		}
	}
}

func (l *nativeWriter) text(name, value string) {
	if value != "" {
		l.token(jsontext.String(name), jsontext.String(value))
	}
}

func (l *nativeWriter) list(name string, values []string) {
	if len(values) == 0 {
		return
	}
	l.token(jsontext.String(name), jsontext.BeginArray)
	for _, v := range values {
		l.token(jsontext.String(v))
	}
	l.token(jsontext.EndArray)
}

// usage always says input and output, so that a 0 is seen to be meant.
func (l *nativeWriter) usage(c *Call) {
	u := c.Usage
	l.token(jsontext.String("usage"), jsontext.BeginObject, jsontext.String("input"), jsontext.Int(u.Input))
	l.count("cache_read", u.CacheRead)
	l.count("cache_write_5m", u.CacheWrite5m)
	l.count("cache_write_1h", u.CacheWrite1h)
	l.token(jsontext.String("output"), jsontext.Int(u.Output))
	l.count("reasoning", u.Reasoning)
	l.token(jsontext.EndObject)
	if c.OutputIsBound {
		l.token(jsontext.String("output_is_bound"), jsontext.True)
	}
	if c.UsageIsMean {
		l.token(jsontext.String("usage_is_mean"), jsontext.True)
	}
	l.count("weight", c.Weight)
}

func (l *nativeWriter) count(name string, n int64) {
	if n != 0 {
		l.token(jsontext.String(name), jsontext.Int(n))
	}
}

func (l *nativeWriter) duration(name string, d time.Duration) {
	if d != 0 {
		l.token(jsontext.String(name), jsontext.Float(float64(d)/1e6))
	}
}

func (l *nativeWriter) outcome(m map[string]float64) {
	if len(m) == 0 {
		return
	}
	l.token(jsontext.String("outcome"), jsontext.BeginObject)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if f := m[k]; l.err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			l.err = bad(wrongType, "outcome %s is %s", strconv.Quote(k), strconv.FormatFloat(f, 'g', -1, 64))
		}
		l.token(jsontext.String(k), jsontext.Float(m[k]))
	}
	l.token(jsontext.EndObject)
}

func (l *nativeWriter) vars(m map[string]string) {
	if len(m) == 0 {
		return
	}
	l.token(jsontext.String("vars"), jsontext.BeginObject)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		l.token(jsontext.String(k), jsontext.String(m[k]))
	}
	l.token(jsontext.EndObject)
}
