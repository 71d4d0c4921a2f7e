package token

import (
	"fmt"
	"math"
	"strconv"
)

// family is how text of one tokenizer family is counted: exactly with its own vocabulary, or as a multiple of o200k.
type family struct {
	name    string
	base    string // vocabulary to count with
	exact   bool   // base is the family's own vocabulary
	origin  string // what the factors rest on; printed in Estimate.Method
	factors factors
}

// factors are tokens per o200k token by class of content; of an exact family they serve Convert only.
type factors [numClasses]factor

// factor is a ratio and its relative half-width: the true ratio of one document is expected inside by ± width.
type factor struct{ ratio, width float64 }

// What a factor rests on, from best to worst.
const (
	published = "published" // measurements that others published; at least one per class or its nearest neighbour
	derived   = "derived"   // from vocabulary size and kind relative to o200k; no measurement found
	assumed   = "assumed"   // nothing is known of the tokenizer
)

// Claude's factors. Claude 3 to 4.6 ÷ o200k: 1.16 English, 1.30 Python and 1.21 mathematics in one published comparison
// of Claude 3 with GPT-4o; the vendor says 15–20 % more than tiktoken on typical text and more on code and other
// languages. JSON and non-Latin text have no published ratio; theirs lie between and are wide.
//
// The tokenizer from Opus 4.7 on ÷ the one before: 1.20–1.59 prose (medians near 1.40 over several write-ups of April
// to August 2026, which differ by 15 points), 1.45–1.47 technical Markdown, 1.13–1.36 code by language, 1.31–1.34 JSON,
// 1.00–1.01 Chinese, Japanese, Cyrillic, Arabic and Hindi; the vendor says 1.0–1.35 and about 1.3. Identifiers in
// capitals (2.32) and one letter repeated (2.99) make "other" wide.
var (
	claude3 = factors{
		atProse: {1.17, .10}, atMarkdown: {1.18, .10}, atCode: {1.30, .12},
		atJSON: {1.22, .15}, atCJK: {1.25, .25}, atOther: {1.22, .20},
	}
	claude47over3 = factors{
		atProse: {1.40, .14}, atMarkdown: {1.46, .06}, atCode: {1.22, .10},
		atJSON: {1.325, .05}, atCJK: {1.005, .03}, atOther: {1.30, .35},
	}
	claude47 = claude3.times(claude47over3)
)

// even gives one factor for every class but the two where vocabularies differ most.
func even(ratio, width float64, cjk, other factor) factors {
	f := factors{atCJK: cjk, atOther: other}
	for _, c := range []Class{Prose, Markdown, Code, JSON} {
		f[c.i()] = factor{ratio, width}
	}
	return f
}

// The derived tables: a vocabulary of at least 128k entries splits English and code within a few percent of o200k
// (cl100k, half its size, is within 2–3 %); 32k and 64k vocabularies need markedly more; scripts other than Latin follow
// what the vocabulary was trained on, which is where they are wide.
var (
	same   = even(1, 0, factor{1, 0}, factor{1, 0})
	cl100k = even(1.02, .03, factor{1.50, .35}, factor{1.05, .10})
	p50k   = factors{ // measured here beside o200k; scripts range from 2 to 5
		atProse: {1.08, .08}, atMarkdown: {1.10, .10}, atCode: {1.30, .20},
		atJSON: {1.10, .10}, atCJK: {3.30, .55}, atOther: {1.15, .20},
	}
	llama3 = even(1.03, .08, factor{1.30, .30}, factor{1.10, .20})
	large  = even(1.08, .18, factor{1.10, .35}, factor{1.15, .30})
	medium = even(1.20, .22, factor{1.50, .40}, factor{1.30, .35})
	small  = even(1.30, .25, factor{1.90, .45}, factor{1.40, .40})
	gemini = even(1.10, .22, factor{1.05, .30}, factor{1.15, .30})
	blind  = even(1.15, .40, factor{1.40, .50}, factor{1.25, .50})
)

// families is every tokenizer family the price catalogue names. A "?" is the catalogue's mark for an assumption: the
// encoding of the gpt-6 models is unpublished, so o200k is used but not called exact.
var families = []family{
	{"o200k_base", "o200k_base", true, "", same},
	{"o200k_harmony", "o200k_base", true, "", same}, // other special tokens, same ranks: ordinary text counts the same
	{"cl100k_base", "cl100k_base", true, "", cl100k},
	{"p50k_base", "p50k_base", true, "", p50k},
	{"o200k_base?", "o200k_base", false, assumed, even(1, .15, factor{1, .25}, factor{1, .25})},
	{"claude-3", "o200k_base", false, published, claude3},
	{"claude-4.7", "o200k_base", false, published, claude47},
	{"claude-legacy", "o200k_base", false, derived, medium}, // 65k vocabulary, Claude 1 and 2
	{"gemini", "o200k_base", false, derived, gemini},
	{"gemma", "o200k_base", false, derived, gemini},
	{"llama3", "o200k_base", false, derived, llama3}, // cl100k's 100k entries and 28k for other languages
	{"llama4", "o200k_base", false, derived, large},
	{"mistral-tekken", "o200k_base", false, derived, large},
	{"deepseek", "o200k_base", false, derived, large},
	{"qwen", "o200k_base", false, derived, large},
	{"kimi", "o200k_base", false, derived, large},
	{"glm", "o200k_base", false, derived, large},
	{"minimax", "o200k_base", false, derived, large},
	{"cohere", "o200k_base", false, derived, large},
	{"jamba", "o200k_base", false, derived, medium},
	{"phi", "o200k_base", false, derived, medium}, // 32k in the third generation, 100k in the fourth
	{"llama2", "o200k_base", false, derived, small},
	{"mistral-v1/v3", "o200k_base", false, derived, small},
	{"voyage", "o200k_base", false, assumed, blind},
	{"jina", "o200k_base", false, assumed, blind},
	{"grok", "o200k_base", false, assumed, blind},
	{"nova", "o200k_base", false, assumed, blind},
	{"titan", "o200k_base", false, assumed, blind},
	{"other", "o200k_base", false, assumed, blind},
}

// scale turns an o200k count into an estimate for the family.
func (f family) scale(n int64, class Class) Estimate {
	by := f.factors[class.i()]
	return Estimate{
		Tokens:        int64(math.Round(float64(n) * by.ratio)),
		RelativeError: by.width,
		Method:        f.method(by.ratio),
	}
}

func (f family) method(ratio float64) string {
	return fmt.Sprintf("o200k × %s (%s)", strconv.FormatFloat(ratio, 'f', 2, 64), f.origin)
}

// times multiplies factor by factor; independent relative errors add in quadrature.
func (f factors) times(g factors) factors {
	for i := range f {
		f[i] = factor{f[i].ratio * g[i].ratio, math.Hypot(f[i].width, g[i].width)}
	}
	return f
}

// over divides factor by factor, errors as in times.
func (f factors) over(g factors) factors {
	for i := range f {
		f[i] = factor{f[i].ratio / g[i].ratio, math.Hypot(f[i].width, g[i].width)}
	}
	return f
}
