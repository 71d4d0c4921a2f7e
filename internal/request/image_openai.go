package request

import "math"

// tiles is OpenAI's older way: base tokens, and tokens for every tile of 512 px after the image is scaled down to fit
// 2048 px square and its shorter side to 768 px. Smaller images are not scaled up. Detail "low" costs the base alone,
// and "auto", the default, lets the model choose.
//
// Examples of the guide, base 85 and 170 a tile: 1024×1024 is scaled to 768×768, 4 tiles, 765 tokens; 2048×4096 to
// 768×1536, 6 tiles, 1,105 tokens; any size at low, 85.
type tiles struct{ base, tile int64 }

func (t tiles) of(img Image) span {
	low := exact(t.base)
	high := span{t.base + t.tile, t.base + 8*t.tile} // at most 768×2048: 2 × 4 tiles
	if img.known() {
		w, h := fit(float64(img.Width), float64(img.Height), 2048)
		if short := math.Min(w, h); short > 768 {
			w, h = w*768/short, h*768/short
		}
		high = exact(t.base + t.tile*squares(w, h, 512))
	}
	switch img.Detail {
	case "low":
		return low
	case "", "auto":
		return low.or(high)
	}
	return high
}

// patches is OpenAI's newer way: one token for every patch of 32 px, times a multiplier, after the image is scaled down
// to a longest side and to a budget of patches.
//
// Examples of the guide with a budget of 1,536: 1024×1024 is 1,024 patches; 1800×2400 is scaled to 1056×1408, 1,452
// patches.
type patches struct {
	high, original limit
	auto           string  // the detail that "auto" means; "" where the model chooses
	multiplier     float64 // published; 0 where none is, and up to unstated then
}

// limit is a longest side in pixels and a number of patches; the zero limit is none.
type limit struct{ side, budget float64 }

// unstated is the multiplier that users measured on models for which none is published (community.openai.com/t/1372291
// has 1.2 for gpt-5.2).
const unstated = 1.2

// uncapped stands for the budget of images that are never scaled and whose size is not known: the largest budget that
// any model has.
const uncapped = 10_000

func (p patches) of(img Image) span {
	n := p.detailed(img, img.Detail)
	if p.multiplier > 0 {
		return n.times(p.multiplier)
	}
	return n.or(n.times(unstated))
}

func (p patches) detailed(img Image, detail string) span {
	if detail == "" || detail == "auto" {
		if p.auto == "" {
			return p.detailed(img, "low").or(p.detailed(img, "high"))
		}
		detail = p.auto
	}
	at := p.high
	switch detail {
	case "low": // a version of 512 × 512 px; whether a small or narrow image has fewer patches is not said
		return p.scaled(img, limit{512, 256}).or(exact(256))
	case "original":
		at = p.original
	}
	return p.scaled(img, at)
}

func (p patches) scaled(img Image, at limit) span {
	if !img.known() {
		if at.budget == 0 {
			at.budget = uncapped
		}
		return span{1, int64(at.budget)}
	}
	w, h := float64(img.Width), float64(img.Height)
	if at.side > 0 {
		w, h = fit(w, h, at.side)
	}
	n := squares(w, h, 32)
	if at.budget == 0 || float64(n) <= at.budget {
		return exact(n)
	}
	shrink := math.Sqrt(32 * 32 * at.budget / (w * h))
	a, b := w*shrink/32, h*shrink/32
	shrink = math.Min(1, shrink*math.Min(math.Floor(a)/a, math.Floor(b)/b))
	return exact(min(squares(math.Round(w*shrink), math.Round(h*shrink), 32), int64(at.budget)))
}
