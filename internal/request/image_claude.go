package request

import "math"

// visual is Claude's way: one token for every patch of 28 px, after the image is scaled down to the largest size of the
// same shape that keeps both limits. Older guides say width × height ÷ 750, which is the same to a few percent below
// the caps; the newer page replaced it.
//
// Examples of the page: 1000×1000 is 1,296 tokens; 1920×1080 is 1,560 on the standard tier and 2,691 on the high one;
// 3840×2160 is 1,560 and 4,784.
type visual struct{ side, budget int } // of the longer side, in pixels and a multiple of 28; of patches

func (v visual) of(img Image) span {
	if !img.known() {
		return span{1, int64(v.budget)}
	}
	long, short := max(img.Width, img.Height), min(img.Width, img.Height)
	if v.fits(long, short) {
		return exact(patches28(long, short))
	}
	shape := float64(long) / float64(short)
	across := func(n int) int { return max(1, int(math.RoundToEven(float64(n)/shape))) }
	lo, hi := 1, long
	for lo+1 < hi {
		if mid := (lo + hi) / 2; v.fits(mid, across(mid)) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return exact(patches28(lo, across(lo)))
}

func (v visual) fits(long, short int) bool {
	return long <= v.side && patches28(long, short) <= int64(v.budget)
}

func patches28(w, h int) int64 { return int64((w+27)/28) * int64((h+27)/28) }
