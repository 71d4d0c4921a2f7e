package request

import "math"

// crops is the way of Gemini up to 2.5: 258 tokens for an image of up to 384 px a side, else for every crop, whose side
// is about ⌊shorter side ÷ 1.5⌋. Its guide's example: 960×540 has crops of 360 px, 3 × 2 of them. "About" is the guide's
// word: between that and tiles of 768 px, which the same guide names, lies the true number.
type crops struct{}

func (crops) of(img Image) span {
	switch {
	case !img.known():
		return span{258, 2304} // 256 and about 2,048 for pan and scan (ai.google.dev/gemini-api/docs/media-resolution)
	case img.Width <= 384 && img.Height <= 384:
		return exact(258)
	}
	w, h := float64(img.Width), float64(img.Height)
	unit := math.Max(1, math.Floor(math.Min(w, h)/1.5))
	return exact(258 * squares(w, h, unit)).or(exact(258 * squares(w, h, 768)))
}

// levels is the way of Gemini 3: tokens by media resolution, whatever the size; they are the most that is allocated.
type levels struct{}

func (levels) of(img Image) span {
	switch img.Detail {
	case "low":
		return exact(280)
	case "medium":
		return exact(560)
	case "ultra_high", "original":
		return exact(2240)
	}
	return exact(1120)
}
