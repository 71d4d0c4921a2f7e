package token

import (
	"fmt"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/stats"
)

// Published gives the published factor of a family and class, which holds where none was fitted, with its relative
// error. A family that is not known has those of "other".
func Published(family string, class Class) (ratio, relativeError float64) {
	by := familyOf(family).factors[class.i()]
	return by.ratio, by.width
}

// Classes lists the classes of content in the order of the factor tables.
func Classes() []Class { return slices.Clone(classes[:]) }

// Fitness says how well a calibration holds for requests it may not have seen.
type Fitness struct {
	Family  string  `json:"family"`
	Samples int64   `json:"samples"`           // requests that are at least half text by the calibrated count; only these are judged
	Within  int64   `json:"within"`            // of those, the ones inside the stated error
	Median  float64 `json:"median"`            // of |recorded − predicted| ÷ (tokens of text)
	P90     float64 `json:"p90"`               // of the same; see quantile90 in FitSamples
	Refused string  `json:"refused,omitempty"` // why nothing can be said; "" where something can
	Drifted bool    `json:"drifted"`           // so few are inside that chance explains it once in a hundred times
}

// Check predicts one family's requests by the calibration and its frame. A request is inside when it differs by no more
// than the stated errors of its classes, weighed by their tokens: 9 in 10 should. MinSamples requests are needed.
func (c *Calibration) Check(family string, samples []Sample) Fitness {
	out := Fitness{Family: family}
	known, ok := c.Family(family)
	if !ok {
		out.Refused = "the calibration has no factors for this family"
		return out
	}
	var errs []float64
	var f Fit
	for _, s := range f.usable(samples) {
		text, wrong := c.predict(family, s.Content)
		whole := text + known.Frame.of(s.Content)
		if text < whole/2 {
			continue
		}
		e := math.Abs(float64(s.Tokens) - whole)
		errs = append(errs, e/text)
		if out.Samples++; e <= wrong {
			out.Within++
		}
	}
	if out.Samples < MinSamples {
		out.Refused = fmt.Sprintf("%d requests, and %d are needed", out.Samples, MinSamples)
		return out
	}
	out.Median, out.P90 = stats.Median(errs), quantile90(errs)
	out.Drifted = tooFew(out.Within, out.Samples)
	return out
}

// predict counts the text of a request by the factors that hold, and what they may be wrong by, in tokens.
func (c *Calibration) predict(family string, x Content) (text, wrong float64) {
	for i, class := range classes {
		f, _ := Book{Calibration: c}.fitted(familyOf(family), class)
		tokens := f.factors[i].ratio * float64(x.Text[i])
		text, wrong = text+tokens, wrong+float64(tokens*f.factors[i].width)
	}
	return text, wrong
}

func (f Frame) of(x Content) float64 {
	sum := f.Call + float64(f.Message*float64(x.Messages)) + float64(f.Tool*float64(x.Tools))
	if x.Tools > 0 {
		sum += f.Tools
	}
	return sum
}

// tooFew reports whether n draws that are inside with 9 in 10 give so few with a probability of at most 1 %, by the
// normal approximation of the binomial distribution.
func tooFew(within, n int64) bool {
	return float64(within) < 0.9*float64(n)-2.326*math.Sqrt(0.09*float64(n))
}
