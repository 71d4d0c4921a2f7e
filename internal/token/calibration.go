package token

import (
	"maps"
	"slices"
	"time"
)

// The limits of a calibration.
const (
	MinSamples = 20   // requests that must carry a class of content before its factor is fitted
	MinShare   = 0.10 // share of a request's tokens from which on it carries a class
	MinFactor  = 0.5  // factors below this, or over MaxFactor, are refused: the text was not what was billed
	MaxFactor  = 4.0
	MinError   = 0.01 // relative error below which no fitted factor is stated; see Fit
	MaxError   = 0.5  // relative error over which a fitted factor is refused

	// MaxOutliers is the share of a class's requests that may be outliers before its factor is refused.
	MaxOutliers = 0.2
)

// calibrationVersion is the format of the file. It rises as well when Classify or the counting of a Content changes in a
// way that moves factors: an old file then asks to be made again, and is not silently wrong.
const calibrationVersion = 1

// Calibration holds factors fitted on a project's own traffic, by family and class of content, and what they rest on.
// It is made by Fit and With, written by Write and read by ReadCalibration. A nil Calibration is an empty one.
type Calibration struct {
	fitted map[string]Calibrated
}

// Calibrated is what one family's requests gave.
type Calibrated struct {
	Factors map[Class]ClassFactor
	Kept    map[Class]string // classes that keep the published factor, with the reason
	Frame   Frame
	Samples int64 // requests the fit rests on
	// Outliers are those of them that ended with no weight: their text is not what was billed. No error speaks of them.
	Outliers int64
	Spread   Spread
	Basis    Basis
}

// ClassFactor is tokens per o200k token of one class of content.
type ClassFactor struct {
	Ratio         float64
	RelativeError float64 // half-width as a share; see Fit for the formula
	Samples       int64   // requests that carry the class
}

// Frame is what a request costs beside its text, in tokens; no part is negative.
type Frame struct {
	Call    float64 `json:"call"`    // once
	Message float64 `json:"message"` // for every message
	Tool    float64 `json:"tool"`    // for every tool
	Tools   float64 `json:"tools"`   // once, where there are tools at all
}

// Spread sums up the relative leave-one-out errors of whole requests: |recorded − predicted without it| ÷ predicted.
type Spread struct {
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	Worst  float64 `json:"worst"`
}

// Basis says which counts a fit was made from.
type Basis struct {
	First, Last time.Time   // of the requests; zero where they bear no time
	Sources     []SourceSum // by name
}

// SourceSum is one recording, or one text that was counted online, and the digest of its bytes.
type SourceSum struct {
	Name   string
	SHA256 string // 64 hex digits
}

// factor gives the fitted factor of a class, its relative error and the number of requests that carry the class; ok is
// false where the published factor holds.
func (c *Calibration) factor(family string, class Class) (ratio, relativeError float64, samples int, ok bool) {
	if c == nil {
		return 0, 0, 0, false
	}
	f, ok := c.fitted[family].Factors[classes[class.i()]]
	return f.Ratio, f.RelativeError, int(f.Samples), ok
}

// Families lists the families that have fitted factors, sorted.
func (c *Calibration) Families() []string {
	if c == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.fitted))
}

// Family gives what one family's requests gave; ok is false for a family that was not fitted.
func (c *Calibration) Family(name string) (f Calibrated, ok bool) {
	if c == nil {
		return Calibrated{}, false
	}
	f, ok = c.fitted[name]
	return f, ok
}

// With returns the calibration with one family's factors put in, or put in anew; c itself does not change.
func (c *Calibration) With(family string, f Calibrated) *Calibration {
	out := &Calibration{fitted: map[string]Calibrated{}}
	if c != nil {
		maps.Copy(out.fitted, c.fitted)
	}
	out.fitted[family] = f
	return out
}

// classes are the classes by their place in a factor table.
var classes = [numClasses]Class{atProse: Prose, atMarkdown: Markdown, atCode: Code, atJSON: JSON, atCJK: CJK, atOther: Other}
