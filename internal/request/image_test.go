package request

import (
	"math"
	"testing"
)

// TestImageTokens holds the rules against the examples of the vendors' guides and values worked out by hand.
func TestImageTokens(t *testing.T) {
	for _, c := range []struct {
		model    string
		img      Image
		most     int64
		leastFor float64 // relative error × most
	}{
		// OpenAI's examples for base 85, tile 170.
		{"gpt-4o", Image{1024, 1024, "high"}, 765, 0},
		{"openai/gpt-4.1-2025-04-14", Image{2048, 4096, "high"}, 1105, 0},
		{"gpt-4o", Image{4096, 8192, "low"}, 85, 0},
		{"gpt-4o", Image{768, 512, "high"}, 85 + 2*170, 0},        // not scaled up: 2 × 1 tiles
		{"gpt-4o", Image{10000, 100, "high"}, 85 + 4*170, 0},      // 2048 × 20.48: 4 × 1 tiles
		{"gpt-4o", Image{1024, 1024, "auto"}, 765, 765 - 85},      // low is possible
		{"gpt-4o", Image{1024, 1024, ""}, 765, 765 - 85},          //
		{"gpt-4o", Image{0, 0, "high"}, 85 + 8*170, 7 * 170},      // from 1 tile to 8
		{"gpt-4o", Image{0, 0, "low"}, 85, 0},                     //
		{"gpt-4o-mini", Image{1024, 1024, "high"}, 25_501, 0},     // 2833 + 4 × 5667
		{"gpt-5", Image{1024, 1024, "high"}, 70 + 4*140, 0},       //
		{"o3", Image{1024, 1024, "high"}, 75 + 4*150, 0},          //
		{"computer-use-preview", Image{512, 512, "high"}, 194, 0}, // 65 + 129

		// OpenAI's examples for a budget of 1,536 patches: 1,024 and 1,452, times the multiplier, rounded up.
		{"gpt-5.2", Image{1024, 1024, "high"}, 1229, 205},
		{"gpt-5-mini", Image{1024, 1024, "high"}, 1659, 0},
		{"gpt-5-mini", Image{1800, 2400, "high"}, 2353, 0}, // 2352.24
		{"o4-mini", Image{1800, 2400, "high"}, 2498, 0},    // 2497.44
		{"gpt-5-nano", Image{32, 32, "low"}, 630, 627},     // 256 × 2.46 = 629.76, or 1 patch: 2.46
		{"gpt-5-mini", Image{0, 0, "high"}, 2489, 2487},    // 1,536 × 1.62 = 2488.32, or 1 patch: 1.62
		{"gpt-5.4", Image{1800, 2400, ""}, 2942, 491},      // 1536 × 2048, then 1368 × 1824: 43 × 57 = 2,451; × 1.2 = 2941.2
		{"gpt-5.6-sol", Image{6400, 6400, ""}, 48_000, 8000},
		{"gpt-5.6-sol", Image{0, 0, ""}, 12_000, 11_999},

		// Anthropic's table: standard tier, then the high one.
		{"claude-sonnet-4-6", Image{200, 200, ""}, 64, 0},
		{"claude-sonnet-4-6", Image{1000, 1000, ""}, 1296, 0},
		{"claude-sonnet-4-6", Image{1092, 1092, ""}, 1521, 0},
		{"claude-sonnet-4-6", Image{1920, 1080, ""}, 1560, 0},
		{"claude-sonnet-4-6", Image{2000, 1500, ""}, 1564, 0},
		{"claude-sonnet-4-6", Image{3840, 2160, ""}, 1560, 0},
		{"claude-opus-4-7", Image{200, 200, ""}, 64, 0},
		{"claude-opus-4-7", Image{1920, 1080, ""}, 2691, 0},
		{"claude-opus-4-7", Image{2000, 1500, ""}, 3888, 0},
		{"claude-opus-4-7", Image{3840, 2160, ""}, 4784, 0},
		{"claude-haiku-4-5", Image{1075, 1520, ""}, 33 * 47, 0}, // scaled to 924 × 1307
		{"claude-opus-4-7", Image{1075, 1520, ""}, 2145, 0},
		{"claude-sonnet-4-6", Image{1537, 1161, ""}, 1530, 0}, // by the reference implementation: 1260 × 952; cut, not rounded, it would be 1,564
		{"claude-opus-4-7", Image{}, 4784, 4783},
		{"us.anthropic.claude-opus-4-6-v1", Image{1, 100_000, ""}, 56, 0}, // 1 × 1568

		// Google's: up to 384 px, the guide's 960 × 540, a level, and no size.
		{"gemini-2.5-pro", Image{384, 384, ""}, 258, 0},
		{"gemini-2.5-pro", Image{960, 540, ""}, 6 * 258, 4 * 258},
		{"gemini-2.5-pro", Image{}, 2304, 2304 - 258},
		{"gemini-3-pro-preview", Image{960, 540, ""}, 1120, 0},
		{"gemini-3.8-flash", Image{0, 0, "low"}, 280, 0},
	} {
		e, err := ImageTokens(c.model, c.img)
		if err != nil {
			t.Errorf("%s %+v: %v", c.model, c.img, err)
			continue
		}
		if e.Tokens != c.most || math.Abs(e.RelativeError*float64(c.most)-c.leastFor) > 1e-6 || e.Method == "" {
			t.Errorf("%s %+v = %d give or take %.2f, want %d give or take %.2f", c.model, c.img, e.Tokens, e.RelativeError*float64(e.Tokens), c.most, c.leastFor)
		}
	}
}

// TestImageTokensUnknownModel wants no rule to be borrowed from a model whose name starts alike, and a family's range
// to hold what its vendor's rules give.
func TestImageTokensUnknownModel(t *testing.T) {
	for _, model := range []string{"", "gpt-6-astra", "gpt-5.9", "gpt-4o-micro", "claude-opus-9", "gemini-4-argon", "llama-4-scout", "o200k_base"} {
		if e, err := ImageTokens(model, Image{100, 100, "high"}); err == nil {
			t.Errorf("%q: %+v, want no rule", model, e)
		}
	}
	for _, c := range []struct {
		family      string
		img         Image
		least, most int64
	}{
		{"o200k_base?", Image{1024, 1024, "high"}, 65 + 4*129, 2520}, // from computer-use's tiles to 1,024 patches × 2.46
		{"claude-4.7", Image{3840, 2160, ""}, 1560, 4784},
		{"gemini", Image{384, 384, ""}, 258, 1120},
		{"llama3", Image{384, 384, ""}, 65, 1120}, // from computer-use at low to Gemini 3
	} {
		e := imagesOf(c.family, c.img)
		if least := e.Tokens - int64(math.Round(e.RelativeError*float64(e.Tokens))); e.Tokens != c.most || least != c.least {
			t.Errorf("%s %+v: %d to %d, want %d to %d", c.family, c.img, least, e.Tokens, c.least, c.most)
		}
	}
}

// TestImageTokensBounds walks sizes and details: what is counted is at least 1, and never over the rule for no size.
func TestImageTokensBounds(t *testing.T) {
	sides := []int{1, 27, 28, 29, 33, 384, 385, 512, 513, 767, 768, 769, 1568, 1569, 2048, 2049, 2577, 8000, 100_000}
	for _, r := range imageRules {
		if _, free := r.rule.(crops); free {
			continue // a narrow image has as many crops as it likes
		}
		for _, detail := range []string{"", "auto", "low", "high", "original"} {
			unknown := r.of(Image{Detail: detail})
			for _, w := range sides {
				for _, h := range sides {
					s := r.of(Image{w, h, detail})
					if s.least < 1 || s.least > s.most {
						t.Errorf("%s %d×%d %q: %+v", r.models[0], w, h, detail, s)
					}
					if s.most > unknown.most && r.source != unscaled {
						t.Errorf("%s %d×%d %q: %d, over the bound for no size, %d", r.models[0], w, h, detail, s.most, unknown.most)
					}
				}
			}
		}
	}
}

func TestPlainModel(t *testing.T) {
	for name, want := range map[string]string{
		"openai/gpt-4o-2024-08-06":                     "gpt-4o",
		"ft:gpt-4o-mini-2024-07-18:acme::abc":          "gpt-4o-mini",
		"openai/ft:gpt-4o-mini-2024-07-18":             "gpt-4o-mini",
		"gpt-5-chat-latest":                            "gpt-5-chat",
		"us.anthropic.claude-sonnet-4-5-20250929-v1:0": "claude-sonnet-4-5",
		"bedrock/anthropic.claude-opus-4-7":            "claude-opus-4-7",
		"anthropic/claude-opus-4.7":                    "claude-opus-4-7",
		"claude-4.5-opus":                              "claude-opus-4-5",
		"claude-3-5-sonnet-20241022":                   "claude-3-5-sonnet",
		"vertex/claude-opus-4-8@default":               "claude-opus-4-8",
		"claude-sonnet-4-6[1m]":                        "claude-sonnet-4-6",
		"models/gemini-2.5-flash-preview-09-2025":      "gemini-2.5-flash",
		"bedrock/openai.gpt-5.4":                       "gpt-5.4",
		"gpt-4-0613":                                   "gpt-4",
		"gemini-1.5-pro-002":                           "gemini-1.5-pro",
		"":                                             "",
	} {
		if got := plainModel(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
