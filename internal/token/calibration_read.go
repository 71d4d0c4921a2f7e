package token

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

const calibrateAgain = "run tokengate calibrate again"

// ReadCalibration reads a calibration file as Write writes it; file is its name for diagnostics. Unknown and missing
// keys, values out of range and a digest that does not match are errors: a calibration with any must not be counted
// with, and the one returned is nil.
func ReadCalibration(content []byte, file string) (*Calibration, source.Diagnostics) {
	r := &calibrationReader{whole: source.Span{File: file, Start: source.Pos{Line: 1, Col: 1}}}
	if !r.isJSON(content) {
		return nil, r.diags
	}
	var f calibrationFile
	r.diags = source.DecodeYAML(file, content, &f)
	for i := range r.diags {
		r.diags[i].Hint = calibrateAgain
	}
	c := r.calibration(f)
	if !r.diags.HasErrors() && c.Digest() != f.Digest.Value {
		r.bad(ruleCalibrationDigest, f.Digest.Span, "the values do not match the digest: the file was changed after it was made")
	}
	if r.diags.HasErrors() {
		r.diags.Sort()
		return nil, r.diags
	}
	return c, nil
}

// calibrationReader collects what is wrong; whole stands for what is not there.
type calibrationReader struct {
	diags source.Diagnostics
	whole source.Span
}

func (r *calibrationReader) bad(rule string, at source.Span, format string, args ...any) {
	if at.IsZero() {
		at = r.whole
	}
	r.diags.Add(rule, at, calibrateAgain, format, args...)
}

// isJSON refuses what the YAML decoder would read and no JSON reader would, such as a number in quotes.
func (r *calibrationReader) isJSON(content []byte) bool {
	var doc calibrationJSON
	err := json.Unmarshal(content, &doc)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return true
	case errors.As(err, &syntax):
		r.bad(source.RuleSyntax, r.at(content, syntax.Offset), "not valid JSON: %s", err)
	case errors.As(err, &kind):
		r.bad(source.RuleBadValue, r.at(content, kind.Offset), "%s is a %s, which does not belong there", cmp.Or(kind.Field, "the file"), kind.Value)
	default:
		r.bad(source.RuleSyntax, r.whole, "not a calibration: %s", err)
	}
	return false
}

// at is the place of the last byte that was read when so many had been.
func (r *calibrationReader) at(content []byte, offset int64) source.Span {
	read := content[:min(max(int(offset)-1, 0), len(content))]
	line := read[bytes.LastIndexByte(read, '\n')+1:]
	at := r.whole
	at.Start = source.Pos{Line: 1 + bytes.Count(read, []byte("\n")), Col: 1 + len([]rune(string(line)))}
	return at
}

func (r *calibrationReader) calibration(f calibrationFile) *Calibration {
	c := &Calibration{fitted: map[string]Calibrated{}}
	switch {
	case !f.Version.Set:
		r.bad(ruleCalibrationVersion, source.Span{}, "the calibration has no version")
	case f.Version.Value != calibrationVersion:
		r.bad(ruleCalibrationVersion, f.Version.Span, "version %d is not known; this program reads %d", f.Version.Value, calibrationVersion)
	}
	if !f.Digest.Set {
		r.bad(ruleCalibrationDigest, source.Span{}, "the calibration has no digest")
	}
	if len(f.Families) == 0 {
		r.bad(ruleCalibrationValue, source.Span{}, "the calibration holds no family")
	}
	for _, e := range f.Families {
		r.family(e.Key)
		c.fitted[e.Key.Value] = r.calibrated(e.Key.Span, e.Value)
	}
	return c
}

func (r *calibrationReader) family(name source.At[string]) {
	known, ok := counters[name.Value]
	switch {
	case !ok:
		r.bad(ruleCalibrationValue, name.Span, "tokenizer family %q is not known", name.Value)
	case known.family.exact:
		r.bad(ruleCalibrationValue, name.Span, "%s is counted exactly and has no factors", name.Value)
	}
}

func (r *calibrationReader) calibrated(at source.Span, f calibratedFile) Calibrated {
	out := Calibrated{Factors: map[Class]ClassFactor{}, Samples: r.count(at, "samples", f.Samples, MinSamples),
		Outliers: r.count(at, "outliers", f.Outliers, 0)}
	for _, e := range f.Factors {
		r.class(e.Key)
		out.Factors[Class(e.Key.Value)] = ClassFactor{
			Ratio:         r.number(e.Key.Span, "factor", e.Value.Ratio, MinFactor, MaxFactor),
			RelativeError: r.number(e.Key.Span, "relative_error", e.Value.RelativeError, MinError, MaxError),
			Samples:       r.count(e.Key.Span, "samples", e.Value.Samples, MinSamples),
		}
	}
	if len(f.Factors) == 0 {
		r.bad(ruleCalibrationValue, at, "the family has no factors")
	}
	for _, e := range f.Kept {
		r.class(e.Key)
		if out.Kept == nil {
			out.Kept = map[Class]string{}
		}
		out.Kept[Class(e.Key.Value)] = e.Value.Value
	}
	const most = math.MaxInt32
	frame, spread := f.Frame.Value, f.Spread.Value
	out.Frame = Frame{r.number(at, "frame.call", frame.Call, 0, most), r.number(at, "frame.message", frame.Message, 0, most),
		r.number(at, "frame.tool", frame.Tool, 0, most), r.number(at, "frame.tools", frame.Tools, 0, most)}
	out.Spread = Spread{r.number(at, "leave_one_out.median", spread.Median, 0, most), r.number(at, "leave_one_out.p90", spread.P90, 0, most),
		r.number(at, "leave_one_out.worst", spread.Worst, 0, most)}
	out.Basis = r.basis(at, f)
	return out
}

func (r *calibrationReader) class(name source.At[string]) {
	if !slices.Contains(classes[:], Class(name.Value)) {
		r.bad(ruleCalibrationValue, name.Span, "class %q is not known", name.Value)
	}
}

// number checks a value against its range; at is where its mapping starts.
func (r *calibrationReader) number(at source.Span, key string, v source.At[float64], low, high float64) float64 {
	switch {
	case !v.Set:
		r.bad(ruleCalibrationValue, at, "%s is missing", key)
	case !(v.Value >= low && v.Value <= high): // NaN is in no range
		r.bad(ruleCalibrationValue, v.Span, "%s is %v, which is not between %v and %v", key, v.Value, low, high)
	}
	return rounded(v.Value) // as it is written, so that no digit is in force that the digest does not cover
}

func (r *calibrationReader) count(at source.Span, key string, v source.At[int64], low int64) int64 {
	switch {
	case !v.Set:
		r.bad(ruleCalibrationValue, at, "%s is missing", key)
	case v.Value < low || v.Value > math.MaxInt32:
		r.bad(ruleCalibrationValue, v.Span, "%s is %d, fewer than %d or absurdly many", key, v.Value, low)
	}
	return v.Value
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (r *calibrationReader) basis(at source.Span, f calibratedFile) Basis {
	var b Basis
	if f.Window.Set {
		b.First, b.Last = r.time(at, f.Window.Value.First), r.time(at, f.Window.Value.Last)
	}
	for _, s := range f.Sources {
		if s.Name.Value == "" || !hexDigest.MatchString(s.SHA256.Value) {
			r.bad(ruleCalibrationValue, s.Name.Span, "a source needs a name and a SHA-256 of 64 hex digits")
		}
		b.Sources = append(b.Sources, SourceSum{s.Name.Value, s.SHA256.Value})
	}
	if len(f.Sources) == 0 {
		r.bad(ruleCalibrationValue, at, "the family names no sources")
	}
	return b
}

func (r *calibrationReader) time(at source.Span, v source.At[string]) time.Time {
	t, err := time.Parse(time.RFC3339, v.Value)
	if err != nil {
		if v.Set {
			at = v.Span
		}
		r.bad(ruleCalibrationValue, at, "a time of the window is not written as 2026-11-22T12:00:00Z")
	}
	return t.UTC()
}
