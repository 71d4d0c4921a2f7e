package token

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/stats"
)

// Sample is one request that a provider counted.
type Sample struct {
	Content Content
	Tokens  int64 // of input, cached ones included
}

// Fit is what the samples of one family gave.
type Fit struct {
	Calibrated // Basis is the caller's to fill
	Family     string
	Exact      bool      // the tokenizer is public: no factor is fitted, the frame alone is, as a check
	Refused    string    // why there is no factor (or no check); "" where there is
	LeftOut    []LeftOut // samples that were not used, by reason
	Unsound    string    // of an exact family: how far the recorded tokens are from the count; "" where it explains them
}

// LeftOut counts samples that could not be used.
type LeftOut struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// FitSamples fits tokens = Σ factor(class) × o200k tokens of the class + frame on one family's requests.
//
// Method. Rows are divided by the fitted count, so that relative errors count and no row has more leverage than its
// shares give it; gross errors on one side, such as a system prompt that was not recorded, are what to expect, so the
// loss is Tukey's bisquare from a Huber start (see stats.Bisquare). The result does not depend on the order of samples.
//
// A class is fitted where MinSamples requests carry it: its published count is at least MinShare of the request's
// tokens, recorded or published, whichever is more. Others keep the published factor as a fixed offset. Each fitted factor is drawn toward the published one,
// taken as normal with 90 % of its weight inside the published ± error: it weighs as much as (residual scale ÷ that
// standard deviation)² requests of this class alone, a quarter of a request where both are 5 % and 10 %. That decides
// only what the data leave open, such as two classes that always come in the same proportion.
//
// Error. With e the leave-one-out residual of a request in tokens, the relative error of a class is the largest of
// MinError; the ⌈0.9(n+1)⌉-th smallest of |e| ÷ (tokens of all text) over the n requests of which the class is at least
// half of the fitted count, or, where these are fewer than MinSamples, of |e| ÷ (tokens of the class) over all of which
// it is MinShare; and 1.645 standard errors of the factor, which is wide where data do not tell classes apart. Outliers,
// requests that ended with no weight, are not among the n, and are told: nothing that a factor could say explains them.
// A class with more than MaxOutliers of them is refused.
//
// The frame is never negative. A factor outside MinFactor to MaxFactor, or with an error over MaxError, is refused.
// The error returned is for a family that is not known, or for arithmetic that fails.
func FitSamples(family string, samples []Sample) (Fit, error) {
	counter, err := For(family)
	if err != nil {
		return Fit{}, err
	}
	f := Fit{Family: family, Exact: counter.family.exact, Calibrated: Calibrated{Kept: map[Class]string{}}}
	used := f.usable(samples)
	f.Samples = int64(len(used))
	if len(used) < MinSamples {
		f.Refused = fmt.Sprintf("%d requests, and %d are needed", len(used), MinSamples)
		return f, nil
	}
	d := newDesign(counter.family, used)
	if err := f.settle(d); err != nil {
		return Fit{}, fmt.Errorf("fit %s: %w", family, err)
	}
	return f, nil
}

// usable drops what cannot be compared, and orders the rest so that sums do not depend on the order of reading.
func (f *Fit) usable(samples []Sample) []Sample {
	var used []Sample
	var uncounted, empty, pictured int64
	for _, s := range samples {
		switch {
		case s.Tokens <= 0:
			uncounted++
		case s.Content.text() == 0:
			empty++
		case s.Content.Images > 0:
			pictured++
		default:
			used = append(used, s)
		}
	}
	for _, l := range []LeftOut{{"no input tokens recorded", uncounted}, {"no text", empty}, {"images, whose tokens are not text", pictured}} {
		if l.Count > 0 {
			f.LeftOut = append(f.LeftOut, l)
		}
	}
	slices.SortFunc(used, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(a.Tokens, b.Tokens), slices.Compare(a.Content.Text[:], b.Content.Text[:]),
			cmp.Compare(a.Content.Messages, b.Content.Messages), cmp.Compare(a.Content.Tools, b.Content.Tools))
	})
	return used
}

func (c Content) text() (sum int64) {
	for _, n := range c.Text {
		sum += n
	}
	return sum
}

// settle fits, takes out what the fit shows to be wrong, and fits again until nothing is. Every round but the last takes
// out at least one column, so it ends.
func (f *Fit) settle(d *design) error {
	for {
		r, err := d.fit()
		if err != nil {
			return err
		}
		if !r.Converged {
			f.Refused = "the regression did not settle"
			return nil
		}
		if d.dropNegative(r) {
			continue
		}
		errs := d.errors(r)
		if d.refuse(r, errs) {
			continue
		}
		f.fill(d, r, errs)
		return nil
	}
}

// fill states the result of the last fit.
func (f *Fit) fill(d *design, r *stats.Regression, errs [numClasses]claim) {
	f.Kept, f.Factors = map[Class]string{}, map[Class]ClassFactor{}
	for i, class := range classes {
		if d.kept[i] != "" {
			f.Kept[class] = d.kept[i]
		}
	}
	for j, c := range d.columns {
		if c.class >= 0 {
			f.Factors[classes[c.class]] = ClassFactor{Ratio: r.Coef[j], RelativeError: errs[c.class].width, Samples: int64(d.carried[c.class])}
			continue
		}
		*c.frame(&f.Frame) = r.Coef[j]
	}
	for _, w := range r.Weights {
		if w == 0 {
			f.Outliers++
		}
	}
	f.Spread = d.spread(r)
	switch {
	case f.Exact:
		f.Unsound = d.unsound(f.Spread)
	case len(f.Factors) == 0:
		f.Refused = "no class of content has a factor of its own"
	}
}

// quantile90 is the ⌈0.9(n+1)⌉-th smallest value: a new one is no larger with a probability of at least 90 % (as in
// split conformal prediction; Vovk, Gammerman and Shafer 2005). Where that is beyond n, it is the largest.
func quantile90(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := int(math.Ceil(0.9 * float64(len(sorted)+1)))
	return sorted[min(at, len(sorted))-1]
}
