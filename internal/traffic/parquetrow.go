package traffic

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/parquet"
)

// parquetRow is the row that is being put together.
type parquetRow struct {
	file                *file
	call                Call
	hasInput, hasOutput bool
	err                 error // the first that is wrong with it
	body                body
	told                record // holds the facts
	size                int64  // bytes of text
}

func (r *parquetRow) reset(f *file) {
	r.body.reset()
	*r = parquetRow{file: f, body: r.body}
}

// whole says what is wrong with the row, if something is.
func (r *parquetRow) whole() error {
	switch {
	case r.err != nil:
		return r.err
	case !r.hasInput:
		return bad(noUsage, "no input")
	case !r.hasOutput:
		return bad(noUsage, "no output")
	}
	return nil
}

// maxCell is longer than any label; a longer one is damage, or text that is none.
const maxCell = 1 << 20

var errRows = errors.New("its columns do not hold the same rows")

// read takes the column's part of a row. The error is damage; what is wrong with a value is the row's.
func (c *parquetColumn) read(r *parquetRow) error {
	for first := true; ; first = false {
		for i, chunk := range c.chunks {
			if err := chunk.Next(&c.values[i]); err != nil {
				if errors.Is(err, io.EOF) {
					return fmt.Errorf("column %s: %w", c.path, errRows)
				}
				return err
			}
			if (c.values[i].Rep == 0) != first {
				return fmt.Errorf("column %s: %w", c.path, errRows)
			}
		}
		if !c.values[0].Null {
			if err := c.take(r, c, c.values); err != nil && r.err == nil {
				r.err = inside(c.path, err)
			}
		}
		more, err := c.more()
		if !more {
			return err
		}
	}
}

// more tells whether the row goes on; the two columns of a map must agree.
func (c *parquetColumn) more() (more bool, err error) {
	if !c.list {
		return false, nil
	}
	for i, chunk := range c.chunks {
		m, err := chunk.More()
		if err != nil {
			return false, err
		}
		if i > 0 && m != more {
			return false, fmt.Errorf("column %s: %w", c.path, errRows)
		}
		more = m
	}
	return more, nil
}

// end wants the row group to be used up.
func (c *parquetColumn) end() error {
	for i, chunk := range c.chunks {
		switch err := chunk.Next(&c.values[i]); {
		case err == nil:
			return fmt.Errorf("column %s: %w", c.path, errRows)
		case !errors.Is(err, io.EOF):
			return err
		}
	}
	return nil
}

// scalarKey is a native key that is one value a row.
type scalarKey struct {
	name string
	kind *parquetKind
	take func(*parquetRow, *parquetColumn, []parquet.Value) error
}

var scalarKeys = []scalarKey{
	{"ts", kindTime, func(r *parquetRow, c *parquetColumn, v []parquet.Value) error { return r.moment(c.metas[0], &v[0]) }},
	{"id", kindText, label(func(c *Call) *string { return &c.ID })},
	{"track", kindText, label(func(c *Call) *string { return &c.Track })},
	{"feature", kindText, label(func(c *Call) *string { return &c.Feature })},
	{"user", kindText, label(func(c *Call) *string { return &c.User })},
	{"session", kindText, label(func(c *Call) *string { return &c.Session })},
	{"template", kindText, label(func(c *Call) *string { return &c.Template })},
	{"template_version", kindText, label(func(c *Call) *string { return &c.TemplateVersion })},
	{"agent", kindText, label(func(c *Call) *string { return &c.Agent })},
	{"skill", kindText, label(func(c *Call) *string { return &c.Skill })},
	{"model", kindText, label(func(c *Call) *string { return &c.Model })},
	{"tier", kindText, func(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
		err := label(func(c *Call) *string { return &c.Tier })(r, c, v)
		r.call.Tier = tier(text(r.call.Tier), "")
		return err
	}},
	{"status", kindText, label(func(c *Call) *string { return &c.Status })},
	{"output_is_bound", kindFlag, func(r *parquetRow, _ *parquetColumn, v []parquet.Value) error {
		r.call.OutputIsBound = v[0].Int != 0
		return nil
	}},
	{"usage_is_mean", kindFlag, func(r *parquetRow, _ *parquetColumn, v []parquet.Value) error {
		r.call.UsageIsMean = v[0].Int != 0
		return nil
	}},
	{"weight", kindCount, func(r *parquetRow, c *parquetColumn, v []parquet.Value) (err error) {
		if r.call.Weight, err = wholeOf(c.metas[0], &v[0]); err == nil && (r.call.Weight < 1 || r.call.Weight > maxWeight) {
			err = bad(wrongType, "%d is not a number of calls from 1 to %d", r.call.Weight, int64(maxWeight))
		}
		return err
	}},
	{"latency_ms", kindNumber, duration(func(c *Call) *time.Duration { return &c.Latency })},
	{"ttft_ms", kindNumber, duration(func(c *Call) *time.Duration { return &c.FirstToken })},
}

// label reads a text; those that facts are made of are told.
func label(of func(*Call) *string) func(*parquetRow, *parquetColumn, []parquet.Value) error {
	return func(r *parquetRow, c *parquetColumn, v []parquet.Value) (err error) {
		to := of(&r.call)
		*to, err = r.text(c.metas[0], &v[0], c.name != "id")
		if c.name != "status" {
			r.tell(c.name, *to, c.path)
		}
		return err
	}
}

func (r *parquetRow) tell(name, value, key string) { r.file.tell(&r.told, name, value, key) }

func duration(of func(*Call) *time.Duration) func(*parquetRow, *parquetColumn, []parquet.Value) error {
	return func(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
		ms, err := numberOf(c.metas[0], &v[0])
		if err == nil && !(ms >= 0 && ms <= float64(maxLatency)/1e6) {
			err = bad(oddTime, "%v ms", ms)
		}
		if err == nil {
			*of(&r.call) = time.Duration(math.Round(ms * 1e6))
		}
		return err
	}
}

// moment reads a time. One that is not adjusted to UTC is taken as UTC, and noted, as is the old form of 96 bits, whose
// writers did not agree.
func (r *parquetRow) moment(c *parquet.Column, v *parquet.Value) error {
	switch {
	case c.Kind == parquet.Bytes:
		if r.call.Time.UnmarshalText(v.Bytes) != nil {
			return bad(oddTime, "%q is not RFC 3339", clip(string(v.Bytes[:min(len(v.Bytes), 200)])))
		}
		return nil
	case c.Kind == parquet.Int96 || c.Meaning == parquet.Nanoseconds:
		r.call.Time = time.Unix(0, v.Int)
	case c.Meaning == parquet.Microseconds:
		r.call.Time = time.UnixMicro(v.Int)
	default:
		r.call.Time = time.UnixMilli(v.Int)
	}
	r.file.noZone = r.file.noZone || !c.Adjusted
	return nil
}

// text gives a value as text. One that many rows share is kept once.
func (r *parquetRow) text(c *parquet.Column, v *parquet.Value, shared bool) (string, error) {
	switch {
	case c.Kind == parquet.Boolean:
		return strconv.FormatBool(v.Int != 0), nil
	case c.Kind == parquet.Float || c.Kind == parquet.Double:
		return strconv.FormatFloat(v.Float, 'g', -1, 64), nil
	case c.Kind == parquet.Fixed:
		h := hex.EncodeToString(v.Bytes)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
	case c.Kind != parquet.Bytes:
		return strconv.FormatInt(unsigned(c, v.Int), 10), nil
	case len(v.Bytes) > maxCell:
		return "", bad(tooLong, "a value of %d bytes", len(v.Bytes))
	}
	r.size += int64(len(v.Bytes))
	b := v.Bytes
	if !utf8.Valid(b) {
		b = []byte(strings.ToValidUTF8(string(b), "\ufffd"))
	}
	if shared {
		return r.file.strings.bytes(b), nil
	}
	return string(b), nil
}

// unsigned undoes the sign of a number of 32 bits that has none. One of 64 bits that is too large stays negative.
func unsigned(c *parquet.Column, n int64) int64 {
	if c.Kind == parquet.Int32 && c.Meaning == parquet.Unsigned {
		return int64(uint32(n))
	}
	return n
}

func numberOf(c *parquet.Column, v *parquet.Value) (float64, error) {
	if c.Kind != parquet.Float && c.Kind != parquet.Double {
		return float64(unsigned(c, v.Int)), nil
	}
	if math.IsNaN(v.Float) || math.IsInf(v.Float, 0) {
		return 0, bad(wrongType, "%v is not a number", v.Float)
	}
	return v.Float, nil
}

// wholeOf reads a count. Tools that know no integer which may be null write them as floats.
func wholeOf(c *parquet.Column, v *parquet.Value) (int64, error) {
	if c.Kind != parquet.Float && c.Kind != parquet.Double {
		return unsigned(c, v.Int), nil
	}
	if v.Float != math.Trunc(v.Float) || !(math.Abs(v.Float) < 1<<62) {
		return 0, bad(wrongType, "%v is not a whole number of tokens", v.Float)
	}
	return int64(v.Float), nil
}

func takeCount(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	n, err := wholeOf(c.metas[0], &v[0])
	u := &r.call.Usage
	switch c.name {
	case "input":
		u.Input, r.hasInput = n, true
	case "cache_read":
		u.CacheRead = n
	case "cache_write_5m":
		u.CacheWrite5m = n
	case "cache_write_1h":
		u.CacheWrite1h = n
	case "output":
		u.Output, r.hasOutput = n, true
	case "reasoning":
		u.Reasoning = n
	}
	return err
}

func takeSource(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	s, err := r.text(c.metas[0], &v[0], true)
	r.call.Sources = append(r.call.Sources, s)
	return err
}

func takeText(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	r.body.add(c.name, v[0].Bytes)
	r.size += int64(len(v[0].Bytes))
	return nil
}

func takeFact(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	s, err := r.text(c.metas[0], &v[0], false)
	if err == nil {
		r.tell("metadata."+c.path, s, c.path)
	}
	return nil // what is not ours spoils no row
}

func takeOutcome(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	key, err := r.text(c.metas[0], &v[0], true)
	if err != nil {
		return err
	}
	return r.outcome(key, c.metas[1], &v[1])
}

func takeOutcomeColumn(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	return r.outcome(strings.TrimPrefix(c.name, "outcome."), c.metas[0], &v[0])
}

func (r *parquetRow) outcome(key string, c *parquet.Column, v *parquet.Value) error {
	if v.Null {
		return nil
	}
	f, err := numberOf(c, v)
	if _, twice := r.call.Outcome[key]; twice && err == nil {
		err = bad(wrongType, "two values")
	}
	if err != nil {
		return inside(key, err)
	}
	if r.call.Outcome == nil {
		r.call.Outcome = map[string]float64{}
	}
	r.call.Outcome[key] = f
	return nil
}

func takeVar(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	key, err := r.text(c.metas[0], &v[0], true)
	if err != nil {
		return err
	}
	return r.variable(key, c.metas[1], &v[1])
}

func takeVarColumn(r *parquetRow, c *parquetColumn, v []parquet.Value) error {
	return r.variable(strings.TrimPrefix(c.name, "vars."), c.metas[0], &v[0])
}

func (r *parquetRow) variable(key string, c *parquet.Column, v *parquet.Value) error {
	if v.Null {
		return nil
	}
	s, err := r.text(c, v, true)
	if _, twice := r.call.Vars[key]; twice && err == nil {
		err = bad(wrongType, "two values")
	}
	if err != nil {
		return inside(key, err)
	}
	if r.call.Vars == nil {
		r.call.Vars = map[string]string{}
	}
	r.call.Vars[key] = s
	return nil
}
