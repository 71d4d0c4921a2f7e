package request

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/token"
)

// ImageTokens counts a picture by the rule its vendor publishes for the model. The model is named as a request or the
// price catalogue does, with or without its provider. An error says that no rule is published for it.
//
// Where the rule leaves room (a size the request does not tell, a detail the model chooses, a multiplier that is not
// published), Tokens is the most the image can cost, and RelativeError reaches down to the least. It is never 0.
func ImageTokens(model string, img Image) (token.Estimate, error) {
	r, ok := imageRuleOf(model)
	if !ok {
		return token.Estimate{}, fmt.Errorf("model %q: no rule for the tokens of images is published", model)
	}
	return r.of(img).estimate(r.source), nil
}

// imagesOf counts a picture for a family where its model has no published rule: by every rule of the family's vendor,
// or of all vendors, of which the most is taken and the least bounds the error.
func imagesOf(family string, img Image) token.Estimate {
	among := span{}
	for _, r := range imageRules {
		if r.vendor != vendorOf(family) && vendorOf(family) != "" || r.odd {
			continue
		}
		among = among.or(r.of(img))
	}
	return among.estimate("no rule for the model; the range of its vendor's rules")
}

// span is what a picture may cost, in tokens.
type span struct{ least, most int64 }

func exact(n int64) span { return span{n, n} }

// or is the span that holds both; the zero span holds nothing.
func (s span) or(t span) span {
	switch {
	case s == span{}:
		return t
	case t == span{}:
		return s
	}
	return span{min(s.least, t.least), max(s.most, t.most)}
}

// times multiplies and rounds up: no vendor says how it rounds, and up is the side on which nothing is lost.
func (s span) times(x float64) span {
	up := func(n int64) int64 { return int64(math.Ceil(float64(n)*x - 1e-9)) }
	return span{up(s.least), up(s.most)}
}

func (s span) estimate(method string) token.Estimate {
	if s.most <= 0 {
		s.most = 1
	}
	return token.Estimate{Tokens: s.most, RelativeError: float64(s.most-s.least) / float64(s.most), Method: method}
}

func (i Image) known() bool { return i.Width > 0 && i.Height > 0 }

// fit scales a size down so that no side is longer than side.
func fit(w, h, side float64) (float64, float64) {
	if long := math.Max(w, h); long > side {
		return w * side / long, h * side / long
	}
	return w, h
}

// squares counts the squares of a side that cover a size; at least one. Sizes are products of ratios, so what is over a
// whole square by less than a millionth is not.
func squares(w, h, side float64) int64 {
	up := func(x float64) int64 { return max(1, int64(math.Ceil(x/side-1e-6))) }
	return up(w) * up(h)
}
