package token

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// The rule ids of calibration files. Keys and types are checked by source's decoder.
const (
	ruleCalibrationVersion = "calibration-version"
	ruleCalibrationValue   = "calibration-value"
	ruleCalibrationDigest  = "calibration-digest"
)

// Rules documents the rule ids of this package.
var Rules = []source.Rule{
	{ID: ruleCalibrationVersion, Summary: "the calibration's version is not known", Explain: "The version rises with the format of the file and with the rules that sort text into classes of content. Factors of another version do not fit this program's counts, so the file must be made again."},
	{ID: ruleCalibrationValue, Summary: "a value of a calibration makes no sense", Explain: "Factors lie between 0.5 and 4, errors between 1 % and 50 %, and a factor rests on at least 20 requests. A family must be one the counters know and whose tokenizer is not public: a public one is counted exactly and has no factor."},
	{ID: ruleCalibrationDigest, Summary: "the calibration does not match its digest", Explain: "The file is made by `tokengate calibrate` and holds the SHA-256 of its own values. One that was edited or merged by hand no longer says what was measured, so it is not used. Formatting and the order of keys do not matter to the digest."},
}

// The file. Keys of a mapping are written sorted, numbers rounded to precision.
type (
	calibrationJSON struct {
		Version  int64                     `json:"version"`
		Digest   string                    `json:"digest,omitempty"`
		Families map[string]calibratedJSON `json:"families"`
	}
	calibratedJSON struct {
		Factors  map[Class]factorJSON `json:"factors"`
		Kept     map[Class]string     `json:"kept,omitempty"`
		Frame    Frame                `json:"frame"`
		Samples  int64                `json:"samples"`
		Outliers int64                `json:"outliers"`
		Spread   Spread               `json:"leave_one_out"`
		Window   *windowJSON          `json:"window,omitempty"`
		Sources  []sourceJSON         `json:"sources"`
	}
	factorJSON struct {
		Ratio         float64 `json:"factor"`
		RelativeError float64 `json:"relative_error"`
		Samples       int64   `json:"samples"`
	}
	windowJSON struct {
		First string `json:"first"`
		Last  string `json:"last"`
	}
	sourceJSON struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
	}
)

// places to which numbers are rounded: a ten-thousandth of a factor or an error moves no count that is known to 1 %.
const places = 1e4

func rounded(v float64) float64 { return math.Round(v*places) / places }

// Write gives the file's bytes: JSON with a digest over everything else. Equal calibrations give equal bytes.
func (c *Calibration) Write() ([]byte, error) {
	doc := c.document()
	doc.Digest = digestOf(doc)
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write calibration: %w", err)
	}
	return append(out, '\n'), nil
}

// Digest is "sha256:" and 64 hex digits over the calibration's values; "" for a nil one.
func (c *Calibration) Digest() string {
	if c == nil {
		return ""
	}
	return digestOf(c.document())
}

// digestOf hashes the document's compact JSON without its digest: the order of keys and the form of numbers are fixed by
// the types above.
func digestOf(doc calibrationJSON) string {
	doc.Digest = ""
	compact, err := json.Marshal(doc)
	if err != nil { // a number that is not finite; ReadCalibration refuses it by its range
		return ""
	}
	sum := sha256.Sum256(compact)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (c *Calibration) document() calibrationJSON {
	doc := calibrationJSON{Version: calibrationVersion, Families: map[string]calibratedJSON{}}
	for _, name := range c.Families() {
		doc.Families[name] = c.fitted[name].document()
	}
	return doc
}

func (f Calibrated) document() calibratedJSON {
	doc := calibratedJSON{
		Factors: map[Class]factorJSON{}, Kept: f.Kept, Samples: f.Samples, Outliers: f.Outliers, Sources: []sourceJSON{},
		Frame:  Frame{rounded(f.Frame.Call), rounded(f.Frame.Message), rounded(f.Frame.Tool), rounded(f.Frame.Tools)},
		Spread: Spread{rounded(f.Spread.Median), rounded(f.Spread.P90), rounded(f.Spread.Worst)},
	}
	for class, by := range f.Factors {
		doc.Factors[class] = factorJSON{rounded(by.Ratio), rounded(by.RelativeError), by.Samples}
	}
	if b := f.Basis; !b.First.IsZero() {
		doc.Window = &windowJSON{b.First.UTC().Format(time.RFC3339), b.Last.UTC().Format(time.RFC3339)}
	}
	for _, s := range f.Basis.Sources {
		doc.Sources = append(doc.Sources, sourceJSON(s))
	}
	return doc
}

// What is read keeps its place.
type (
	calibrationFile struct {
		Version  source.At[int64]           `yaml:"version"`
		Digest   source.At[string]          `yaml:"digest"`
		Families source.Map[calibratedFile] `yaml:"families"`
	}
	calibratedFile struct {
		Factors  source.Map[factorFile]        `yaml:"factors"`
		Kept     source.Map[source.At[string]] `yaml:"kept"`
		Frame    source.At[frameFile]          `yaml:"frame"`
		Samples  source.At[int64]              `yaml:"samples"`
		Outliers source.At[int64]              `yaml:"outliers"`
		Spread   source.At[spreadFile]         `yaml:"leave_one_out"`
		Window   source.At[windowFile]         `yaml:"window"`
		Sources  []sourceFile                  `yaml:"sources"`
	}
	factorFile struct {
		Ratio         source.At[float64] `yaml:"factor"`
		RelativeError source.At[float64] `yaml:"relative_error"`
		Samples       source.At[int64]   `yaml:"samples"`
	}
	frameFile struct {
		Call    source.At[float64] `yaml:"call"`
		Message source.At[float64] `yaml:"message"`
		Tool    source.At[float64] `yaml:"tool"`
		Tools   source.At[float64] `yaml:"tools"`
	}
	spreadFile struct {
		Median source.At[float64] `yaml:"median"`
		P90    source.At[float64] `yaml:"p90"`
		Worst  source.At[float64] `yaml:"worst"`
	}
	windowFile struct {
		First source.At[string] `yaml:"first"`
		Last  source.At[string] `yaml:"last"`
	}
	sourceFile struct {
		Name   source.At[string] `yaml:"name"`
		SHA256 source.At[string] `yaml:"sha256"`
	}
)
